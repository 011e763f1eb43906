package e2e

import (
	"bytes"
	_ "embed"
	"fmt"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

//go:embed testdata/axe.min.js
var axe string

// accessible has axe-core look at the page as it is now.
func (p *tab) accessible(state string) {
	p.t.Helper()
	// An element that is half faded in has half its contrast.
	p.wait("nothing moves",
		`document.getAnimations().every(({ effect, playState }) => playState === "finished" ||
			effect.getTiming().iterations === Infinity)`)
	violations := eval[[]string](p, `axe.run({ resultTypes: ["violations"] })
		.then(({ violations }) => violations.map(({ id, help, nodes }) =>
		id + ": " + help + ": " + nodes.map(({ html }) => html).join(" ")))`)
	if len(violations) > 0 {
		p.t.Errorf("%s: %d violations:\n%s", state, len(violations), strings.Join(violations, "\n"))
	}
}

func TestAxeFindsNoViolations(t *testing.T) {
	parallel(t)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{320, 1280} {
			t.Run(fmt.Sprintf("%s %d", scheme, width), func(t *testing.T) {
				parallel(t)
				s := ownServer(t)
				p := breakableTab(t, "0.9999")
				p.viewport(width, 700)
				p.media("prefers-color-scheme", scheme)
				p.navigate(s.url)
				p.waitStatus("Connected")
				p.run(axe)
				p.accessible("empty")
				converse(t, s, p)
				p.accessible("all kinds of message")
				p.click("#wire-button")
				p.accessible("panel open")
				p.click("#code-button")
				p.click("[data-mode=step]")
				bob := s.join(t)
				bob.say("a step")
				p.waitCode("1 step waits")
				p.click("[data-step=everyone] button")
				p.accessible("code open")
				p.click("#code-next")
				p.waitRan("Tell everyone", theirs, 6)
				p.accessible("a step of another client's")
				p.click("#try-button")
				p.accessible("what to try")
				p.press(kb.Escape)
				p.wait("Escape closes it", `document.querySelector("#try").hidden`)
				p.accessible("tried: " + p.try("Send 100 messages at once"))
				p.click("#trial-close")
				p.click("#join-button")
				p.accessible("the join card")
				p.press(kb.Escape)
				p.click("#chat-button") // where no step waits
				p.click("#wire-button")
				p.click("#frames tbody tr:last-child button")
				p.accessible("a frame's bytes")
				p.press(kb.Escape)
				p.click("#messageText")
				bob.say(strings.Repeat("a long message ", 500))
				sayMany(p, bob, 40)
				p.onceIn("#log", "scroll", `element.scrollTop = 0;`)
				bob.say("unread")
				p.wait("the button is there", jumpText+` === "↓ 1 new message"`)
				p.accessible("unread messages")
				p.write(strings.Repeat("é", 40_000))
				p.wait("the hint is there",
					`document.querySelector("#problem").textContent.includes("bytes")`)
				p.accessible("too long")
				s.stop()
				p.wait("the page says so", isReconnecting)
				p.accessible("reconnecting")
				s.start()
				p.waitStatus("Connected")
				p.click("#jump")
				s.join(t).say("back")
				p.wait("the gap is told", `document.querySelector("#messages [data-gap]")`)
				p.accessible("back again")
			})
		}
	}
}

func TestTheColoursFollowTheSystem(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := newTab(t)
	p.media("prefers-color-scheme", "dark")
	p.navigate(s.url)
	p.waitStatus("Connected")
	const brightness = `getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3)
		.reduce((a, b) => a + +b, 0)`
	p.wait("the page is dark", brightness+` < 200`)
	p.media("prefers-color-scheme", "light")
	p.wait("the page is light", brightness+` > 700`)
	p.media("prefers-color-scheme", "dark")
	p.wait("the page is dark again", brightness+` < 200`)
}

