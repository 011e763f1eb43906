// Package room is the chat's ConnectionManager for a room that spans many machines. What a client says on one node goes into a JetStream
// stream, and each node tells its own clients what the stream holds, in the stream's order: so all hear the same.
//
// The files, in the order of a message's way: manager.go, publisher.go, wire.go, follower.go, presence.go.
package room

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"example.com/chat"
	"example.com/chat/internal/wsconn"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
	"golang.org/x/time/rate"
)

// Limits and times.
const (
	// DefaultAwayLimit is how long senders wait for a broker that is away: most restarts are over by then.
	DefaultAwayLimit = 30 * time.Second

	beatEvery  = 500 * time.Millisecond // each node says that it is alive
	listEvery  = 20                     // beats: then it lists its clients, for nodes that have come since
	deadAfter  = 14 * time.Second       // of silence: a node cut off for 10 s needs some more to be heard; 15 is what leavings may take
	stillAfter = 2 * time.Second        // without a beat of ours in the stream: then it is the stream that stands still, or we
	graceBeats = 8                      // of ours, in which others must have been heard: after the broker was away, all come back one by one
	deadForget = 24 * time.Hour         // what is known of the dead: a laptop that slept a night sends what it had under way, which is told already
	openLimit  = 60 * time.Second       // for the stream to be there at the start: three nodes need not start at once

	// A node that catches up must not do so faster than its clients read, or they would be cut off as too slow.
	hearRate   = 10 << 20 // bytes a second, which the chat takes for a fair reader's, too
	hearBurst  = 1 << 20  // bytes
	behindCost = 4        // times as slow with what was said while this node was cut off: many megabytes at once, and nobody waits for readers

	// The stream keeps what a node needs to catch up, not the history of the world.
	streamAge   = 2 * time.Minute
	streamBytes = 256 << 20
)

// What clients are told when they are sent away.
var (
	errAway     = errors.New("the chat's nodes cannot reach each other: try again later")
	errLost     = errors.New("what you sent last was lost: try again")
	errStopping = errors.New("the server is shutting down")
)

const (
	cutOff = "this node was cut off, and you were said to have left: try again"
	missed = "this node was cut off for too long and missed messages: try again"
)

// Options say how a room is opened. The zero value is the default of each.
type Options struct {
	Name      string        // of letters, digits, - and _; rooms of different names do not hear each other; "chat"
	Replicas  int           // on so many servers the stream is kept; 0 waits for another node to make it
	AwayLimit time.Duration // see DefaultAwayLimit
}

// Manager is a chat.ConnectionManager whose room spans many nodes (in Python it would be a subclass that overrides broadcast).
type Manager struct {
	*chat.ConnectionManager // the clients of this node

	node     string
	tell     func(message string) error // to the clients of this node
	out      *publisher
	stream   *follower
	presence presence
	pace     *rate.Limiter // of what its clients are told
	behind   bool          // what it tells was said while it was cut off

	mu       sync.Mutex // guards what follows
	clients  map[*wsconn.Conn]*client
	refs     map[uint64]*client
	lastRef  uint64
	leavings map[string]int // texts that the endpoint will broadcast, and Disconnect has told already
}

// client is one connection to this node.
type client struct {
	connection *wsconn.Conn
	join       *item
	admitted   bool // hears the room
	refused    bool // never will
	told       bool // the others have told its leaving: this node was thought dead
}

// Open opens the room over a connection to NATS, and returns when this node takes part in it.
func Open(ctx context.Context, nc *nats.Conn, options Options) (*Manager, error) {
	if options.Name == "" {
		options.Name = "chat"
	}
	if options.AwayLimit == 0 {
		options.AwayLimit = DefaultAwayLimit
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	if err := openStream(ctx, js, options); err != nil {
		return nil, fmt.Errorf("the room cannot be opened: %w", err)
	}
	m := &Manager{
		ConnectionManager: chat.NewConnectionManager(),
		node:              nuid.Next(),
		clients:           map[*wsconn.Conn]*client{},
		refs:              map[uint64]*client{},
		leavings:          map[string]int{},
		pace:              rate.NewLimiter(hearRate, hearBurst),
	}
	m.tell = m.ConnectionManager.Broadcast
	m.presence = presence{nodes: map[string]*node{}}
	m.stream = newFollower(js, options, m)
	m.out = newPublisher(js, m.stream, m.node, options)
	go m.stream.run()
	go m.out.run()
	go m.out.beat()
	select {
	case <-m.stream.caughtUp:
		return m, nil
	case <-ctx.Done():
		m.stop()
		return nil, fmt.Errorf("the room does not answer: %w", ctx.Err())
	}
}

// openStream makes the stream if this node is one to keep it, else waits for it.
func openStream(ctx context.Context, js jetstream.JetStream, options Options) error {
	for said := false; ; said = true {
		err := tryStream(ctx, js, options)
		if err == nil {
			return nil
		}
		if !said {
			slog.Info("waiting for the room's other nodes", "reason", err)
		}
		select {
		case <-time.After(retryEvery):
		case <-ctx.Done():
			return err
		}
	}
}

func tryStream(ctx context.Context, js jetstream.JetStream, options Options) (err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptLimit)
	defer cancel()
	if options.Replicas == 0 {
		_, err = js.Stream(ctx, options.Name)
		return err
	}
	_, err = js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: options.Name, Subjects: []string{subject(options.Name)}, Replicas: options.Replicas,
		MaxAge: streamAge, MaxBytes: streamBytes, Duplicates: streamAge,
	})
	return err
}

