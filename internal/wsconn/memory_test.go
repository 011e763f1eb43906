package wsconn_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

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

// side is one side of a connection in memory. Its two directions end one by one, as those of TCP
// do.
type side struct {
	net.Conn // for reading
	out      net.Conn
}

func sides() (a, b side) {
	in1, out1 := net.Pipe()
	in2, out2 := net.Pipe()
	return side{in1, out2}, side{in2, out1}
}

func (s side) Write(p []byte) (int, error)        { return s.out.Write(p) }
func (s side) SetWriteDeadline(t time.Time) error { return s.out.SetWriteDeadline(t) }
func (s side) CloseWrite() error                  { return s.out.Close() }
func (s side) Close() error                       { s.out.Close(); return s.Conn.Close() }

// dialMemory opens a WebSocket to handler over what holds no bytes at all: each write waits for its
// read.
func dialMemory(t testing.TB, handler http.Handler) *wstest.Client {
	server, client := sides()
	r := httptest.NewRequest("GET", "/ws/1", nil)
	r.Header = http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"},
		"Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key":     {"dGhlIHNhbXBsZSBub25jZQ=="}}
	go handler.ServeHTTP(hijackable{httptest.NewRecorder(), server}, r)
	_, c, err := wstest.Answer(t, client)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
