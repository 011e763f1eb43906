package questions

import (
	"bufio"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
	"golang.org/x/net/websocket"
)

func TestXNetSendsThe101BeforeTheHandlerRunsAndWsconnWhenItAccepts(t *testing.T) {
	for _, c := range []struct {
		name, startedBy string
		serve           func(websocket.Handler) http.Handler
		answersAtOnce   bool
	}{
		{"x/net", "/net/http/server.go", func(h websocket.Handler) http.Handler { return h }, true},
		{"wsconn", "/internal/wsconn/server.go", func(h websocket.Handler) http.Handler {
			return new(wsconn.Server).Handler(websocket.Server{Handler: h})
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			stack, accept := make(chan string, 1), make(chan struct{})
			server := httptest.NewServer(c.serve(func(ws *websocket.Conn) {
				stack <- string(debug.Stack())
				<-accept
				if c.name == "wsconn" {
					wsconn.FromConn(ws).Accept()
				}
			}))
			t.Cleanup(server.Close)
			addr := server.Listener.Addr().String()
			conn := wstest.DialTCP(t, addr)
			conn.Write([]byte(wstest.Request(addr, "/", "Origin: http://"+addr)))
			_, created, _ := strings.Cut(<-stack, "created by ")
			if !strings.Contains(created, c.startedBy) {
				t.Errorf("the handler's goroutine is created by %s", created)
			}
			answer := bufio.NewReader(conn)
			conn.SetReadDeadline(time.Now().Add(time.Second))
			_, err := answer.Peek(1)
			if early := !errors.Is(err, os.ErrDeadlineExceeded); early != c.answersAtOnce {
				t.Errorf("while the handler waits, the client reads: %v", err)
			}
			close(accept)
			conn.SetReadDeadline(time.Now().Add(wstest.Patience))
			response, err := http.ReadResponse(answer, nil)
			if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
				t.Errorf("%v, %v; want a 101", response, err)
			}
		})
	}
}
