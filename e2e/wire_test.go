package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// frame is a row of the panel.
type frame struct{ Time, Way, Opcode, Bytes, Text string }

// frames are the panel's rows, oldest first; the words are joined by single spaces.
func (p *tab) frames() []frame {
	p.t.Helper()
	return eval[[]frame](p, `[...document.querySelectorAll("#frames tbody tr")].map((row) => {
		const [Time, Way, Opcode, Bytes, Text] = [...row.cells].map((cell) => cell.innerText.trim().replace(/\s+/g, " "));
		return { Time, Way, Opcode, Bytes, Text };
	})`)
}

func (p *tab) waitFrame(text string) {
	p.t.Helper()
	p.wait("the frame "+text+" is shown", `document.querySelector("#frames tbody").innerText.includes(`+quote(text)+`)`)
}

var preciseTime = regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d\d\d$`)

func TestTheWireShowsHandshakeFramesAndRoundTrip(t *testing.T) {
	s := startServer(t)
	p := openPage(t, s.url)
	ws := fmt.Sprintf("%s/ws/%d", strings.Replace(s.url, "http", "ws", 1), p.id())
	p.send("aé€😀") // 1 + 2 + 3 + 4 bytes
	p.waitText(p.said("aé€😀"))
	p.click("#wire-button")
	p.waitFrame(p.said("aé€😀"))
	for _, want := range []struct{ way, opcode, bytes, text string }{
		{"↑ up", "handshake", "–", `^GET ` + regexp.QuoteMeta(ws) + `$`},
		{"↓ down", "handshake", "–", `^101 Switching Protocols after [\d.]+ ms; extensions: [^,]+, subprotocol: none$`},
		{"↑ up", "0x1 text", "10", `^aé€😀$`},
		{"↓ down", "0x1 text", "21", `^You wrote: aé€😀 round trip [\d.]+ ms$`},
		{"↓ down", "0x1 text", fmt.Sprint(len(p.said("aé€😀"))), `^` + regexp.QuoteMeta(p.said("aé€😀")) + `$`},
	} {
		found := false
		for _, got := range p.frames() {
			found = found || got.Way == want.way && got.Opcode == want.opcode && got.Bytes == want.bytes &&
				regexp.MustCompile(want.text).MatchString(got.Text) && preciseTime.MatchString(got.Time)
		}
		if !found {
			t.Errorf("%+v is not among %+v", want, p.frames())
		}
	}
	summary := eval[string](p, `document.querySelector("#handshake").innerText.replace(/\s+/g, " ")`)
	if !regexp.MustCompile(`Handshake GET ` + regexp.QuoteMeta(ws) + ` Opened at [\d:.]+, after [\d.]+ ms Round trip [\d.]+ ms`).MatchString(summary) {
		t.Errorf("the summary is %q", summary)
	}
	p.wait("the panel tells what it cannot show", `/pings.*fragments/i.test(document.querySelector("#wire").innerText)`)
}

func TestTheWireTellsTheCloseCodeInWords(t *testing.T) {
	for _, way := range []struct {
		name         string
		end          func(*server)
		opcode, code string
	}{
		{"stopped", (*server).stop, "0x8 close", "1001: going away"},
		{"killed", (*server).kill, "lost", "1006: no close frame came"},
	} {
		t.Run(way.name, func(t *testing.T) {
			s := ownServer(t)
			p := breakableTab(t, "0.5")
			p.navigate(s.url)
			p.waitStatus("Connected")
			p.click("#wire-button")
			way.end(s)
			p.waitFrame(way.code)
			for _, got := range p.frames() {
				reason, _, found := strings.Cut(got.Text, way.code)
				if !found {
					continue
				}
				bytes := "–" // what never was on the wire has none
				if way.opcode == "0x8 close" {
					bytes = fmt.Sprint(len("\x03\xe9") + len(strings.TrimSpace(reason)))
				}
				if got.Opcode != way.opcode || got.Bytes != bytes {
					t.Errorf("got %+v, not %s with %s bytes", got, way.opcode, bytes)
				}
				return
			}
		})
	}
}

func TestTheWireKeepsTheLast200Frames(t *testing.T) {
	s := startServer(t)
	p := openPage(t, s.url)
	bob := s.join(t)
	sayMany(p, bob, 250) // while it is closed
	p.click("#wire-button")
	p.waitFrame("250 of 250")
	check := func(first, last string) {
		t.Helper()
		frames := p.frames()
		if len(frames) != 200 || !strings.HasSuffix(frames[0].Text, first) || !strings.HasSuffix(frames[199].Text, last) {
			t.Errorf("%d frames, from %+v to %+v", len(frames), frames[0], frames[len(frames)-1])
		}
	}
	check(" 51 of 250", " 250 of 250")
	sayMany(p, bob, 210) // while it is open
	p.waitFrame("210 of 210")
	check(" 11 of 210", " 210 of 210")
	p.wait("the last frame is in view", `((frames) => frames.scrollHeight - frames.scrollTop - frames.clientHeight < 2)(document.querySelector("#frames"))`)
}

func TestTheWireIsOpenedAndClosedByTheKeyboard(t *testing.T) {
	s := startServer(t)
	p := openPage(t, s.url)
	const open = `!document.querySelector("#wire").hidden && document.querySelector("#wire-button").ariaExpanded === "true"`
	eval[bool](p, `(document.querySelector("#wire-button").focus(), true)`)
	p.press(kb.Enter)
	p.wait("it is open", open)
	p.press(" ")
	p.wait("it is closed", `!(`+open+`)`)
}
