// Package chat is FastAPI's WebSocket chat in Go. Read it beside fastapi/main.py: this file has the same pieces in the same order,
// and main.go is what uvicorn is to that program.
//
// Each client has a number. What it writes is answered with "You wrote: ..." and told to everyone as "Client #... says: ...";
// when it is gone, everyone else is told "Client #... has left the chat".
package chat

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"example.com/chat/internal/wsconn"
	"golang.org/x/net/websocket"
)

//go:embed index.html static
var files embed.FS

// Manager is what the endpoint needs of a [ConnectionManager].
type Manager interface {
	Connect(connection *wsconn.Conn) (active int)
	Disconnect(connection *wsconn.Conn) (active int)
	SendPersonalMessage(message string, connection *wsconn.Conn)
	Broadcast(message string) error // an error closes the sender with 1013, try again later
}

// ConnectionManager knows who is connected (class ConnectionManager). Its methods may be called from many goroutines at once, and none
// of them waits for a client.
type ConnectionManager struct {
	mu                sync.Mutex // guards activeConnections and closed, and holds everyone to one order of messages
	activeConnections map[*wsconn.Conn]bool
	closed            bool       // Shutdown was called
	messages          wsconn.Log // all broadcasts; each connection reads it at its own speed
}

// NewConnectionManager returns a manager of no connections (manager = ConnectionManager()).
func NewConnectionManager() *ConnectionManager {
	return &ConnectionManager{activeConnections: make(map[*wsconn.Conn]bool)}
}

// Connect adds a connection, which hears every broadcast from now on, and returns how many there are then.
func (m *ConnectionManager) Connect(connection *wsconn.Conn) (active int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		connection.GoAway(shuttingDown)
		return len(m.activeConnections)
	}
	connection.Follow(&m.messages)
	m.activeConnections[connection] = true
	return len(m.activeConnections)
}

// Disconnect removes a connection and returns how many are left.
func (m *ConnectionManager) Disconnect(connection *wsconn.Conn) (active int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.activeConnections, connection)
	return len(m.activeConnections)
}

// SendPersonalMessage sends message to one connection.
func (m *ConnectionManager) SendPersonalMessage(message string, connection *wsconn.Conn) {
	connection.Send(message)
}

// Broadcast sends message to every connection. One that is too slow to keep up is closed with 1008; nobody waits for it. Within one
// process nothing can fail, and the error is nil.
func (m *ConnectionManager) Broadcast(message string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages.Append(message)
	for connection := range m.activeConnections {
		connection.Flush()
	}
	return nil
}

const shuttingDown = "the server is shutting down"

// Shutdown sends every connection what was said so far and then a close with 1001 (what uvicorn does when it is stopped), as it does
// then to whoever still connects. It waits, until ctx is done, for messages that are just being told; the endpoint's Wait
// waits for the closes.
func (m *ConnectionManager) Shutdown(ctx context.Context) {
	m.mu.Lock()
	m.closed = true
	var connections []*wsconn.Conn
	for connection := range m.activeConnections {
		connections = append(connections, connection)
	}
	m.mu.Unlock()

	// Only when the last message in anybody's hands has been told may the first close be queued.
	for _, connection := range connections {
		connection.Pause(ctx)
	}
	m.mu.Lock()
	clear(m.activeConnections) // nobody hears of each leaving, for everyone leaves
	for _, connection := range connections {
		connection.GoAway(shuttingDown)
	}
	m.mu.Unlock()
}

// Page serves the page at / and what it loads at /static/ (@app.get("/") and StaticFiles).
func Page() http.Handler {
	version := sha256.New() // of all files: browsers ask again each time, and are sent only what is new
	fs.WalkDir(files, ".", func(name string, _ fs.DirEntry, _ error) error {
		content, _ := files.ReadFile(name)
		version.Write(content)
		return nil
	})
	etag := fmt.Sprintf("%q", hex.EncodeToString(version.Sum(nil)[:8]))

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		if name == "" {
			name = "index.html"
		}
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("ETag", etag)
		w.Header().Set("Content-Security-Policy", contentSecurityPolicy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		http.ServeFileFS(w, r, files, name)
	})
}

// contentSecurityPolicy: the page loads what this server embeds and talks to this server, and nothing else (data: is for Bootstrap's icons).
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Options say who may connect to [WebSocketEndpoint]; see there.
type Options = wsconn.Options

// DefaultMaxConnections is how many may be connected at once unless Options say otherwise.
const DefaultMaxConnections = wsconn.DefaultMaxConnections

// WebSocketEndpoint is the chat itself (@app.websocket("/ws/{client_id}")). It must be mounted at a pattern with {client_id}. It
// returns an error for an origin in options that does not parse.
func WebSocketEndpoint(manager Manager, options Options) (*wsconn.Handler, error) {
	return wsconn.NewHandler(websocket.Server{
		Handshake: func(_ *websocket.Config, r *http.Request) error {
			_, err := clientID(r)
			return err
		},
		Handler: func(ws *websocket.Conn) {
			id, _ := clientID(ws.Request())
			connection := wsconn.Accept(ws)
			logClient("client connected", id, connection, manager.Connect(connection))
			var err error
			defer func() { // except WebSocketDisconnect; deferred, so that a panic does not skip it
				logClient("client disconnected", id, connection, manager.Disconnect(connection), "reason", err)
				manager.Broadcast(fmt.Sprintf("Client #%d has left the chat", id))
			}()
			for {
				var data string
				if data, err = connection.ReceiveText(); err != nil {
					return
				}
				manager.SendPersonalMessage("You wrote: "+data, connection)
				if err = manager.Broadcast(fmt.Sprintf("Client #%d says: %s", id, data)); err != nil {
					connection.Close(wsconn.TryAgainLater, err.Error())
					return
				}
			}
		},
	}, options)
}

func logClient(event string, id int64, connection *wsconn.Conn, active int, more ...any) {
	slog.Info(event, append([]any{"id", id, "remote", connection.RemoteAddr(), "connected", active}, more...)...)
}

// clientID is client_id: int.
func clientID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("client_id"), 10, 64)
	if err != nil {
		return 0, errors.New("the client's id must be an integer of 64 bits, as in /ws/42")
	}
	return id, nil
}
