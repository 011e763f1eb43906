package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestAPageThatIsLeftSaysGoodbyeAndComesBack goes to another page and back, which need not load the
// chat anew.
func TestAPageThatIsLeftSaysGoodbyeAndComesBack(t *testing.T) {
	parallel(t)
	s := startServer(t)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, `<!doctype html><link rel="icon" href="data:,"><title>elsewhere</title>`)
	}))
	t.Cleanup(other.Close)
	bob := s.join(t)
	p := openPage(t, s.url)
	p.run(`window.stillHere = true`)
	p.write("a draft")
	id := p.id()
	p.navigate(other.URL)
	bob.hears(fmt.Sprintf("Client #%d has left the chat", id))
	p.run(`setTimeout(() => history.back())`)
	p.waitAcross("the chat is back",
		`document.title !== "elsewhere" && document.querySelector("#status") &&
			`+statusText+` === "Connected"`)
	kept := eval[bool](p, `window.stillHere === true`)
	if _, isChromium := p.driver.(chromiumTab); isChromium && !kept {
		t.Error("Chromium did not keep the page")
	}
	if kept { // Firefox keeps no page that had a WebSocket, and loads it anew
		if p.id() != id || p.draft() != "a draft" {
			t.Errorf("back are id %d and draft %q", p.id(), p.draft())
		}
		// By a script: the driver has lost its hold of what comes back.
		p.run(`document.querySelector("#wire-button").click()`)
		p.waitFrame("1000: normal closure")
	}
	p.run(`document.querySelector("#messageText").value = ""; document.querySelector("#messageText")
		.focus()`)
	p.send("back again")
	bob.hears(p.said("back again"))
}
