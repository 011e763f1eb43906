// columns: a table keeps one line for each entry

package wsconn_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
	"golang.org/x/net/websocket"
)

// An echo, which ends in order.
func ExampleServer() {
	var sockets wsconn.Server
	server := httptest.NewServer(sockets.Handler(
		websocket.Server{Handler: func(ws *websocket.Conn) {
			connection := wsconn.FromConn(ws)
			for {
				message, err := connection.ReceiveText()
				if err != nil {
					fmt.Println(err)
					return
				}
				connection.Send(wsconn.TextFrame(message))
			}
		}}))
	defer server.Close()

	url := "ws" + strings.TrimPrefix(server.URL, "http")
	client, err := websocket.Dial(url, "", server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	var message string
	websocket.Message.Send(client, "Hello")
	websocket.Message.Receive(client, &message)
	fmt.Println(message)
	sockets.Shutdown(context.Background())
	// Output:
	// Hello
	// closed with 1001 (the server is shutting down)
}

// What docs/conformance.md does not say of handshakes.
func TestAnswersToHandshakes(t *testing.T) {
	t.Parallel()
	refuses := websocket.Server{Handshake: func(_ *websocket.Config, r *http.Request) error {
		if r.URL.Path == "/no" {
			return fmt.Errorf("not here")
		}
		return nil
	}, Handler: func(*websocket.Conn) {}}
	var sockets wsconn.Server
	server := httptest.NewServer(sockets.Handler(refuses))
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()
	ws := wstest.Request(addr, "/", "Origin: http://"+addr)
	for _, row := range []struct {
		name, request string
		status        int
		header, body  string // a line that must be there, and what the body begins with
	}{
		{"key of RFC 6455, section 1.3", ws, 101, "Sec-Websocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", ""},
		{"in capitals", strings.NewReplacer("websocket", "WebSocket", "Connection: Upgrade", "Connection: keep-alive, UPGRADE").Replace(ws), 101, "", ""},
		{"POST", strings.Replace(ws, "GET", "POST", 1), 405, "Allow: GET", "a WebSocket is opened with GET\n"},
		{"HEAD", strings.Replace(ws, "GET", "HEAD", 1), 405, "Allow: GET", ""},
		{"version 8", strings.Replace(ws, "Version: 13", "Version: 8", 1), 426, "Sec-Websocket-Version: 13", "this is a WebSocket"},
		{"plain GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426, "Upgrade: websocket", "this is a WebSocket"},
		{"plain GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426, "Connection: Upgrade", ""},
		{"a body", strings.Replace(ws, "\r\n\r\n", "\r\nContent-Length: 3\r\n\r\nabc", 1), 400, "", "a WebSocket handshake has no body\n"},
		{"a chunked body", strings.Replace(ws, "\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 1), 400, "", "a WebSocket handshake has no body\n"},
		{"short key", strings.Replace(ws, "dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", 1), 400, "", "Sec-WebSocket-Key must be"},
		{"refused by Handshake", wstest.Request(addr, "/no"), 403, "", "not here\n"},
		{"foreign", wstest.Request(addr, "/", "Origin: https://evil.example"), 403, "", `pages of "https://evil.example" may not`},
	} {
		response, _ := wstest.Do(t, wstest.DialTCP(t, addr), row.request)
		var header strings.Builder
		response.Header.Write(&header)
		if response.StatusCode != row.status || !strings.Contains(header.String(), row.header) {
			t.Errorf("%s: %s, %q; want %d, %q", row.name, response.Status, header.String(),
				row.status, row.header)
		}
		if row.body == "" { // the answer to HEAD has none, though its length is told
			continue
		}
		if body, _ := io.ReadAll(response.Body); !strings.HasPrefix(string(body), row.body) {
			t.Errorf("%s: %q, want %q", row.name, body, row.body)
		}
	}
}

// Not parallel: it measures the memory of all.
func TestAConnectionDoesNotHoldALongAddress(t *testing.T) {
	const clients, most = 100, 40 << 10 // bytes, the client's side included
	var sockets wsconn.Server
	server := httptest.NewServer(sockets.Handler(
		websocket.Server{Handler: func(ws *websocket.Conn) {
			wsconn.FromConn(ws).Send(wsconn.TextFrame("hello"))
			wsconn.FromConn(ws).ReceiveText()
		}}))
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()
	long := "/?" + strings.Repeat("x", 50_000)
	before := heap()
	for range clients {
		wstest.Dial(t, addr, long).Read()
	}
	if now := heap(); now > before+clients*most {
		t.Errorf("each holds %d bytes, want at most %d", (now-before)/clients, most)
	}
}

func TestTheHandlerSeesWhatTheHandshakeFoundInThePath(t *testing.T) {
	t.Parallel()
	var sockets wsconn.Server
	app := http.NewServeMux()
	app.Handle("/{name}", sockets.Handler(websocket.Server{
		Handshake: func(_ *websocket.Config, r *http.Request) error {
			r.SetPathValue("name", strings.ToUpper(r.PathValue("name")))
			return nil
		},
		Handler: func(ws *websocket.Conn) {
			r := ws.Request()
			wsconn.FromConn(ws).Send(wsconn.TextFrame(fmt.Sprint(r.PathValue("name"), " ",
				r.RequestURI, " ", r.RemoteAddr)))
		},
	}))
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	c := wstest.Dial(t, server.Listener.Addr().String(), "/ann?x=1")
	c.Expect("ANN /ann?x=1 " + c.LocalAddr().String())
	c.ExpectClose()
}

func TestAPanicEndsThatClientAlone(t *testing.T) {
	t.Parallel()
	var sockets wsconn.Server
	server := httptest.NewServer(sockets.Handler(
		websocket.Server{Handler: func(ws *websocket.Conn) {
			message, _ := wsconn.FromConn(ws).ReceiveText()
			panic(message)
		}}))
	t.Cleanup(server.Close)
	first := wstest.Dial(t, server.Listener.Addr().String(), "/")
	second := wstest.Dial(t, server.Listener.Addr().String(), "/")
	for _, c := range []*wstest.Client{first, second} {
		c.Say("oops")
		if got := c.ExpectClose(); got != (wstest.CloseFrame{Code: 1011,
			Reason: "internal error"}) {
			t.Errorf("closed with %+v, want 1011", got)
		}
	}
	if err := sockets.Shutdown(t.Context()); err != nil { // which waits for no handler any more
		t.Error(err)
	}
}

func TestOneTooManyIsRefusedUntilAPlaceIsFree(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newChat(&wsconn.Server{MaxConnections: 2}))
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()
	a, b := wstest.Dial(t, addr, "/ws/1"), wstest.Dial(t, addr, "/ws/2")
	response, _ := wstest.Do(t, wstest.DialTCP(t, addr), wstest.Request(addr, "/ws/3"))
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("the third was answered %s, want 503", response.Status)
	}
	b.SendClose(1000, "")
	b.ExpectClose()
	b.ExpectEnd()
	a.Expect("Client #2 has left the chat")
	response, _ = wstest.Do(t, wstest.DialTCP(t, addr), wstest.Request(addr, "/ws/3"))
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the third was answered %s before TCP had ended, want 503", response.Status)
	}
	b.Close() // its place is free when TCP has ended
	c := b
	for status := 0; status != http.StatusSwitchingProtocols; {
		response, c = wstest.Do(t, wstest.DialTCP(t, addr), wstest.Request(addr, "/ws/3"))
		status = response.StatusCode
	}
	c.Say("in")
	a.Expect("Client #3 says: in")
}
