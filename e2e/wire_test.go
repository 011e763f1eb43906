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
		const cells = [...row.cells].map((cell) => cell.innerText.trim().replace(/\s+/g, " "));
		if (cells.length === 2) cells.splice(1, 0, "", "", ""); // a remark of the page's own
		const [Time, Way, Opcode, Bytes, Text] = cells;
		return { Time, Way, Opcode, Bytes, Text };
	})`)
}

func (p *tab) waitFrame(text string) {
	p.t.Helper()
	p.wait("the frame "+text+" is shown",
		`document.querySelector("#frames tbody").innerText.includes(`+quote(text)+`)`)
}

var preciseTime = regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d\d\d$`)

func TestTheWireShowsHandshakeFramesAndRoundTrip(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	path := fmt.Sprintf("/ws/%d", p.id())
	ws := strings.Replace(s.url, "http", "ws", 1) + path
	p.send("aé€😀") // 1 + 2 + 3 + 4 bytes
	p.waitText(p.said("aé€😀"))
	p.click("#wire-button")
	p.waitFrame(p.said("aé€😀"))
	for _, want := range []struct{ way, opcode, bytes, text string }{
		{"↑ up", "HTTP", "–", `^GET ` + path + ` with Upgrade: websocket`},
		{"↓ down", "HTTP", "–",
			`^101 Switching Protocols after [\d.]+ ms; extensions: [^,]+, subprotocol: none$`},
		{"↑ up", "0x1 text", "10", `^aé€😀$`},
		{"↓ down", "0x1 text", "21", `^You wrote: aé€😀 round trip [\d.]+ ms$`},
		{"↓ down", "0x1 text", fmt.Sprint(len(p.said("aé€😀"))),
			`^` + regexp.QuoteMeta(p.said("aé€😀")) + `$`},
	} {
		found := false
		for _, got := range p.frames() {
			found = found || got.Way == want.way && got.Opcode == want.opcode &&
				got.Bytes == want.bytes &&
				regexp.MustCompile(want.text).MatchString(got.Text) &&
				preciseTime.MatchString(got.Time)
		}
		if !found {
			t.Errorf("%+v is not among %+v", want, p.frames())
		}
	}
	summary := eval[string](p,
		`document.querySelector("#handshake").innerText.replace(/\s+/g, " ")`)
	want := regexp.MustCompile(`WebSocket ` + regexp.QuoteMeta(ws) +
		` Opened at [\d:.]+, after [\d.]+ ms Compression [^R]+ Round trip [\d.]+ ms`)
	if !want.MatchString(summary) {
		t.Errorf("the summary is %q", summary)
	}
	p.wait("the panel tells what it cannot show",
		`/pings.*fragments/is.test(document.querySelector("#wire-view").textContent)`)
}