func TestEverythingFitsFromAPhoneToAWall(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	bob := s.join(t)
	bob.say(strings.Repeat("Donaudampfschiff", 60)) // no space to break at
	bob.say(strings.Repeat("words that may wrap ", 400))
	p.send(strings.Repeat("W", 500))
	p.waitText(p.said(strings.Repeat("W", 500)))
	for _, panel := range []string{"closed", "wire", "code"} {
		if panel != "closed" {
			p.click("#" + panel + "-button")
		}
		if panel == "code" {
			p.click("[data-step=everyone] button")
		}
		for _, size := range [][2]int64{{320, 568}, {390, 844}, {568, 320}, {768, 1024},
			{1280, 800}, {2560, 1440}, {3840, 2160}} {
			p.viewport(size[0], size[1])
			tooWide := eval[[]string](p, `[document.documentElement,
				...document.querySelectorAll("body, body *")]
				.filter((element) => element.getClientRects().length &&
					!["textarea", "thead"].includes(element.localName) &&
					!element.closest("thead, .visually-hidden, .language") &&
					getComputedStyle(element).overflowX !== "clip" &&
					(element.getBoundingClientRect().right > innerWidth + 1 ||
						element.getBoundingClientRect().left < -1 ||
						(element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 &&
							getComputedStyle(element).display !== "inline")))
				.map((element) => element.outerHTML.slice(0, 100))`)
			if len(tooWide) > 0 {
				t.Errorf("panel %s, %dx%d: too wide: %q", panel, size[0], size[1], tooWide)
			}
			if panel == "closed" &&
				!eval[bool](p, `document.querySelector("#form").getBoundingClientRect()
					.bottom <= innerHeight + 1`) {
				t.Errorf("%dx%d: the form is out of sight", size[0], size[1])
			}
		}
	}
	small := eval[float64](p,
		`parseFloat(getComputedStyle(document.querySelector("#messages .text")).fontSize)`)
	p.viewport(1280, 800)
	if normal := eval[float64](p,
		`parseFloat(getComputedStyle(document.querySelector("#messages .text"))
			.fontSize)`); small <= normal {
		t.Errorf("the letters are %v px high on a desk and %v on a wall", normal, small)
	}
}

func TestAPhoneIsEnoughToChat(t *testing.T) {
	parallel(t)
	s := startServer(t)
	bob := s.join(t)
	p := newTab(t)
	p.viewport(320, 568)
	p.navigate(s.url)
	p.waitStatus("Connected")
	p.click("#messageText")
	p.write("from a phone")
	p.click("#send")
	bob.hears(p.said("from a phone"))
	p.click("#wire-button")
	p.waitFrame("from a phone")
}

// TestTheKeyboardReachesEverything goes through the page with Tab, from its top to its last button.
func TestTheKeyboardReachesEverything(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	sayMany(p, s.join(t), 60)
	p.click("#wire-button")
	p.click("#messageText")
	p.onceIn("#log", "scroll", fmt.Sprintf(scrollUpTo, 0))
	s.join(t).say("unread")
	p.wait("the button is there", jumpText+` !== ""`)
	// From the top, because Firefox's own buttons follow the last element: who passes through them
	// has left the page.
	p.run(`{ const top = document.querySelector("h1"); top.tabIndex = -1; top.focus(); }`)
	var reached []string
	for range 20 {
		if len(reached) > 0 && reached[len(reached)-1] == "#send" {
			break
		}
		p.press(kb.Tab)
		reached = append(reached, p.focused())
		if visible := eval[bool](p,
			`document.activeElement === document.body ||
				(({ outlineStyle, boxShadow }) => outlineStyle !== "none" ||
				boxShadow !== "none")(getComputedStyle(document.activeElement))`); !visible {
			t.Errorf("one cannot see that the focus is on %s", p.focused())
		}
	}
	for _, want := range []string{"#wire-button", "#try-button", "#join-button", "#log", "#jump",
		"#messageText", "#send", "#frames"} {
		if !slices.Contains(reached, want) {
			t.Errorf("%s is not reached: %q", want, reached)
		}
	}
	eval[bool](p, `(document.querySelector("#log").focus(), true)`)
	for _, scroll := range []struct{ key, there string }{{kb.End, atTheEnd},
		{kb.Home, `document.querySelector("#log").scrollTop === 0`}} {
		eval[bool](p, `(window.scrolled = false, document.querySelector("#log")
			.onscrollend = () => { scrolled = true; }, true)`)
		p.press(scroll.key)
		p.wait("the keyboard scrolls", "scrolled && "+scroll.there)
	}
	s.join(t).say("unread again")
	p.wait("the button is there", jumpText+` !== ""`)
	eval[bool](p, `(document.querySelector("#jump").focus(), true)`)
	p.press(kb.Enter)
	p.wait("it jumps", atTheEnd)
	if got := p.focused(); got != "#messageText" {
		t.Errorf("the focus is on %s", got)
	}
}

func TestNothingMovesWhereMotionIsNotWelcome(t *testing.T) {
	parallel(t)
	for _, c := range []struct {
		setting string
		moves   bool
	}{{"reduce", false}, {"no-preference", true}} {
		t.Run(c.setting, func(t *testing.T) {
			s := startServer(t)
			p := newTab(t)
			p.media("prefers-reduced-motion", c.setting)
			p.navigate(s.url)
			p.waitStatus("Connected")
			p.send("hello")
			p.waitText(p.said("hello"))
			const animated = `[...document.querySelectorAll("*")].some((element) =>
				getComputedStyle(element).animationName !== "none")`
			if got := eval[bool](p, animated); got != c.moves {
				t.Errorf("with %s something moves: %t", c.setting, got)
			}
		})
	}
}

