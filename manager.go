// Package chat is FastAPI's WebSocket chat in Go. Read it beside fastapi/main.py: each line of its
// class and of its endpoint has its line here, in the same order, but for what is deferred.
//
// Three calls may wait, as await does: ReceiveText for the next message, Send for a client that is
// far behind, but not for long, and Lock for whoever has the lock.
package chat

import (
	"embed"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"example.com/chat/internal/page"
	"example.com/chat/internal/wsconn"
	"golang.org/x/net/websocket"
)

//go:embed index.html static
var files embed.FS

// ConnectionManager knows who is connected (class ConnectionManager). The zero value is ready. Its
// methods are called by many goroutines, which truly run at the same time.
type ConnectionManager struct {
	mu                sync.Mutex // guards activeConnections; held while sending: all hear one order
	activeConnections []*wsconn.Conn
}

// Connect accepts a connection, which hears every broadcast from now on.
func (m *ConnectionManager) Connect(connection *wsconn.Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	connection.Accept()
	m.activeConnections = append(m.activeConnections, connection)
}

// Disconnect removes a connection. It panics if that is not in the list, where Python's remove
// raises ValueError.
func (m *ConnectionManager) Disconnect(connection *wsconn.Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.Index(m.activeConnections, connection)
	m.activeConnections = slices.Delete(m.activeConnections, i, i+1)
}

// SendPersonalMessage sends message to one connection.
func (m *ConnectionManager) SendPersonalMessage(message string, connection *wsconn.Conn) {
	connection.Send(wsconn.TextFrame(message))
}

// Broadcast sends message to every connection. While one of them is far behind, Send waits for it a
// moment, and whoever else wants the lock waits, too: this is the room's backpressure.
func (m *ConnectionManager) Broadcast(message string) {
	frame := wsconn.TextFrame(message) // encoded once, shared by all
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, connection := range m.activeConnections {
		connection.Send(frame)
	}
}

// App returns the routes of a new chat (app = FastAPI()). server says who may connect.
func App(server *wsconn.Server) *http.ServeMux {
	app := http.NewServeMux()
	pages := page.Handler(files)
	app.Handle("GET /static/{file}", pages)
	app.Handle("GET /favicon.ico", pages)

	manager := &ConnectionManager{}
	app.Handle("GET /{$}", pages) // {$}: this path only, not all that begin with it
	app.Handle("/ws/{client_id}", server.Handler(websocket.Server{
		Handshake: checkClientID,
		Handler:   func(ws *websocket.Conn) { websocketEndpoint(ws, manager) },
	}))
	return app
}

// checkClientID is client_id: int. It runs before the 101: its error refuses the client with 403.
func checkClientID(_ *websocket.Config, r *http.Request) error {
	clientID, err := strconv.ParseInt(r.PathValue("client_id"), 10, 64)
	if err != nil {
		return errors.New("the client's id must be an integer of 64 bits, as in /ws/42")
	}
	r.SetPathValue("client_id", strconv.FormatInt(clientID, 10)) // 007 is 7
	return nil
}

// websocketEndpoint serves one client. It runs in a goroutine of its own, and returns when the
// client is gone.
func websocketEndpoint(ws *websocket.Conn, manager *ConnectionManager) {
	clientID := ws.Request().PathValue("client_id")
	connection := wsconn.FromConn(ws) // with an outgoing queue, so that a slow client stops nobody
	manager.Connect(connection)
	defer func() { // runs however the function ends, like finally: a panic is a leaving, too
		manager.Disconnect(connection)
		manager.Broadcast(fmt.Sprintf("Client #%s has left the chat", clientID))
	}()
	for {
		data, err := connection.ReceiveText()
		if err != nil { // except WebSocketDisconnect
			return
		}
		manager.SendPersonalMessage(fmt.Sprintf("You wrote: %s", data), connection)
		manager.Broadcast(fmt.Sprintf("Client #%s says: %s", clientID, data))
	}
}
