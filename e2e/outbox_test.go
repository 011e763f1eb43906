package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

const outboxTexts = `[...document.querySelectorAll("#outbox .text")].map((text) =>
	text.textContent)`

const outboxTitle = `document.querySelector("#outbox-title").textContent`

// clickInOutbox clicks a button of the message with this text.
func (p *tab) clickInOutbox(text, button string) {
	p.t.Helper()
	p.run(`[...document.querySelectorAll("#outbox li")].find((row) => row.querySelector(".text")
		.textContent === ` + quote(text) + `)
		.querySelectorAll("button").forEach((button) => button.textContent ===
			` + quote(button) + ` && button.click())`)
}

// TestMessagesThatNobodyConfirmedStayUntilTheirWriterDecides loses three of them together with the
// connection.
func TestMessagesThatNobodyConfirmedStayUntilTheirWriterDecides(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	p := breakableTab(t, "0.5")
	p.navigate(s.url)
	p.waitStatus("Connected")
	p.send("answered")
	p.waitText("You wrote: answered")
	s.freeze()
	lost := []string{"first", "second, " + strings.Repeat("and long 👩‍👩‍👧 ", 40),
		"third\nof two lines"}
	for _, text := range lost {
		p.send(text)
	}
	p.wait("the page says that they are on their way",
		outboxTitle+` === "Sending…" && `+outboxTexts+`.length === 3`)
	s.kill()
	p.wait("the page says so",
		isReconnecting+` && `+outboxTitle+`.startsWith("3 messages are not confirmed")`)
	p.write("a draft")
	p.press(kb.Backspace)
	check := func(want ...string) {
		t.Helper()
		if got := eval[[]string](p, outboxTexts); !slices.Equal(got, want) {
			t.Errorf("not confirmed are %q, not %q", got, want)
		}
	}
	check(lost...)
	p.clickInOutbox("first", "Send again")
	p.wait("it cannot be sent now",
		`document.querySelector("#problem").textContent.includes("no connection")`)
	check(lost...)
	s.start()
	p.waitStatus("Connected")
	bob := s.join(t)
	p.clickInOutbox(lost[1], "Send again")
	if before := bob.hears(p.said(lost[1])); len(before) > 0 {
		t.Errorf("sent without being asked to: %q", before)
	}
	check("first", lost[2])
	p.clickInOutbox("first", "Dismiss")
	check(lost[2])
	if got := p.focused(); got != "#messageText" {
		t.Errorf("the focus is on %s", got)
	}
	p.clickInOutbox(lost[2], "Send again")
	if before := bob.hears(p.said(lost[2])); len(before) > 0 {
		t.Errorf("sent without being asked to: %q", before)
	}
	p.wait("nothing is left",
		outboxTexts+`.length === 0 && !document.querySelector("#outbox").getClientRects().length`)
	if got := p.draft(); got != "a draf" {
		t.Errorf("the draft is %q", got)
	}
}
