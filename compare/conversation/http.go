package conversation

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"example.com/chat/compare/servers"
)

// Request sends an HTTP request as it is written, but for its Host and the
// end of its head, and returns the answer.
func Request(t testing.TB, s *servers.Server, lines ...string) *http.Response {
	t.Helper()
	response, err := RequestWithin(t, s, Limit, lines...)
	if err != nil {
		t.Fatalf("%s: %s: %v", s.Name, lines[0], err)
	}
	return response
}

// RequestWithin is Request that returns an error when no answer came in time.
func RequestWithin(
	t testing.TB, s *servers.Server, limit time.Duration, lines ...string,
) (*http.Response, error) {
	t.Helper()
	conn := Dial(t, s)
	conn.SetDeadline(time.Now().Add(limit))
	fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: %s\r\n", lines[0], s.Addr)
	for _, line := range lines[1:] {
		fmt.Fprintf(conn, "%s\r\n", line)
	}
	fmt.Fprint(conn, "\r\n")
	var method string
	fmt.Sscan(lines[0], &method)
	return http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
}

// Dial opens a TCP connection to the server, and sends nothing.
func Dial(t testing.TB, s *servers.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// Upgrade is the head of an upgrade, for Request.
func Upgrade(path string, more ...string) []string {
	return append([]string{
		"GET " + path, "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
	}, more...)
}
