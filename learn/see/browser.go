package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/chat/compare/servers"
)

// page joins twice in one browser; then the second client says something long, and the page reports
// what the first one reads within two seconds of it, and with what code it is closed.
const page = `<script>
const join = (id) => new WebSocket("ws://" + location.host + "/ws/" + id);
const result = { messages: [], closed: 0 };
const report = () => fetch("/result", { method: "POST", body: JSON.stringify(result) });
const listener = join(3);
listener.onmessage = (event) => {
	result.messages.push(event.data);
	if (event.data === "Client #2 says: hello") speaker.send("€".repeat(100000));
};
listener.onclose = (event) => { result.closed = event.code; };
let speaker;
listener.onopen = () => {
	speaker = join(2);
	speaker.onopen = () => { speaker.send("hello"); setTimeout(report, 2000); };
};
</script>`

// result is what the page reports.
type result struct {
	Messages []string
	Closed   int
}

// longMessage lets a real browser talk to the server, through a proxy that adds the page.
func longMessage(s *servers.Server) (string, error) {
	room, err := join(s, 1) // with the id 1, and without a browser
	if err != nil {
		return "", err
	}
	results := make(chan result, 1)
	routes := http.NewServeMux()
	routes.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page)
	})
	routes.HandleFunc("POST /result", func(_ http.ResponseWriter, r *http.Request) {
		var seen result
		if json.NewDecoder(r.Body).Decode(&seen) == nil {
			results <- seen
		}
	})
	target := &url.URL{Scheme: "http", Host: s.Addr}
	routes.Handle("/ws/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // the page's, so that its origin is the server's own
	}})
	proxy := httptest.NewServer(routes)
	defer proxy.Close()
	stop, err := browse(proxy.URL)
	if err != nil {
		return "", err
	}
	defer stop()
	select {
	case seen := <-results:
		return told(room[0], seen), nil
	case <-time.After(time.Minute):
		return "", errors.New("the browser does not report in a minute")
	}
}

// told says what the others are sent, as a client of ours reads it, and what the browser makes of
// it.
func told(c *client, seen result) string {
	const before = "Client #2 says: "
	var long []string
	for h := c.hear(); !h.silent && h.closed == 0; h = c.hear() {
		if said, ok := strings.CutPrefix(h.text, before); ok && said != "hello" {
			long = append(long, said)
		}
	}
	var outcome string
	switch {
	case len(long) == 0:
		outcome = "it is refused: nobody else reads anything of it"
	case len(long) == 1 && slices.Contains(seen.Messages, before+long[0]):
		outcome = "the others read it as one message"
	case slices.ContainsFunc(long, func(s string) bool { return !utf8.ValidString(s) }):
		outcome = "the others are sent it in pieces, which are cut inside of a character"
	default:
		outcome = "the others are sent it in pieces"
	}
	if seen.Closed != 0 {
		outcome += fmt.Sprintf(";\nanother browser drops its connection: %d", seen.Closed)
	}
	return outcome
}

// browse opens the page in a headless Chromium.
func browse(url string) (stop func(), err error) {
	browser := ""
	names := []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		return nil, errors.New("this needs Chromium: install it, or set CHROMIUM to its path")
	}
	profile, err := os.MkdirTemp("", "chat-see-")
	if err != nil {
		return nil, err
	}
	chromium := exec.Command(browser, "--headless=new", "--no-sandbox", "--disable-gpu",
		"--no-first-run", "--disable-dev-shm-usage", "--disable-background-networking",
		"--user-data-dir="+profile, url)
	if err := chromium.Start(); err != nil {
		return nil, err
	}
	return func() {
		chromium.Process.Kill()
		chromium.Wait()
		os.RemoveAll(profile)
	}, nil
}