func subject(name string) string { return name + ".room" }

// Connect adds a connection once the stream holds that it came: it hears what the stream holds from there on. While the broker is away
// it waits; after the limit the connection is closed with 1013.
func (m *Manager) Connect(connection *wsconn.Conn) (active int) {
	id, _ := strconv.ParseInt(connection.PathValue("client_id"), 10, 64) // the endpoint let nothing else in
	m.mu.Lock()
	m.lastRef++
	c := &client{connection: connection, join: newItem(entry{Kind: joined, Ref: m.lastRef, Client: id})}
	m.clients[connection] = c
	m.refs[m.lastRef] = c
	m.mu.Unlock()

	err := m.out.tell(c.join)

	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil && !c.admitted {
		c.refused = true
		if err == errStopping {
			connection.GoAway(err.Error())
		} else {
			connection.Close(wsconn.TryAgainLater, err.Error())
		}
	}
	return len(m.clients)
}

// admit makes a client hear all that comes after its joining.
func (m *Manager) admit(ref uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.refs[ref]; c != nil && !c.refused {
		m.ConnectionManager.Connect(c.connection)
		c.admitted = true
	}
}

// Disconnect removes a connection and tells its leaving, which must not be lost nor told twice, whatever happens to this node.
func (m *Manager) Disconnect(connection *wsconn.Conn) (active int) {
	m.ConnectionManager.Disconnect(connection)
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.clients[connection]
	delete(m.clients, connection)
	delete(m.refs, c.join.entry.Ref)
	m.leavings[leaving(c.join.entry.Client)]++
	if !c.told {
		m.out.leave(c.join)
	}
	return len(m.clients)
}

// leaving is what the endpoint says of a client that is gone.
func leaving(client int64) string { return fmt.Sprintf("Client #%d has left the chat", client) }

// Broadcast tells message to every connection of every node. It returns when this node's own clients have been told, which is after the
// broker has acknowledged it: so a sender's next message is read only then. An error says that the broker is away for too long.
func (m *Manager) Broadcast(message string) error {
	m.mu.Lock()
	told := m.leavings[message] > 0
	if told {
		if m.leavings[message]--; m.leavings[message] == 0 {
			delete(m.leavings, message)
		}
	}
	m.mu.Unlock()
	if told {
		return nil
	}
	return m.out.tell(newItem(entry{Kind: said, Text: message}))
}

// hear tells this node's clients, and waits when it has told them much at once.
func (m *Manager) hear(message string) {
	cost := len(message)
	if m.behind {
		cost *= behindCost
	}
	m.pace.WaitN(m.stream.ctx, min(cost, hearBurst))
	m.tell(message)
}

// sendAway closes all connections of this node; told if the others have told their leavings.
func (m *Manager) sendAway(reason string, told bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	slog.Warn("sending all clients of this node away", "reason", reason, "clients", len(m.clients))
	for _, c := range m.clients {
		if c.admitted {
			c.told = c.told || told
			c.connection.Close(wsconn.TryAgainLater, reason)
		}
	}
}

// Shutdown closes this node's connections, as that of a [chat.ConnectionManager] does, and lets nobody join any more.
func (m *Manager) Shutdown(ctx context.Context) {
	m.out.stopJoining()
	m.ConnectionManager.Shutdown(ctx)
}

// Leave ends this node's part in the room, when the room knows of all leavings; it is called after Shutdown, and when the endpoint's
// Wait has returned. It returns ctx's error if that comes first.
func (m *Manager) Leave(ctx context.Context) error {
	m.out.farewell(ctx)
	m.stop()
	return ctx.Err()
}

// stop ends at once all that runs.
func (m *Manager) stop() {
	m.out.stop()
	m.stream.stop()
}