// TestAProjectorShowsMessagesAndFrames is 1280x720 at 150 %.
func TestAProjectorShowsMessagesAndFrames(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.viewport(853, 480)
	sayMany(p, s.join(t), 10)
	p.click("#wire-button")
	p.waitFrame("10 of 10")
	seen := `(selector, inside) => { const box = document.querySelector(inside)
		.getBoundingClientRect();
		return [...document.querySelectorAll(selector)].map((element) =>
			element.getBoundingClientRect())
			.filter(({ top, bottom }) => top >= box.top - 1 &&
				bottom <= Math.min(box.bottom, innerHeight) + 1).length; }`
	if got := eval[int](p, `(`+seen+`)("#messages .text", "#log")`); got < 4 {
		t.Errorf("%d messages are in view", got)
	}
	if got := eval[int](p, `(`+seen+`)("#frames tbody tr", "#frames")`); got < 4 {
		t.Errorf("%d frames are in view", got)
	}
}

func TestLettersOfTwiceTheSizeFitAPhone(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.viewport(390, 844)
	p.run(`document.documentElement.style.fontSize = "200%"`)
	p.send("words and words and words")
	p.waitText(p.said("words and words and words"))
	for _, panel := range []string{"closed", "wire", "code"} {
		if panel != "closed" {
			p.click("#" + panel + "-button")
		}
		wide := eval[[]string](p, `[document.documentElement,
			...document.querySelectorAll("header, main, main *")]
			.filter((element) => element.getClientRects().length &&
				!element.closest("thead, .visually-hidden, .language") &&
				element.localName !== "textarea" && getComputedStyle(element)
				.display !== "inline" && getComputedStyle(element).overflowX !== "clip")
			.filter((element) => element.scrollWidth > element.clientWidth + 1 ||
				element.getBoundingClientRect().right > innerWidth + 1)
			.map((element) => element.outerHTML.slice(0, 100))`)
		if len(wide) > 0 {
			t.Errorf("panel %s: these are too wide: %q", panel, wide)
		}
		covered := eval[[]string](p, `(() => {
			const parts = [...document.querySelectorAll("header, .log-frame, .view > *, .write")]
				.filter((part) => part.getClientRects().length);
			const box = (part) => part.getBoundingClientRect();
			return parts.filter((part, n) => n > 0 && box(part).top < box(parts[n - 1]).bottom - 1)
				.map((part) => part.outerHTML.slice(0, 100));
		})()`)
		if len(covered) > 0 {
			t.Errorf("panel %s: these are covered: %q", panel, covered)
		}
		if panel != "closed" {
			scroller := quote("#" + panel + "-view .scroller")
			p.wait("the panel has lines", `document.querySelector(`+scroller+`).clientHeight > 100`)
		}
		p.run(`document.querySelector("#send").scrollIntoView({ behavior: "instant" })`)
		p.wait("the form is in view",
			`document.querySelector("#send").getBoundingClientRect().bottom <= innerHeight + 1`)
	}
}

// TestTheStateIsSeenInForcedColours looks at the middle of the dot: full when connected, and hollow
// otherwise.
func TestTheStateIsSeenInForcedColours(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	p := breakableTab(t, "0.9999")
	p.onlyChromium()
	p.media("forced-colors", "active")
	p.navigate(s.url)
	p.waitStatus("Connected")
	isFull := func() bool {
		t.Helper()
		p.run(`document.querySelector("#status").style.setProperty("animation", "none")`)
		at := eval[[3]int](p,
			`(({ left, top, height }) => [left, top,
				height].map(Math.round))(document.querySelector("#status")
				.getBoundingClientRect())`)
		picture, err := p.driver.photograph(p.ctx)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		middle, corner := decoded.At(at[0]+5, at[1]+at[2]/2), decoded.At(at[0]+15, at[1]+1)
		return middle != corner
	}
	if !isFull() {
		t.Error("the dot is hollow when connected")
	}
	s.stop()
	p.wait("the page says so", isReconnecting)
	if isFull() {
		t.Error("the dot is full when not connected")
	}
}

func TestThePageDescribesItselfAndHasAnIcon(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	p := openPage(t, s.url)
	p.wait("there is a description",
		`document.querySelector("meta[name=description]").content.length > 20`)
	p.wait("/favicon.ico answers with an image",
		`fetch("/favicon.ico").then((icon) => icon.ok && icon.headers.get("Content-Type")
			.startsWith("image/"))`)
}
