package e2e

import (
	"testing"
	"time"
)

const refusalText = `document.querySelector("#refusal").innerText`

func TestAServerThatRefusesIsNotTakenForOneThatIsGone(t *testing.T) {
	parallel(t)
	s := ownServer(t, "-max-connections", "1")
	first := s.join(t)
	p := breakableTab(t, "0")
	p.navigate(s.url)
	p.wait("the page says so",
		refusalText+`.includes("gets no WebSocket") && `+refusalText+`.includes("log")`)
	p.click("#wire-button")
	p.waitFrame("1006: refused, or nobody there")
	first.leave()
	p.waitStatus("Connected")
	p.wait("the page takes it back", refusalText+` === ""`)
	s.kill()
	p.wait("the page has tried again", `/ in 2 s/.test(`+statusText+`)`)
	if got := eval[string](p, refusalText); got != "" {
		t.Errorf("of a server that is gone the page says %q", got)
	}
}

// TestAPageWhoseNameWasPointedAtThisMachineIsRefused by a server on loopback (DNS rebinding).
func TestAPageWhoseNameWasPointedAtThisMachineIsRefused(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	p := breakableTab(t, "0")
	p.navigate(s.host("chat.test"))
	p.wait("the page says so", refusalText+`.includes("or something on the way")`)
	p.navigate(s.host("localhost"))
	p.waitStatus("Connected")
}

func TestReconnectNowDoesNotWait(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	p := breakableTab(t, "0.9999")
	p.navigate(s.url)
	p.waitStatus("Connected")
	s.stop()
	p.wait("the next attempt is far away", statusText+` === "Reconnecting in 8 s…"`)
	p.wait("the title tells", `document.title === "Not connected · WebSocket Chat"`)
	s.start()
	start := time.Now()
	p.click("#reconnect")
	p.waitStatus("Connected")
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
	p.wait("the title has forgotten it", `document.title === "WebSocket Chat"`)
	if got := p.focused(); got != "#messageText" {
		t.Errorf("the focus is on %s", got)
	}
}
