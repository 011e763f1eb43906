package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"
)

const (
	atTheEnd = `((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2)(
		document.querySelector("#log"))`
	jumpText   = `((jump) => jump.hidden ? "" : jump.textContent)(document.querySelector("#jump"))`
	scrollUpTo = `element.scrollTop = %d;`
)

// sayMany sends that many messages, numbered, and waits until the page shows the last.
func sayMany(p *tab, c *client, many int) {
	p.t.Helper()
	for n := range many {
		c.say(fmt.Sprintf("%d of %d", n+1, many))
	}
	p.waitText(c.said(fmt.Sprintf("%d of %d", many, many)))
}

func TestNewMessagesAreScrolledTo(t *testing.T) {
	s := startServer(t)
	p := openPage(t, s.url)
	bob := s.join(t)
	for range 3 {
		sayMany(p, bob, 30)
		p.wait("the last message is in view", atTheEnd)
	}
	p.viewport(1280, 300)
	p.wait("the last message is in view in a lower window", atTheEnd)
	p.click("#wire-button")
	p.wait("the last message is in view beside the panel", atTheEnd)
}

func TestWhoReadsFurtherUpIsLeftInPeaceAndTold(t *testing.T) {
	s := startServer(t)
	p := openPage(t, s.url)
	bob := s.join(t)
	sayMany(p, bob, 60)
	p.onceIn("#log", "scroll", fmt.Sprintf(scrollUpTo, 200))
	bob.say("one")
	p.wait("a button tells of one", jumpText+` === "↓ 1 new message"`)
	sayMany(p, bob, 6)
	p.wait("a button tells of seven", jumpText+` === "↓ 7 new messages"`)
	if top := eval[int](p, `document.querySelector("#log").scrollTop`); top != 200 {
		t.Errorf("the reader was moved from 200 to %d", top)
	}
	p.wait("so does the title", `document.title === "(7) WebSocket Chat"`)
	p.click("#jump")
	p.wait("it jumps to the end", atTheEnd)
	p.wait("and all is read", jumpText+` === "" && document.title === "WebSocket Chat"`)
	if got := p.focused(); got != "#messageText" {
		t.Errorf("the focus is on %s", got)
	}
	sayMany(p, bob, 3)
	p.wait("and the end is followed again", atTheEnd)
}

func TestScrollingDownByHandReadsAll(t *testing.T) {
	s := startServer(t)
	p := openPage(t, s.url)
	bob := s.join(t)
	sayMany(p, bob, 60)
	p.onceIn("#log", "scroll", fmt.Sprintf(scrollUpTo, 0))
	bob.say("new")
	p.wait("a button tells of one", jumpText+` === "↓ 1 new message"`)
	p.onceIn("#log", "scroll", `element.scrollTop = element.scrollHeight;`)
	p.wait("all is read", jumpText+` === "" && document.title === "WebSocket Chat"`)
}

func TestAWheelThatTurnsGentlyLeavesTheEndOfABusyList(t *testing.T) {
	s := startServer(t)
	p := openPage(t, s.url)
	bob := s.join(t)
	sayMany(p, bob, 60)
	ctx, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	busy.Go(func() {
		for bob.ws.Write(ctx, websocket.MessageText, []byte("busy")) == nil {
			time.Sleep(time.Millisecond) // many messages a frame
		}
	})
	defer busy.Wait()
	defer stop()
	for range 5 {
		call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{
			Type: input.DispatchMouseEventTypeMouseWheel, X: 640, Y: 400,
			DeltaX: 0.01, DeltaY: -8, // pixels; a zero would be left out, which the browser refuses
		})
	}
	p.wait("the reader is left in peace", jumpText+` !== ""`)
}

func TestSendingOnesOwnGoesToTheEnd(t *testing.T) {
	s := startServer(t)
	p := openPage(t, s.url)
	sayMany(p, s.join(t), 60)
	p.onceIn("#log", "scroll", fmt.Sprintf(scrollUpTo, 0))
	p.send("mine")
	p.waitText(p.said("mine"))
	p.wait("my own message is in view", atTheEnd)
}

func TestTheTitleOfAHiddenTabTellsOfUnreadMessages(t *testing.T) {
	s := startServer(t)
	p := openPage(t, s.url)
	bob := s.join(t)
	p.onlyChromium()
	bob.say("seen")
	p.waitText(bob.said("seen"))
	// A second tab in the same window covers the first.
	other := &tab{t: t, complain: make(chan struct{}, 1)}
	theBrowser.(*chromium).newTabIn(t, other,
		chromedp.WithExistingBrowserContext(p.browserContext()), chromedp.WithNewWindow(false))
	p.wait("the tab is hidden", `document.hidden`)
	bob.say("unseen")
	bob.say("unseen too")
	p.wait("the title tells of two", `document.title === "(2) WebSocket Chat"`)
	call(p, page.BringToFront, cdp.Empty{})
	p.wait("they are shown and read", `!document.hidden && document.title === "WebSocket Chat"`)
	p.waitText(bob.said("unseen too"))
	p.wait("and in view", atTheEnd)
}

