package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// maxPicture is what a picture in the README may weigh, in bytes: it is loaded by everyone who
// looks at it.
const maxPicture = 150 << 10

// clockScript makes the page's clock start at one and the same moment, which is also its id.
const clockScript = `Date = class extends Date {
	constructor(...args) { args.length ? super(...args) : super(Date.now()); }
	static now() { return 1767258000000 + Math.trunc(performance.now()); }
};`

// TestScreenshots makes the README's pictures from a conversation that shows each kind of message.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("makes the README's pictures where -screenshots names a directory")
	}
	for _, picture := range []struct {
		name          string
		width, height int64
		scheme        string
		panel         string
	}{
		{"desktop-light", 1280, 720, "light", "wire"},
		{"desktop-dark", 1280, 720, "dark", "wire"},
		{"phone-light", 390, 720, "light", ""},
		{"phone-dark", 390, 720, "dark", ""},
		{"code-desktop-light", 1280, 800, "light", "code"},
		{"code-desktop-dark", 1280, 800, "dark", "code"},
		{"code-phone-light", 390, 844, "light", "code"},
		{"code-phone-dark", 390, 844, "dark", "code"},
	} {
		t.Run(picture.name, func(t *testing.T) {
			s := startServer(t)
			p := newTab(t)
			p.before(clockScript)
			p.viewport(picture.width, picture.height)
			p.media("prefers-color-scheme", picture.scheme)
			p.navigate(s.url)
			p.waitStatus("Connected")
			converse(t, s, p)
			switch picture.panel {
			case "wire":
				p.click("#wire-button")
				p.click("#messageText")
			case "code":
				p.click("#code-button")
				p.click("[data-mode=step]")
				p.stepTo(t, s)
			}
			p.photograph(filepath.Join(*screenshots, picture.name+".png"))
		})
	}
}

// converse fills the page with a conversation.
func converse(t *testing.T, s *server, p *tab) {
	t.Helper()
	ada, bob := s.join(t), s.join(t)
	for _, line := range []struct {
		speaker *client // nil is the page itself
		text    string
	}{
		{ada, "Good morning! Is this the Go one or the Python one?"},
		{nil, "The Go one. The page is the same."},
		{bob, "Then who can tell them apart? :-)"},
		{ada, "Open “On the wire” and look at the round trip."},
		{nil, "Faster than I can read it."},
	} {
		if line.speaker == nil {
			p.send(line.text)
			p.waitText(p.said(line.text))
			continue
		}
		line.speaker.say(line.text)
		p.waitText(line.speaker.said(line.text))
	}
	bob.leave()
	p.waitText(fmt.Sprintf("Client #%d has left the chat", bob.id))
}

// stepTo stops in the middle of "Tell everyone": the page's own message is there, and another
// client's waits for its step.
func (p *tab) stepTo(t *testing.T, s *server) {
	t.Helper()
	ada := s.join(t)
	p.click("#messageText")
	p.send("Which line sends this?")
	ada.hears(p.said("Which line sends this?"))
	ada.say("Look at the yellow one.")
	p.waitCode(`4 steps wait`)
	for range 3 {
		p.click("#code-next")
	}
	p.waitCode(`1 step waits`)
	p.waitText(p.said("Which line sends this?"))
}

// photograph writes what the tab shows, once nothing in it moves any more.
func (p *tab) photograph(path string) {
	p.t.Helper()
	p.wait("nothing moves",
		`document.getAnimations().every(({ playState }) => playState === "finished")`)
	picture, err := p.driver.photograph(p.ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	picture, err = lighten(picture)
	if err != nil {
		p.t.Fatal(err)
	}
	if len(picture) > maxPicture {
		p.t.Errorf("%s is %d bytes", path, len(picture))
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// lighten makes a third of a PNG's bytes of it, with at most 256 colours: the commonest hundred,
// which are the areas, and of the others one of each shade.
func lighten(picture []byte) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	count := map[color.Color]int{}
	bounds := full.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[full.At(x, y)]++
		}
	}
	byCount := func(a, b color.Color) int { return count[b] - count[a] }
	var palette color.Palette
	seen := map[[3]uint32]bool{}
	for _, c := range slices.SortedFunc(maps.Keys(count), byCount) {
		r, g, b, _ := c.RGBA()
		if shade := [3]uint32{r >> 12, g >> 12, b >> 12}; len(palette) < 100 || !seen[shade] &&
			len(palette) < 256 {
			seen[shade] = true
			palette = append(palette, c)
		}
	}
	light := image.NewPaletted(bounds, palette)
	draw.Draw(light, bounds, full, bounds.Min, draw.Src)
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, light)
	return out.Bytes(), err
}
