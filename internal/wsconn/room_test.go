package wsconn_test

import (
	"fmt"
	"net/http"
	"slices"

	"example.com/chat/internal/wsconn"
	"golang.org/x/net/websocket"
)

// room is a chat for these tests. Its lock is a channel: while somebody waits for a mutex,
// synctest's clock stands still.
type room struct {
	lock    chan bool // holds a value while somebody has the lock
	members []*wsconn.Conn
}

// newChat returns a new room's endpoint, at /ws/{client_id} on server.
func newChat(server *wsconn.Server) http.Handler {
	r := &room{lock: make(chan bool, 1)}
	app := http.NewServeMux()
	app.Handle("/ws/{client_id}", server.Handler(websocket.Server{Handler: r.serve}))
	return app
}

// locked runs f while it has the lock.
func (r *room) locked(f func()) {
	r.lock <- true
	defer func() { <-r.lock }()
	f()
}

func (r *room) broadcast(format string, args ...any) {
	frame := wsconn.TextFrame(fmt.Sprintf(format, args...))
	r.locked(func() {
		for _, c := range r.members {
			c.Send(frame)
		}
	})
}

func (r *room) serve(ws *websocket.Conn) {
	id := ws.Request().PathValue("client_id")
	c := wsconn.FromConn(ws)
	r.locked(func() {
		c.Accept()
		r.members = append(r.members, c)
	})
	defer func() {
		r.locked(func() {
			r.members = slices.DeleteFunc(r.members, func(m *wsconn.Conn) bool { return m == c })
		})
		r.broadcast("Client #%s has left the chat", id)
	}()
	for {
		message, err := c.ReceiveText()
		if err != nil {
			return
		}
		c.Send(wsconn.TextFrame("You wrote: " + message))
		r.broadcast("Client #%s says: %s", id, message)
	}
}
