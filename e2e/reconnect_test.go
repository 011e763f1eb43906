package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const isReconnecting = `/^Reconnecting in \d+ s…$/.test(` + statusText + `)`

// breakableTab is a tab that is allowed to lose its connection. Its page finds the chance in its
// waits at `luck`, from 0 to 1.
func breakableTab(t *testing.T, luck string) *tab {
	t.Helper()
	p := newTab(t)
	p.mayBreak = true
	p.before("Math.random = () => " + luck + ";")
	return p
}

func TestTheServerGoesAndComesBack(t *testing.T) {
	parallel(t)
	for _, way := range []struct {
		name string
		end  func(*server)
	}{{"stopped", (*server).stop}, {"killed", (*server).kill}} {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			s := ownServer(t)
			p := breakableTab(t, "0.5")
			p.navigate(s.url)
			p.waitStatus("Connected")
			id := p.id()
			p.write("my draft")
			start := time.Now()
			way.end(s)
			p.wait("the page says so", isReconnecting)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("the page took %v to say that the server is gone", took)
			}
			p.press(kb.Enter)
			p.wait("it tells that nothing was sent",
				`document.querySelector("#problem").textContent.includes("no connection")`)
			if got := p.draft(); got != "my draft" {
				t.Errorf("the draft is %q", got)
			}
			if got := p.texts(); len(got) > 0 {
				t.Errorf("messages appeared: %q", got)
			}
			s.start()
			bob := s.join(t)
			p.waitStatus("Connected")
			if p.id() != id {
				t.Errorf("the id was %d and is %d", id, p.id())
			}
			bob.say("anyone?")
			if before := bob.hears(bob.said("anyone?")); slices.Contains(before,
				p.said("my draft")) {
				t.Error("the draft was sent without being asked to")
			}
			p.wait("it tells that something may have been missed",
				`document.querySelector("#messages [data-gap^='Back at']")`)
			p.press(kb.Enter)
			bob.hears(p.said("my draft"))
			p.waitText("You wrote: my draft")
		})
	}
}

// TestTheWaitsDoubleWithJitter looks at when the browser opened each socket: with the least and
// with the most of chance.
func TestTheWaitsDoubleWithJitter(t *testing.T) {
	parallel(t)
	for _, chance := range []struct {
		name, luck string
		waits      []time.Duration
	}{
		{"shortest", "0", []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}},
		{"longest", "0.9999",
			[]time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
				10 * time.Second}},
	} {
		t.Run(chance.name, func(t *testing.T) {
			t.Parallel()
			s := ownServer(t)
			p := breakableTab(t, chance.luck)
			p.onlyChromium()
			p.navigate(s.url)
			p.waitStatus("Connected")
			call(p, network.Enable, network.EnableParams{})
			opened := make(chan time.Time, len(chance.waits))
			if err := chromedp.Listen(p.ctx, func(event any) {
				if _, ok := event.(*network.EventWebSocketCreated); ok &&
					len(opened) < cap(opened) {
					opened <- time.Now()
				}
			}); err != nil {
				t.Fatal(err)
			}
			last := time.Now()
			s.stop()
			for n, want := range chance.waits {
				var at time.Time
				select {
				case at = <-opened:
				case <-time.After(patience):
					t.Fatalf("wait %d never ends", n+1)
				}
				// A busy machine is late, but the page is never early by more than a timer's grain.
				if got := at.Sub(last); got < want-100*time.Millisecond ||
					got > want+want/2+time.Second {
					t.Errorf("wait %d was %v, not about %v", n+1, got, want)
				}
				last = at
			}
		})
	}
}

// TestAScreenReaderIsToldOnceOfEachState: what changes each second is hidden from it.
func TestAScreenReaderIsToldOnceOfEachState(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	p := breakableTab(t, "0.9999")
	p.navigate(s.url)
	p.waitStatus("Connected")
	eval[bool](p, `(() => {
		window.told = [];
		const status = document.querySelector("#status");
		new MutationObserver((changes) => {
			const seen = changes.some(({ target }) =>
				!target.parentElement.closest("[aria-hidden=true]") &&
				!target.closest?.("[aria-hidden=true]"));
			if (seen) told.push([...status.children].filter(({ ariaHidden }) => !ariaHidden)
				.map(({ textContent }) => textContent).join(""));
		}).observe(status, { childList: true, characterData: true, subtree: true });
		return true;
	})()`)
	s.stop()
	p.wait("the second attempt is over", statusText+` === "Reconnecting in 4 s…"`)
	s.start()
	p.waitStatus("Connected")
	if got := eval[[]string](p, `told`); !slices.Equal(got, []string{"Reconnecting", "Connected"}) {
		t.Errorf("a screen reader is told %q", got)
	}
}

func TestTheOnlineEventReconnectsAtOnce(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	p := breakableTab(t, "0.9999")
	p.navigate(s.url)
	p.waitStatus("Connected")
	s.stop()
	p.wait("the next attempt is far away", statusText+` === "Reconnecting in 8 s…"`)
	s.start()
	p.network(false)
	start := time.Now()
	p.network(true)
	p.waitStatus("Connected")
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestWithoutANetworkNothingIsSentIntoTheVoid(t *testing.T) {
	parallel(t)
	s := ownServer(t, "-addr", ":0")
	p := breakableTab(t, "0.5")
	// a page from another machine; one from this machine needs no network
	p.navigate(s.host("chat.test"))
	p.waitStatus("Connected")
	p.network(false)
	p.wait("the page says so", isReconnecting)
	p.send("nobody hears this")
	if got := p.draft(); got != "nobody hears this" {
		t.Errorf("in the box is %q", got)
	}
	p.network(true)
	p.waitStatus("Connected")
}

func TestAPageFromThisMachineNeedsNoNetwork(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	p := openPage(t, s.url)
	p.network(false)
	p.send("still here")
	p.waitText("You wrote: still here")
	if got := p.status(); got != "Connected" {
		t.Errorf("the status is %s", got)
	}
}

// network makes the browser tell the page that the network is there or gone.
func (p *tab) network(there bool) {
	p.t.Helper()
	call(p, network.OverrideNetworkState, network.OverrideNetworkStateParams{
		Offline: !there, DownloadThroughput: -1, UploadThroughput: -1,
	})
	p.wait("the browser knows", fmt.Sprintf("navigator.onLine === %t", there))
}
