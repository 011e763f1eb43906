package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func TestShiftEnterBreaksTheLineAndPastedLinesStay(t *testing.T) {
	parallel(t)
	s := startServer(t)
	bob := s.join(t)
	p := openPage(t, s.url)
	low := eval[float64](p, `document.querySelector("#messageText").offsetHeight`)
	p.write("one")
	p.pressShift(kb.Enter)
	p.write("two\n\nthree")
	if high := eval[float64](p,
		`document.querySelector("#messageText").offsetHeight`); high < 2*low {
		t.Errorf("with four lines the box is %v px high, with one %v", high, low)
	}
	p.press(kb.Enter)
	bob.hears(p.said("one\ntwo\n\nthree"))
	p.waitText(p.said("one\ntwo\n\nthree"))
	p.wait("the box is low again",
		fmt.Sprintf(`document.querySelector("#messageText").offsetHeight === %v`, low))
}

func TestEnterThatChoosesAWordOrIsHeldDownDoesNotSend(t *testing.T) {
	parallel(t)
	s := startServer(t)
	bob := s.join(t)
	p := openPage(t, s.url)
	p.write("にほ")
	for _, why := range []string{"isComposing", "repeat"} {
		p.run(`document.querySelector("#messageText").dispatchEvent(new KeyboardEvent("keydown",
			{ key: "Enter", ` + why + `: true, bubbles: true, cancelable: true }))`)
	}
	p.write("んご")
	p.press(kb.Enter)
	if before := bob.hears(p.said("にほんご")); len(before) > 0 {
		t.Errorf("sent too early: %q", before)
	}
}

func TestARightToLeftDraftIsWrittenFromTheRight(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.write("שלום")
	p.wait("it is", `getComputedStyle(document.querySelector("#messageText")).direction === "rtl"`)
}

// TestAScreenReaderIsToldNothingWhileOneWrites counts what changes in live regions, which is read
// aloud.
func TestAScreenReaderIsToldNothingWhileOneWrites(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	p := breakableTab(t, "0.9999")
	p.navigate(s.url)
	p.waitStatus("Connected")
	p.run(`window.told = [];
		new MutationObserver((changes) => changes.forEach(({ target }) => {
			const element = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
			if (element?.closest("[aria-live=polite], [role=status]") &&
				!element.closest("[aria-hidden=true]")) told.push(element.textContent);
		})).observe(document.body, { childList: true, characterData: true, subtree: true });`)
	told := func(want ...string) {
		t.Helper()
		if got := eval[[]string](p, `told.splice(0)`); strings.Join(got, "|") != strings.Join(want,
			"|") {
			t.Errorf("a screen reader is told %q, not %q", got, want)
		}
	}
	for _, letter := range "hello" {
		p.press(string(letter))
	}
	told()
	p.write(strings.Repeat("é", 40_000))
	p.press("!")
	p.press("!")
	p.wait("each key counts for the eye",
		`document.querySelector("#problem").textContent.includes("80,007 bytes")`)
	told("Too long to send: the limit is 65,536 bytes.")
	p.run(`document.querySelector("#messageText").value = "hello"`)
	p.press("!")
	told("")
	s.stop()
	p.wait("the page says so", isReconnecting)
	if strings.Contains(eval[string](p, `document.querySelector("form").innerText`),
		"to everyone") {
		t.Error("without a connection the page says that Enter sends")
	}
	p.press(kb.Enter)
	p.press("?")
	p.press(kb.Enter)
	told("Reconnecting", "Not sent: there is no connection. Your message stays here.")
}

