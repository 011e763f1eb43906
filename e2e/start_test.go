//go:build unix

package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// without is a way to the server on which one file is missing.
func without(t *testing.T, s *server, path string) string {
	t.Helper()
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	// Origin and Host stay as they are: both are this proxy's.
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path {
			http.NotFound(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { front.CloseClientConnections(); front.Close() })
	return front.URL
}

var missing = regexp.MustCompile(`404|MIME|Loading (failed|module)|blocked`)

func TestAPageWithoutOneOfItsModulesSaysSo(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := newTab(t)
	p.mayComplain = missing
	p.navigate(without(t, s, "/static/wire.js"))
	p.wait("the page says so",
		statusText+` === "Not started" &&
			`+refusalText+`.includes("one of its files did not load")`)
}

func TestAPageThatFailsAtItsStartSaysWhy(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := newTab(t)
	p.mayComplain = regexp.MustCompile(`ResizeObserver`)
	p.before(`delete window.ResizeObserver`)
	p.navigate(s.url)
	p.wait("the page says so",
		statusText+` === "Not started" && `+refusalText+`.includes("ResizeObserver")`)
}

func TestWithoutThePairsThePanelSaysSoAndTheChatGoesOn(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := newTab(t)
	p.mayComplain = missing
	p.navigate(without(t, s, "/static/pairs.json") + "/#code")
	p.waitStatus("Connected")
	p.wait("the panel says so",
		`document.querySelector("#pairs").innerText.includes("could not be loaded")`)
	p.click("#messageText")
	p.send("it goes on")
	p.waitText(p.said("it goes on"))
}

// TestAnOlderBrowserIsEnoughToChat takes away what browsers have only had for a few years.
func TestAnOlderBrowserIsEnoughToChat(t *testing.T) {
	parallel(t)
	s := startServer(t)
	bob := s.join(t)
	p := newTab(t)
	p.before(`delete Intl.Segmenter; delete String.prototype.toWellFormed;
		delete AbortSignal.timeout;
		delete HTMLElement.prototype.popover; delete HTMLDialogElement.prototype.showModal;`)
	p.navigate(s.url)
	p.waitStatus("Connected")
	p.send("from an older one")
	bob.hears(p.said("from an older one"))
	long := strings.Repeat("long 😀 ", 500)
	bob.say(long)
	p.wait("it is shortened",
		`document.querySelector("#messages .other .text")?.textContent.includes("…")`)
	p.wait("what cannot be shown is not offered", `document.querySelector("#join-button").hidden`)
}
