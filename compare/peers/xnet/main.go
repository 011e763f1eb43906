// The FastAPI demo carried to golang.org/x/net/websocket line for line: a
// broadcast sends to each connection in turn, under the lock.
package main

import (
	"net/http"
	"slices"
	"sync"

	"golang.org/x/net/websocket"

	"example.com/chat/compare/peers/peer"
)

type connectionManager struct {
	mu                sync.Mutex
	activeConnections []*websocket.Conn
}

func (m *connectionManager) connect(ws *websocket.Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.activeConnections = append(m.activeConnections, ws)
}

func (m *connectionManager) disconnect(ws *websocket.Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.Index(m.activeConnections, ws)
	m.activeConnections = slices.Delete(m.activeConnections, i, i+1)
}

func (m *connectionManager) broadcast(message []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, connection := range m.activeConnections {
		_ = websocket.Message.Send(connection, string(message)) // its own Receive sees the error too
	}
}

func (m *connectionManager) chat(ws *websocket.Conn, clientID int64) {
	m.connect(ws)
	for {
		var data string
		if err := websocket.Message.Receive(ws, &data); err != nil {
			break
		}
		_ = websocket.Message.Send(ws, string(peer.Personal([]byte(data))))
		m.broadcast(peer.Says(clientID, []byte(data)))
	}
	m.disconnect(ws)
	m.broadcast(peer.Left(clientID))
}

func main() {
	manager := &connectionManager{}
	peer.Run(func(w http.ResponseWriter, r *http.Request, clientID int64) {
		websocket.Server{Handler: func(ws *websocket.Conn) {
			ws.MaxPayloadBytes = peer.MaxMessage
			manager.chat(ws, clientID)
		}}.ServeHTTP(w, r)
	})
}