func TestAFloodIsAnnouncedAsADigest(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	bob := s.join(t)
	p.run(`window.announced = [];
		new MutationObserver(() => announced.push(document.querySelector("#announcer").innerText))
			.observe(document.querySelector("#announcer"), { childList: true });`)
	bob.say("calm")
	p.wait("a message is read out", `announced.includes(`+quote(bob.said("calm"))+`)`)
	p.send("mine")
	p.wait("the answer is read out", `announced.includes("You wrote: mine")`)
	bob.say("calm again")
	p.wait("the next message is read out", `announced.some((text) => text.includes("calm again"))`)
	if got := eval[string](p, `announced.join()`); strings.Contains(got, p.said("mine")) {
		t.Errorf("one's own words are read out twice: %q", got)
	}
	sayMany(p, bob, 500)
	p.wait("a digest is read out",
		`announced.some((text) => /^\d+ new messages$/.test(text.trim()))`)
	if got := eval[[]string](p, `announced`); len(got) > 20 {
		t.Errorf("%d announcements: %q", len(got), got)
	}
	p.wait("the list itself is silent", `document.querySelector("#log").ariaLive === "off"`)
}

// TestNoMessagePushesOrCoversItsNeighbours: however it is made, its bubble has an end.
func TestNoMessagePushesOrCoversItsNeighbours(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	bob := s.join(t)
	for _, text := range []string{
		"Z" + strings.Repeat("\u0300", 500), strings.Repeat("\n", 500), strings.Repeat("x", 60_000),
		strings.Repeat("\u200f\t", 3000),
	} {
		bob.say(text)
		bob.say("after it")
		p.waitText(bob.said("after it"))
		p.wait("the bubble has an end", `[...document.querySelectorAll("#messages .text")]
			.every((text) =>
			text.offsetHeight <= 15 * 16 && getComputedStyle(text).overflowX !== "visible")`)
		p.wait("what is cut off can be scrolled by the keyboard",
			`[...document.querySelectorAll("#messages .text")].every((text) =>
			text.scrollHeight <= text.clientHeight + 1 || text.tabIndex === 0 &&
				getComputedStyle(text).overflowY === "auto")`)
		p.run(`document.querySelectorAll("#messages li").forEach((row) => row.remove())`)
	}
}

func TestALongMessageIsShownWholeOnDemand(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	bob := s.join(t)
	long := strings.Repeat("all of it ", 6000)
	bob.say(long)
	p.click("#messages .other button")
	p.waitText(bob.said(long))
}

// TestTextIsNotCutInTheMiddleOfACharacter shortens a family of three, which is five characters
// joined.
func TestTextIsNotCutInTheMiddleOfACharacter(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	bob := s.join(t)
	p.click("#wire-button")
	for n := range 8 { // each may be cut at another place
		text := strings.Repeat("x", n) + strings.Repeat("👩‍👩‍👧", 600)
		bob.say(text)
		p.waitFrame(strings.Repeat("x", n) + "👩‍👩‍👧")
		p.wait("neither in the panel nor in the message is half a character", `[
			...document.querySelectorAll("#frames tr:last-child bdi, #messages li:last-child bdi")]
			.every(({ textContent }) =>
				/^Client #\d+ says: x*(👩‍👩‍👧)+…$|^x*(👩‍👩‍👧)+…$/u.test(textContent))`)
	}
}

// TestATranslatorDoesNotBreakThePage replaces each text by another, in elements of its own, as
// translators do.
func TestATranslatorDoesNotBreakThePage(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	bob := s.join(t)
	p := breakableTab(t, "0.5")
	p.navigate(s.url)
	p.waitStatus("Connected")
	const translate = `{
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		const texts = [];
		while (walker.nextNode())
			if (walker.currentNode.data.trim()) texts.push(walker.currentNode);
		for (const text of texts) {
			const font = document.createElement("font");
			font.append("übersetzt");
			text.replaceWith(font);
		}
	}`
	id := p.id()
	p.run(translate)
	p.send("one")
	bob.hears(fmt.Sprintf("Client #%d says: one", id))
	p.wait("it is shown as one's own", `document.querySelectorAll("#messages .own").length === 1`)
	p.run(translate)
	s.stop()
	p.wait("the state is shown", isReconnecting)
	p.write("two")
	p.press(kb.Enter)
	p.run(translate)
	s.start()
	p.waitStatus("Connected")
	bob = s.join(t)
	p.press(kb.Enter)
	bob.hears(fmt.Sprintf("Client #%d says: two", id))
	p.wait("nothing is in the way", `document.querySelector("#problem").textContent === ""`)
}
