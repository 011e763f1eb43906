package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/chromedp/kb"
)

// hasRole reports whether the accessibility tree has exactly one such element that is not hidden.
func (p *tab) hasRole(role, name string) bool {
	p.t.Helper()
	document := call(p, dom.GetDocument, dom.GetDocumentParams{})
	found := call(p, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{
		NodeID: document.Root.NodeID, Role: role, AccessibleName: name,
	})
	seen := 0
	for _, node := range found.Nodes {
		if !node.Ignored {
			seen++
		}
	}
	return seen == 1
}

func TestThePageNamesItsParts(t *testing.T) {
	parallel(t)
	s := startServer(t)
	start := time.Now().Truncate(time.Millisecond)
	p := openPage(t, s.url)
	if born := time.UnixMilli(p.id()); born.Before(start) || born.After(time.Now()) {
		t.Errorf("the id %d is not Date.now() of when the page was opened", p.id())
	}
	p.wait("the id is told", fmt.Sprintf(`document.body.innerText.includes("Your ID: %d")`, p.id()))
	call(p, accessibility.Enable, cdp.Empty{})
	for _, part := range []struct{ role, name string }{
		{"textbox", "Message"}, {"button", "Send"}, {"button", "On the wire"}, {"log", "Messages"},
		{"heading", "WebSocket Chat"},
	} {
		if !p.hasRole(part.role, part.name) {
			t.Errorf("there is not exactly one %s %q", part.role, part.name)
		}
	}
}

func TestEnterAndTheButtonSendAndTheFocusStays(t *testing.T) {
	parallel(t)
	s := startServer(t)
	bob := s.join(t)
	p := openPage(t, s.url)
	p.send("by Enter")
	bob.hears(p.said("by Enter"))
	p.write("by the button")
	p.click("#send")
	bob.hears(p.said("by the button"))
	if got := p.focused(); got != "#messageText" {
		t.Errorf("the focus is on %s", got)
	}
	if got := p.draft(); got != "" {
		t.Errorf("%q is still in the box", got)
	}
}

func TestABlankMessageIsNotSentAndThePageSaysWhy(t *testing.T) {
	parallel(t)
	s := startServer(t)
	bob := s.join(t)
	p := openPage(t, s.url)
	const saysWhy = `document.querySelector("#problem").innerText.includes("nothing in it")`
	for _, blank := range []string{"", "   ", "\u00a0\u3000", "\u200b\u2060", "\u3164"} {
		for way, send := range map[string]func(){"Enter": func() { p.press(kb.Enter) },
			"the button": func() { p.click("#send") }} {
			p.run(`document.querySelector("#messageText").value = ""`)
			p.write("x")
			p.wait("a letter takes it back", `!`+saysWhy)
			p.press(kb.Backspace)
			if blank != "" {
				p.write(blank)
			}
			send()
			p.wait(fmt.Sprintf("the page says why it does not send %q by %s", blank, way), saysWhy)
		}
	}
	p.run(`document.querySelector("#messageText").value = ""`)
	p.send("not empty")
	if before := bob.hears(p.said("not empty")); len(before) > 0 {
		t.Errorf("a blank message was sent: %q", before)
	}
}

func TestTheTextsAreExactlyTheProtocols(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p, q := openPage(t, s.url), openPage(t, s.url)
	carol := s.join(t)
	// Neither HTML, nor spaces, nor another direction of writing, nor something that looks like the
	// server's own words.
	for _, text := range []string{
		`<img src=x onerror="document.title='owned'">`, "  two  spaces ", "שלום " +
			"عالم", "\u202Ereversed", "🐹 häh?",
		"Client #1 has left the chat", "You wrote: nothing",
	} {
		p.send(text)
		q.waitText(p.said(text))
		p.waitText(p.said(text))
		if got := p.texts(); !slices.Contains(got, "You wrote: "+text) {
			t.Errorf("%q is not among %q", "You wrote: "+text, got)
		}
		if slices.Contains(q.texts(), "You wrote: "+text) {
			t.Errorf("another page was told what this one wrote")
		}
	}
	carol.say("line one\nline two")
	p.waitText(carol.said("line one\nline two"))
	carol.leave()
	p.waitText(fmt.Sprintf("Client #%d has left the chat", carol.id))
	if title := eval[string](p, "document.title"); title != "WebSocket Chat" {
		t.Errorf("a message has changed the title to %q", title)
	}
}