func (p *tab) browserContext() cdp.BrowserContextID {
	return chromedp.FromContext(p.ctx).BrowserContextID
}

// TestAFloodDoesNotFreezeThePage lets 2,000 messages a second arrive for five seconds, with the
// panel open too.
func TestAFloodDoesNotFreezeThePage(t *testing.T) {
	const (
		rate      = 2000 // messages a second
		seconds   = 5
		many      = rate * seconds
		maxShown  = 1000            // messages on the page
		maxFreeze = time.Second     // between two looks of a page that looks every 20 ms
		maxBehind = 3 * time.Second // until the last message is shown
		// seconds of a processor for the page: less than the flood lasts
		maxBusy    = 0.9 * seconds
		perRound   = 20 // messages at a time, every 10 ms
		roundEvery = time.Second * perRound / rate
	)
	for _, panel := range []string{"closed", "open"} {
		t.Run("panel "+panel, func(t *testing.T) {
			s := startServer(t)
			p := openPage(t, s.url)
			if panel == "open" {
				p.click("#wire-button")
				p.click("#messageText")
			}
			eval[bool](p, `(() => {
				window.worst = { freeze: 0, rows: 0, frames: 0 };
				let last = performance.now();
				setInterval(() => {
					worst.freeze = Math.max(worst.freeze, performance.now() - last);
					worst.rows = Math.max(worst.rows, document.querySelectorAll("#messages li")
						.length);
					worst.frames = Math.max(worst.frames,
						document.querySelectorAll("#frames tbody tr").length);
					last = performance.now();
				}, 20);
				return true;
			})()`)
			call(p, performance.Enable,
				performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
			busyBefore := p.busy()
			bob := s.join(t)
			start := time.Now()
			tick := time.NewTicker(roundEvery)
			defer tick.Stop()
			for n := 0; n < many; {
				<-tick.C // the rate is what is tested
				for range perRound {
					n++
					bob.say(fmt.Sprintf("flood %d", n))
				}
				if n == many/2 {
					p.write("typed meanwhile")
				}
			}
			sent := time.Since(start)
			p.waitLast(bob.said(fmt.Sprintf("flood %d", many)))
			took := time.Since(start)
			busy := p.busy() - busyBefore
			type worst struct{ Freeze, Rows, Frames float64 }
			got := eval[worst](p,
				`({ Freeze: worst.freeze, Rows: worst.rows, Frames: worst.frames })`)
			freeze := time.Duration(got.Freeze * float64(time.Millisecond))
			t.Logf("%d messages sent in %v, shown in %v; longest freeze %v; %.1f s of a "+
				"processor; %v rows, %v frames",
				many, sent, took, freeze, busy, got.Rows, got.Frames)
			if busy > maxBusy {
				t.Errorf("the page took %.1f s of a processor's time for a flood of %d s", busy,
					seconds)
			}
			// A machine that cannot even send so fast is busy with something else, and stops the
			// page as well.
			if sent < seconds*time.Second*11/10 && freeze > maxFreeze {
				t.Errorf("the page stood still for %v", freeze)
			}
			if behind := took - sent; behind > maxBehind {
				t.Errorf("the page was %v behind", behind)
			}
			if got.Rows > maxShown || got.Frames > 200 {
				t.Errorf("%v messages and %v frames were on the page", got.Rows, got.Frames)
			}
			if got := p.draft(); got != "typed meanwhile" {
				t.Errorf("in the box is %q", got)
			}
			p.holdsTheLast(bob, maxShown, many)
		})
	}
}

// busy is how many seconds of a processor's time the page has taken so far.
func (p *tab) busy() float64 {
	p.t.Helper()
	for _, metric := range call(p, performance.GetMetrics, cdp.Empty{}).Metrics {
		if metric.Name == "TaskDuration" {
			return metric.Value
		}
	}
	p.t.Fatal("the browser does not tell TaskDuration")
	return 0
}

// holdsTheLast checks that the page shows just the client's last messages, each once and in order.
func (p *tab) holdsTheLast(c *client, shown, many int) {
	p.t.Helper()
	texts := p.texts()
	if len(texts) != shown {
		p.t.Fatalf("%d messages are on the page, not %d", len(texts), shown)
	}
	for n, text := range texts {
		if want := c.said(fmt.Sprintf("flood %d", many-shown+n+1)); text != want {
			p.t.Fatalf("message %d is %q, not %q", n, text, want)
		}
	}
}
