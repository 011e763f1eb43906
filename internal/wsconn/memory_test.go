package wsconn_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/chat/internal/wstest"
)

// hijackable is a ResponseWriter whose connection can be taken over, as that of net/http.
type hijackable struct {
	*httptest.ResponseRecorder
	conn net.Conn
}

func (w hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.conn, bufio.NewReadWriter(bufio.NewReader(w.conn), bufio.NewWriter(w.conn)), nil
}

// dialMemory opens a WebSocket to handler over a pipe, which holds no bytes at all: each write waits for its read.
func dialMemory(t testing.TB, handler http.Handler) *wstest.Client {
	server, client := net.Pipe()
	r := httptest.NewRequest("GET", "/ws/1", nil)
	r.Header = http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
	go handler.ServeHTTP(hijackable{httptest.NewRecorder(), server}, r)
	_, c, err := wstest.Answer(t, client)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