func TestThreeTabsSeeTheSameConversation(t *testing.T) {
	parallel(t)
	s := startServer(t)
	tabs := []*tab{openPage(t, s.url), openPage(t, s.url), openPage(t, s.url)}
	var want []string
	for n := range 9 {
		speaker := tabs[n%3]
		text := fmt.Sprintf("message %d", n)
		speaker.send(text)
		want = append(want, speaker.said(text))
		for _, p := range tabs {
			p.waitText(want[n])
		}
	}
	for _, p := range tabs {
		got := slices.DeleteFunc(p.texts(),
			func(text string) bool { return !slices.Contains(want, text) })
		if !slices.Equal(got, want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
	}
}

func TestTheFourKindsDifferByMoreThanColour(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	bob := s.join(t)
	p.send("mine")
	p.waitText(p.said("mine"))
	bob.say("his")
	p.waitText(bob.said("his"))
	bob.leave()
	p.waitText(fmt.Sprintf("Client #%d has left the chat", bob.id))
	looks := map[string]string{}
	for _, text := range []string{"You wrote: mine", p.said("mine"), bob.said("his"),
		fmt.Sprintf("Client #%d has left the chat", bob.id)} {
		look := eval[string](p, `(() => {
			const text = [...document.querySelectorAll("#messages .text")].findLast((text) =>
				text.textContent === `+quote(text)+`);
			const box = text.getBoundingClientRect(), frame = text.closest("ul")
				.getBoundingClientRect();
			const { borderTopStyle, fontStyle } = getComputedStyle(text);
			const left = box.left - frame.left < 2, right = frame.right - box.right < 2;
			return [left ? "left" : "", right ? "right" : "", borderTopStyle, fontStyle].join(" ");
		})()`)
		for other, itsLook := range looks {
			if look == itsLook {
				t.Errorf("%q and %q both look like this: %s", text, other, look)
			}
		}
		looks[text] = look
	}
	p.wait("a label tells the personal message from the broadcast",
		`document.querySelector("#messages .personal").innerText.includes("only to you")`)
}

func TestEachMessageTellsWhenItArrived(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	start := time.Now().Truncate(time.Millisecond)
	p.send("when?")
	p.waitText(p.said("when?"))
	end := time.Now()
	for _, at := range eval[[]time.Time](p,
		`[...document.querySelectorAll("#messages time")].map((time) => time.dateTime).slice(-2)`) {
		if at.Before(start) || at.After(end) {
			t.Errorf("arrived at %v, not between %v and %v", at, start, end)
		}
	}
	p.wait("the time is shown",
		`/^\d\d:\d\d:\d\d$/.test(document.querySelector("#messages li:last-child time")
			.textContent)`)
}

func TestAMessageThatIsTooLongIsToldBeforeItIsSent(t *testing.T) {
	parallel(t)
	const limit = 65_536 // bytes of UTF-8
	s := startServer(t)
	bob := s.join(t)
	p := openPage(t, s.url)
	most := strings.Repeat("é", limit/2)
	p.write(most + "!")
	p.wait("the page tells that it is too long",
		`document.querySelector("#problem").textContent.includes("65,537 bytes")`)
	p.wait("so does the box", `document.querySelector("#messageText").ariaInvalid === "true"`)
	p.press(kb.Enter)
	p.click("#send")
	if got := p.draft(); got != most+"!" {
		t.Errorf("the draft is gone: %d bytes are left", len(got))
	}
	p.press(kb.Backspace)
	p.wait("the page takes it back",
		`!document.querySelector("#problem").textContent.includes("bytes")`)
	p.press(kb.Enter)
	before := bob.hears(p.said(most))
	for _, text := range before {
		if text == p.said(most+"!") {
			t.Error("it was sent all the same")
		}
	}
	if got := p.status(); got != "Connected" {
		t.Errorf("the status is %s", got)
	}
}
