package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// difference is what the table of differences, which compare proves, says of this server.
func difference(t *testing.T, s *server, done string) string {
	t.Helper()
	pages, _ := filepath.Glob("../docs/*.md")
	for _, page := range append(pages, "../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			cells := strings.Split(line, " | ")
			if len(cells) < 4 || cells[0] != "| "+done {
				continue
			}
			if s.isPython(t) {
				return cells[1]
			}
			return cells[2]
		}
	}
	t.Fatalf("no table of differences has the row %q", done)
	return ""
}

const seen = `document.querySelector("#trial-seen").innerText`

// try chooses an item of the menu, waits until it has come to its end, and returns what the page
// saw.
func (p *tab) try(name string) string {
	p.t.Helper()
	p.click("#try-button")
	p.wait("the menu is open", `document.querySelector("#try:not([hidden])")`)
	p.run(fmt.Sprintf(`[...document.querySelectorAll("#try button")]
		.find(({ firstChild }) => firstChild.textContent === %q).focus()`, name))
	p.press(kb.Enter)
	p.wait("it has begun", `document.querySelector("#trial-title").textContent === `+quote(name))
	p.wait("it is done", `document.querySelector("#trial").dataset.state === "done"`)
	got := eval[string](p, seen)
	p.t.Log(got)
	return got
}

// tried is a page that tries something while bob listens.
func tried(t *testing.T, name string) (s *server, bob *client, p *tab, got string) {
	t.Helper()
	s = startServer(t)
	bob = s.join(t)
	p = openPage(t, s.url)
	p.mayBreak = true
	got = p.try(name)
	return s, bob, p, got
}

func mustSay(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, want := range want {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in what the page saw:\n%s", want, got)
		}
	}
}

// comesBack: after each item the page can connect again.
func comesBack(p *tab) {
	p.t.Helper()
	p.waitStatus("Connected")
}

var closedWith = regexp.MustCompile(`closed with (\d+)`)

func TestTryABinaryMessage(t *testing.T) {
	parallel(t)
	s, _, p, got := tried(t, "Send a binary message")
	proved := difference(t, s, "A client sends a binary message")
	mustSay(t, got, "Closed with "+closedWith.FindStringSubmatch(proved)[1])
	if strings.Contains(proved, "the next to speak is heard;") {
		mustSay(t, got, "was heard: it does")
	} else {
		mustSay(t, got, "was not heard by all. Closed with 1006",
			"broken until the server restarts")
	}
	p.click("#wire-button")
	p.waitFrame("GET")
	p.wait("the panel has the binary frame", `[...document.querySelectorAll("#frames tbody tr")]
		.some(({ innerText }) => /↑ up\s+0x2 binary\s+3/.test(innerText))`)
	comesBack(p)
}

// TestWhatABinaryMessageDoesToTheHandler: in Python it never comes to "Leave".
func TestWhatABinaryMessageDoesToTheHandler(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.mayBreak = true
	p.openCode("step")
	p.click("#code-only")
	p.waitRan("Connect", yours, 1)
	p.click("#try-button")
	p.click("#try li:first-child button")
	p.wait("it is done", `document.querySelector("#trial").dataset.state === "done"`)
	const end = `document.querySelector("#code-end").textContent`
	counts := func(want string) { // those of other clients are counted at once
		t.Helper()
		p.wait("these ran: "+want, `["connect", "receive", "answer", "everyone"]
			.map((step) => document.querySelector("[data-step=" + step + "] .count").textContent)
				.join() === `+quote(want))
	}
	// The trial asks first whether the room goes on.
	for _, want := range []string{"1×,1×,0×,0×", "1×,1×,1×,0×", "1×,1×,1×,1×"} {
		p.click("#code-next")
		counts(want)
	}
	p.click("#code-next")
	if s.isPython(t) {
		counts("2×,1×,1×,1×") // nothing of the broken handler before the new one
		return
	}
	counts("1×,2×,1×,1×")
	p.click("#code-next")
	p.wait("Leave is next", `document.querySelector("#pairs .now").dataset.step === "leave"`)
	p.wait("the steps tell all", end+` === ""`)
}

func TestTryALongMessage(t *testing.T) {
	parallel(t)
	s, bob, p, got := tried(t, "Send 70,000 bytes")
	limit := difference(t, s, "A long message")
	if strings.HasPrefix(limit, "65,536 bytes pass") {
		mustSay(t, got, "Closed with "+closedWith.FindStringSubmatch(limit)[1], "Connected again",
			"was heard: it does")
	} else {
		mustSay(t, got, "passed on to everyone")
		bob.hears(p.said(strings.Repeat("x", 70_000)))
	}
	comesBack(p)
}

func TestTryACloseWithAReason(t *testing.T) {
	parallel(t)
	_, bob, p, got := tried(t, "Close with 1000 and a reason")
	mustSay(t, got, "Closed with 1000", "Connected again")
	bob.hears(fmt.Sprintf("Client #%d has left the chat", p.id()))
	comesBack(p)
}

func TestTryToGoAwayWithoutWaiting(t *testing.T) {
	parallel(t)
	_, bob, p, got := tried(t, "Go away without waiting")
	mustSay(t, got, "Everyone was told: “Client #")
	bob.hears(fmt.Sprintf("Client #%d1 has left the chat", p.id()))
	comesBack(p)
}

func TestTryALastWord(t *testing.T) {
	parallel(t)
	s, _, p, got := tried(t, "Say last words and leave at once")
	proved := difference(t, s, "A client says a last word and closes at once")
	if strings.HasPrefix(proved, "word heard") {
		mustSay(t, got, "5 of 5 last words were heard")
		// whose close is read together with the word is not heard
	} else if strings.Contains(got, "5 of 5") {
		t.Errorf("all last words were heard: %s", got)
	}
	comesBack(p)
}

func TestTryAHundredMessages(t *testing.T) {
	parallel(t)
	_, bob, p, got := tried(t, "Send 100 messages at once")
	mustSay(t, got, "100 came back, each once, in order")
	bob.hears(p.said("100 of 100"))
	comesBack(p)
}

func TestTryToStopReading(t *testing.T) {
	newTab(t).onlyChromium() // Firefox has no WebSocketStream
	s, bob, p, got := tried(t, "Stop reading while others talk")
	if strings.HasPrefix(difference(t, s, "A client stops reading"), "it is cut off") {
		mustSay(t, got, "It was cut off", "heard all")
		bob.hears(fmt.Sprintf("Client #%d1 has left the chat", p.id()))
	} else {
		mustSay(t, got, "hears nothing more", "the chat goes on")
	}
	comesBack(p)
}

func TestWhatABrowserCannotTryItSays(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.click("#try-button")
	p.wait("the last item is for browsers that can", `(document
		.querySelector("#try li:last-child button").ariaDisabled !== "true") ===
		("WebSocketStream" in window)`)
}