func TestTheWireTellsTheCloseCodeInWords(t *testing.T) {
	parallel(t)
	for _, way := range []struct {
		name         string
		end          func(*server)
		opcode, code string
	}{
		{"stopped", (*server).stop, "0x8 close", "1001: going away"},
		{"killed", (*server).kill, "", "1006: no close frame came"},
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
				bytes := "" // what never was on the wire has none, it is a remark
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
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	bob := s.join(t)
	sayMany(p, bob, 250) // while it is closed
	p.click("#wire-button")
	p.waitFrame("250 of 250")
	check := func(first, last string) {
		t.Helper()
		frames := p.frames()
		if len(frames) != 200 || !strings.HasSuffix(frames[0].Text, first) ||
			!strings.HasSuffix(frames[199].Text, last) {
			t.Errorf("%d frames, from %+v to %+v", len(frames), frames[0], frames[len(frames)-1])
		}
	}
	check(" 51 of 250", " 250 of 250")
	sayMany(p, bob, 210) // while it is open
	p.waitFrame("210 of 210")
	check(" 11 of 210", " 210 of 210")
	p.wait("the last frame is in view",
		`((frames) => frames.scrollHeight - frames.scrollTop - frames.clientHeight < 2)(
			document.querySelector("#frames"))`)
}

func TestTheWireIsOpenedAndClosedByTheKeyboard(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	const open = `!document.querySelector("#wire-view").hidden &&
		document.querySelector("#wire-button").ariaPressed === "true"`
	eval[bool](p, `(document.querySelector("#wire-button").focus(), true)`)
	p.press(kb.Enter)
	p.wait("it is open", open)
	p.press(" ")
	p.wait("it is closed", `!(`+open+`)`)
}

const frameFields = `[...document.querySelectorAll("#frame .fields > div")].map((field) =>
	[...field.children].map((part) => part.textContent).join(" "))`

var lengthField = regexp.MustCompile(`^length.* (\d+ bytes)$`)

// compressed is what a page still knows of these fields when the connection has permessage-deflate.
func compressed(fields []string) (known []string) {
	for _, field := range fields {
		switch length := lengthField.FindStringSubmatch(field); {
		case length != nil:
			known = append(known, "length ? "+length[1]+" (before compression)")
		case strings.HasPrefix(field, "RSV"):
			known = append(known, "RSV1–3 ?00 compressed?")
		case strings.HasPrefix(field, "payload"):
			known = append(known,
				strings.Replace(field, "payload", "payload (before compression)", 1))
		case !strings.HasPrefix(field,
			"length"): // "126: it is in the next 16 bits" is not known either
			known = append(known, field)
		}
	}
	return known
}

// TestClickingAFrameShowsItsBytes compares with what RFC 6455 says of them.
func TestClickingAFrameShowsItsBytes(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.click("#wire-button")
	p.click("#messageText")
	long := strings.Repeat("y", 300)
	for _, c := range []struct {
		text   string
		row    int // from the end
		fields []string
		why    string
	}{
		{"hi", 3, []string{"FIN 1 the last fragment", "RSV1–3 000 no extension", "opcode 0001 text",
			"MASK 1 masked", "length 0000010 2 bytes",
			"masking key, 32 bits ???? not told", "payload 68 69 hi"},
			"Masked: a client chooses a key"},
		{"é", 2, []string{"FIN 1 the last fragment", "RSV1–3 000 no extension", "opcode 0001 text",
			"MASK 0 not masked", "length 0001101 13 bytes",
			"payload 59 6f 75 20 77 72 6f 74 65 3a 20 c3 a9 You wrote: ··"},
			"a server must not mask"},
		{long, 3, []string{"FIN 1 the last fragment", "RSV1–3 000 no extension", "opcode 0001 text",
			"MASK 1 masked", "length 1111110 126: it is in the next 16 bits",
			"length, 16 bits 0000000100101100 300 bytes", "masking key, 32 bits ???? not told",
			"payload" + strings.Repeat(" 79", 64) + " … " + strings.Repeat("y", 64)},
			"Masked: a client chooses a key"},
	} {
		if s.isPython(t) { // it compresses
			c.fields = compressed(c.fields)
		}
		p.send(c.text)
		p.waitFrame(fmt.Sprintf("%.40s", p.said(c.text)))
		if c.row == 3 {
			p.click(fmt.Sprintf("#frames tbody tr:nth-last-child(%d) button", c.row))
		} else { // by the keyboard: the last, and one up
			p.run(`document.querySelector("#frames").focus()`)
			p.press(kb.ArrowUp)
			p.press(kb.ArrowUp)
			p.press(kb.Enter)
		}
		p.wait("the frame is shown",
			`!document.querySelector("#frame").hidden &&
				`+frameFields+`.join("|") === `+quote(strings.Join(c.fields, "|")))
		p.wait("the panel says why",
			`document.querySelector("#frame").innerText.replace(/\s+/g, " ")
				.includes(`+quote(c.why)+`)`)
		p.click("#frame-close")
		p.click("#messageText")
	}
}

func TestAPausedPanelStandsStill(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	bob := s.join(t)
	p.click("#wire-button")
	bob.say("before")
	p.waitFrame("before")
	p.click("#wire-pause")
	sayMany(p, bob, 5)
	if got := p.frames(); !strings.HasSuffix(got[len(got)-1].Text, "before") {
		t.Errorf("a paused panel shows %+v", got[len(got)-1])
	}
	p.click("#wire-pause")
	p.waitFrame("1 of 5")
	p.waitFrame("5 of 5")
}

func TestTheAddressKeepsThePanelOpen(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.click("#wire-button")
	p.wait("the address says so", `location.hash === "#wire"`)
	p.run(`setTimeout(() => location.reload())`)
	p.waitAcross("the panel is open in the new page",
		`performance.getEntriesByType("navigation")[0].type === "reload" &&
		!document.querySelector("#wire-view").hidden && `+statusText+` === "Connected"`)
	p.click("#wire-button")
	p.wait("it is closed", `document.querySelector("#wire-view").hidden && location.hash === ""`)
	p.run(`location.hash = "#wire"`)
	p.wait("a link opens it", `!document.querySelector("#wire-view").hidden`)
}
