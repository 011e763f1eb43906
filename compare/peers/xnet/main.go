// The FastAPI demo carried to golang.org/x/net/websocket line for line: what a first version in Go
// looks like, with all that is wrong with it.
package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"

	"golang.org/x/net/websocket"

	"example.com/chat/compare/peers/peer"
)

type ConnectionManager struct {
	mu                sync.Mutex
	activeConnections []*websocket.Conn
}

func (m *ConnectionManager) Connect(ws *websocket.Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.activeConnections = append(m.activeConnections, ws)
}

func (m *ConnectionManager) Disconnect(ws *websocket.Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.Index(m.activeConnections, ws)
	m.activeConnections = slices.Delete(m.activeConnections, i, i+1)
}

func (m *ConnectionManager) SendPersonalMessage(message string, ws *websocket.Conn) {
	_ = websocket.Message.Send(ws, message) // if it fails, the next Receive does, too
}

func (m *ConnectionManager) Broadcast(message string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, connection := range m.activeConnections {
		_ = websocket.Message.Send(connection, message)
	}
}

var manager ConnectionManager

func websocketEndpoint(ws *websocket.Conn, clientID int64) {
	manager.Connect(ws)
	for {
		var data string
		if err := websocket.Message.Receive(ws, &data); err != nil {
			break
		}
		manager.SendPersonalMessage(fmt.Sprintf("You wrote: %s", data), ws)
		manager.Broadcast(fmt.Sprintf("Client #%d says: %s", clientID, data))
	}
	manager.Disconnect(ws)
	manager.Broadcast(fmt.Sprintf("Client #%d has left the chat", clientID))
}

func main() {
	peer.Run(func(w http.ResponseWriter, r *http.Request, clientID int64) {
		endpoint := func(ws *websocket.Conn) { websocketEndpoint(ws, clientID) }
		websocket.Server{Handler: endpoint}.ServeHTTP(w, r)
	})
}
