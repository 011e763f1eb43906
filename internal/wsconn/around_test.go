// columns: a table keeps one line for each entry

package wsconn_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
)

// around serves the chat inside of what middleware makes of it.
func around(t testing.TB, middleware func(http.Handler) http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(middleware(newChat(&wsconn.Server{})))
	server.EnableHTTP2 = true
	t.Cleanup(server.Close)
	return server
}

func bare(h http.Handler) http.Handler { return h }

// talk has the conversation that must go the same everywhere: two talk, one is cut off for what it
// does, one leaves.
func talk(t *testing.T, dial func(path string) *wstest.Client) {
	t.Helper()
	a := dial("/ws/1")
	alone(a)
	b := dial("/ws/2")
	b.Say(strings.Repeat("x", 60_000))
	a.Expect("Client #2 says: " + strings.Repeat("x", 60_000))
	b.Expect("You wrote: "+strings.Repeat("x", 60_000),
		"Client #2 says: "+strings.Repeat("x", 60_000))
	b.Send(wstest.Text, "frag")
	b.Send(wstest.Fin|wstest.Ping, "ping")
	if got := b.Read(); got != (wstest.Frame{First: wstest.Fin | wstest.Pong, Payload: "ping"}) {
		t.Fatalf("read %+v, want the pong", got)
	}
	b.Send(wstest.Fin|wstest.Continuation, "ment")
	b.Expect("You wrote: fragment", "Client #2 says: fragment")
	a.Expect("Client #2 says: fragment")
	b.Send(wstest.Fin|wstest.Text, "\xff")
	if got := b.ExpectClose(); got.Code != wsconn.InvalidPayload {
		t.Errorf("closed with %+v, want 1007", got)
	}
	b.SendClose(wsconn.InvalidPayload, "")
	a.Expect("Client #2 has left the chat")
	a.SendClose(1000, "bye")
	if got := a.ExpectClose(); got.Code != 1000 {
		t.Errorf("closed with %+v, want 1000", got)
	}
	a.ExpectEnd()
}

func TestAllHoldsOverTLS(t *testing.T) {
	t.Parallel()
	server := around(t, bare)
	server.StartTLS()
	addr := server.Listener.Addr().String()
	config := server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	config.ServerName = "example.com"
	dial := func(path string, more ...string) (*http.Response, *wstest.Client) {
		return wstest.Do(t, tls.Client(wstest.DialTCP(t, addr), config),
			wstest.Request(addr, path, more...))
	}
	talk(t, func(path string) *wstest.Client {
		_, c := dial(path, "Origin: https://"+addr)
		return c
	})
	response, _ := dial("/ws/1", "Origin: http://"+addr)
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("a page without TLS was answered %s, want 403", response.Status)
	}

	_, speaker := dial("/ws/1")
	alone(speaker)
	_, stuck := dial("/ws/2")
	stuck.Say("hello")
	speaker.Expect("Client #2 says: hello")
	const much = 300 // messages: 10 MB of chat, which stuck does not read
	for i := range much {
		text := fmt.Sprintf("%032000d", i)
		speaker.Say(text)
		for got := ""; got != "Client #1 says: "+text; {
			if got = speaker.Read().Payload; got == "Client #2 has left the chat" {
				if got := stuck.ExpectClose(); got.Code != wsconn.PolicyViolation {
					t.Errorf("closed with %+v, want 1008", got)
				}
				return
			}
		}
	}
	t.Error("a client that never reads was not cut off")
}

func TestHTTP2GetsAnAnswer(t *testing.T) {
	t.Parallel()
	server := around(t, bare)
	server.StartTLS()
	for _, header := range []http.Header{nil,
		{"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}} {
		request, _ := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/ws/1", nil)
		request.Header = header
		response, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.ProtoMajor != 2 || response.StatusCode != http.StatusUpgradeRequired ||
			!strings.Contains(string(body), "HTTP/1.1") {
			t.Errorf("answered %s %s %q, want 426 over HTTP/2", response.Proto, response.Status,
				body)
		}
	}
}

func TestAllHoldsBehindAProxy(t *testing.T) {
	t.Parallel()
	server := around(t, bare)
	server.Start()
	target, _ := url.Parse(server.URL)
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		// otherwise the page's origin is foreign to the chat, which the README says
		r.Out.Host = r.In.Host
	}})
	t.Cleanup(proxy.Close)
	addr := proxy.Listener.Addr().String()
	talk(t, func(path string) *wstest.Client {
		return wstest.Dial(t, addr, path,
			"Origin: http://"+addr)
	})
}

// wrapped is a ResponseWriter as middleware wraps it; the one that it wraps is found by Unwrap.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestAllHoldsBehindMiddlewareThatWrapsTheResponseWriter(t *testing.T) {
	t.Parallel()
	server := around(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter,
			r *http.Request) {
			h.ServeHTTP(wrapped{w}, r)
		})
	})
	server.Start()
	addr := server.Listener.Addr().String()
	talk(t, func(path string) *wstest.Client { return wstest.Dial(t, addr, path) })
}

func TestMiddlewareThatHidesTheConnectionGetsAnAnswer(t *testing.T) {
	t.Parallel()
	server := around(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
		})
	})
	server.Start()
	addr := server.Listener.Addr().String()
	response, _ := wstest.Do(t, wstest.DialTCP(t, addr), wstest.Request(addr, "/ws/1"))
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusInternalServerError ||
		!strings.Contains(string(body), "take over") {
		t.Errorf("answered %s %q, want 500 and why", response.Status, body)
	}
}
