// Package chat is FastAPI's WebSocket chat in Go. Read it beside fastapi/main.py: this file has that program's pieces in their order,
// and marks with "Go only" what has no counterpart there. The routes are in main.go, with what uvicorn does.
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
	"log"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"example.com/chat/internal/wsconn"
	"golang.org/x/net/websocket"
)

//go:embed index.html static
var files embed.FS

// Manager is what the endpoint needs of a [ConnectionManager]. (Go only: like a typing.Protocol, so that cluster/ can bring a manager
// of its own, which overrides Broadcast.)
type Manager interface {
	Connect(connection *wsconn.Conn) (active int)
	Disconnect(connection *wsconn.Conn) (active int)
	SendPersonalMessage(message string, connection *wsconn.Conn)
	Broadcast(message string) error // an error closes the sender with 1013, try again later
}

// ConnectionManager knows who is connected (class ConnectionManager). Many goroutines call its methods, truly at once.
type ConnectionManager struct {
	mu                sync.Mutex            // guards all of these; one Broadcast at a time also means one order for everyone
	activeConnections map[*wsconn.Conn]bool // a set: the bool is always true
	messages          wsconn.Log            // broadcasts that somebody still has to be sent; what all have is freed
	closed            bool                  // Shutdown was called
}

// NewConnectionManager returns a manager of no connections (manager = ConnectionManager()).
func NewConnectionManager() *ConnectionManager {
	return &ConnectionManager{activeConnections: make(map[*wsconn.Conn]bool)}
}

// Connect adds a connection, which hears every broadcast from now on, and returns how many there are then. Its 101 goes out here,
// too (accept and append): from that on, a client misses nothing.
func (m *ConnectionManager) Connect(connection *wsconn.Conn) (active int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		connection.GoAway(shuttingDown) // its first ReceiveText returns the error
		return len(m.activeConnections)
	}
	connection.Follow(&m.messages) // sends the 101
	m.activeConnections[connection] = true
	return len(m.activeConnections)
}

// Disconnect removes a connection and returns how many are left. Twice is no error; Python's list.remove
// would raise a ValueError.
func (m *ConnectionManager) Disconnect(connection *wsconn.Conn) (active int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.activeConnections, connection)
	return len(m.activeConnections)
}

// SendPersonalMessage queues message for one connection, and does not wait until it is sent.
func (m *ConnectionManager) SendPersonalMessage(message string, connection *wsconn.Conn) {
	connection.Send(message)
}

// Broadcast queues message for every connection, and does not wait until it is sent. A client that cannot keep up is closed with
// 1008; until then whoever speaks waits for it a moment, in ReceiveText, under 100 ms if it does not read. The error is always nil: in one
// process nothing can fail.
func (m *ConnectionManager) Broadcast(message string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages.Append(message) // once for all, not once for each
	for connection := range m.activeConnections {
		connection.Flush() // has it sent what it has not had yet
	}
	return nil
}

const shuttingDown = "the server is shutting down"

// Shutdown has every connection sent all that was said, and then a close with 1001. The endpoint's Wait waits until that is done. (Go
// only: a client of FastAPI sees nothing but its connection break.)
func (m *ConnectionManager) Shutdown(ctx context.Context) {
	// 1. Let nobody in any more.
	m.mu.Lock()
	m.closed = true
	connections := slices.Collect(maps.Keys(m.activeConnections))
	m.mu.Unlock()

	// 2. Let each handler finish with the message that it has received; without the lock, which its Broadcast needs.
	for _, connection := range connections {
		connection.StopReceiving(ctx)
	}

	// 3. Queue the close, last. Everyone leaves, so nobody is told of each leaving: the room is empty.
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.activeConnections)
	for _, connection := range connections {
		connection.GoAway(shuttingDown)
	}
}

// Page serves the page at / and what it loads at /static/ (@app.get("/") and StaticFiles).
func Page() http.Handler {
	// One ETag for all files, a hash of them: a browser asks again each time, and is sent them only after one has changed.
	version := sha256.New()
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

// Options say who may connect to [WebSocketEndpoint], and how many, and how much they may send at once.
type Options = wsconn.Options

// DefaultMaxConnections is how many may be connected at once unless Options say otherwise.
const DefaultMaxConnections = wsconn.DefaultMaxConnections

// WebSocketEndpoint is the chat itself (@app.websocket("/ws/{client_id}")). It must be mounted at a pattern with {client_id}. It
// returns an error for an origin in options that does not parse.
func WebSocketEndpoint(manager Manager, options Options) (*wsconn.Handler, error) {
	return wsconn.NewHandler(websocket.Server{
		// Before the 101: an id that is none is refused with 403, as FastAPI does.
		Handshake: func(_ *websocket.Config, r *http.Request) error {
			_, err := clientID(r)
			return err
		},
		Handler: func(ws *websocket.Conn) {
			id, _ := clientID(ws.Request()) // which was one in Handshake
			connection := wsconn.Accept(ws)
			active := manager.Connect(connection)
			logClient("client connected", id, connection, active, nil)

			var err error  // why the loop below ends; out here, for the deferred function to see it
			defer func() { // except WebSocketDisconnect; like finally, it runs however this function ends
				active := manager.Disconnect(connection)
				logClient("client disconnected", id, connection, active, err)
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

func logClient(event string, id int64, connection *wsconn.Conn, active int, reason error) {
	why := ""
	if reason != nil {
		why = fmt.Sprintf(" reason=%q", reason)
	}
	// Not log/slog, for which each connection's stack would grow from 4 to 8 KB.
	log.Printf("%s id=%d remote=%s connected=%d%s", event, id, connection.RemoteAddr(), active, why)
}

// clientID is client_id: int.
func clientID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("client_id"), 10, 64)
	if err != nil {
		return 0, errors.New("the client's id must be an integer of 64 bits, as in /ws/42")
	}
	return id, nil
}
