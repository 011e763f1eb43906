// Package room is the chat's room where it spans many machines. What a client says on one node goes
// into a JetStream stream. Each node tells its own clients what the stream holds, in the stream's
// order: so all hear the same.
//
// The files, in the order of a message's way: endpoint.go, room.go, publisher.go, wire.go,
// follower.go, presence.go, leavings.go. open.go finds the stream at the start.
package room

import (
	"context"
	"errors"
	"fmt"
	"log"
	"sync"
	"time"

	"example.com/chat/internal/wsconn"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
	"golang.org/x/time/rate"
)

// Limits and times.
const (
	// DefaultAwayLimit is how long senders wait for a broker that is away: most restarts are over
	// by then.
	DefaultAwayLimit = 30 * time.Second

	beatEvery  = 500 * time.Millisecond // each node says that it is alive
	listEvery  = 20                     // beats: then it lists its clients, for new nodes
	openLimit  = 60 * time.Second       // for the stream to be there: keepers start one by one
	stillAfter = 2 * time.Second        // without a beat of ours: the stream stands still, or we
	graceBeats = 8                      // of ours, in which others are heard when it goes on

	// A silent node is thought dead after this time: if it was cut off for 10 s it needs a moment
	// to be heard, and the telling is to begin within 15.
	deadAfter = 14 * time.Second
	// The dead are remembered: a laptop that slept for a night sends what it had under way.
	deadForget = 24 * time.Hour

	lastLimit = 2 * time.Second // for what is said last, before a shutdown

	// What was said while a node was cut off comes as fast as the broker sends it. Its clients are
	// told slower, because one that reads slower than it is told is cut off.
	catchUpRate  = 2560 << 10 // bytes a second
	catchUpBurst = 256 << 10  // bytes

	// The stream keeps what a node needs to catch up, not the history of the world.
	streamAge   = 2 * time.Minute
	streamBytes = 256 << 20
)

// What clients are told when they are sent away.
var (
	errAway     = errors.New("what you say cannot be stored at the moment: try again later")
	errLost     = errors.New("what you sent last was lost: try again")
	errStopping = errors.New("the server is shutting down")
)

const (
	cutOff = "the others heard nothing from this node, and were told that you left: try again"
	missed = "this node fell too far behind, and missed messages: try again"
)

// Options say how a room is opened. The zero value is the default of each.
type Options struct {
	Name      string        // of letters, digits, - and _: rooms do not hear each other; "chat"
	Replicas  int           // servers that keep the stream; 0 waits for another node to make it
	AwayLimit time.Duration // see DefaultAwayLimit
}

// Room is what this node knows of the room, and its own clients in it.
type Room struct {
	node     string
	out      *publisher
	stream   *follower
	presence presence      // guarded by the follower's order, as what follows
	leavings leavings      // that this node's clients are to be told
	pace     *rate.Limiter // of what was said while this node was cut off
	behind   bool          // what comes now is that

	mu      sync.Mutex         // guards what follows; held while sending, as a ConnectionManager's
	clients map[uint64]*client // of this node, by their number
	lastRef uint64
}

// client is one connection to this node.
type client struct {
	connection *wsconn.Conn
	join       *item
	admitted   bool // hears the room
	told       bool // the others have told its leaving: this node was thought dead
}

// Open opens the room over a connection to NATS, and returns when this node takes part in it.
func Open(ctx context.Context, nc *nats.Conn, options Options) (*Room, error) {
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
	r := &Room{
		node:    nuid.Next(),
		clients: map[uint64]*client{},
		pace:    rate.NewLimiter(catchUpRate, catchUpBurst),
	}
	r.presence = presence{nodes: map[string]*node{}}
	r.stream = newFollower(js, options, r)
	r.out = newPublisher(js, r.stream, r.node, options)
	go r.stream.run()
	go r.out.run()
	go r.out.beat()
	select {
	case <-r.stream.caughtUp:
		return r, nil
	case <-ctx.Done():
		r.stop()
		return nil, fmt.Errorf("the room does not answer: %w", ctx.Err())
	}
}

// newClient is a client that has not joined yet.
func newClient(id int64, connection *wsconn.Conn) *client {
	return &client{connection: connection, join: newItem(entry{Kind: joined, Client: id})}
}

// join waits until the stream holds that a client came. It hears what the stream holds from there
// on.
func (r *Room) join(c *client) error {
	err := r.number(c)
	if err == nil {
		err = <-c.join.done
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.admitted { // after all: the stream had it, and this node gave it up at the same moment
		return nil
	}
	delete(r.clients, c.join.entry.Ref) // nor will it be admitted
	return err
}

// number gives a client its number and queues its joining, under one lock: the stream holds
// joinings in the order of their numbers.
func (r *Room) number(c *client) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lastRef++
	c.join.entry.Ref = r.lastRef
	r.clients[r.lastRef] = c
	return r.out.enqueue(c.join)
}

// admit accepts a client, which hears all that comes after its joining.
func (r *Room) admit(ref uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.clients[ref]; c != nil {
		c.connection.Accept()
		c.admitted = true
	}
}

// leave removes a client and tells its leaving. That is not lost nor told twice, whatever happens
// to this node.
func (r *Room) leave(c *client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.clients, c.join.entry.Ref)
	if !c.told {
		r.out.leave(c.join)
	}
}

// leaving is what is told of a client that is gone.
func leaving(client int64) string { return fmt.Sprintf("Client #%d has left the chat", client) }

// tell tells message to every client of every node. It returns when this node's own have been told,
// which is after the stream has it: a sender's next message is read only then.
func (r *Room) tell(message string) error {
	return r.out.tell(newItem(entry{Kind: said, Text: message}))
}

// hear tells messages to this node's clients, together.
func (r *Room) hear(messages ...string) {
	frames := make([]*wsconn.Frame, len(messages))
	for i, message := range messages {
		if r.behind {
			r.pace.WaitN(r.stream.ctx, min(len(message), catchUpBurst))
		}
		frames[i] = wsconn.TextFrame(message)
	}
	all := wsconn.Together(frames...) // encoded once, shared by all
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.clients {
		if c.admitted {
			c.connection.Send(all)
		}
	}
}

// begin takes part in another stream than before, of which this node knows itself alone.
func (r *Room) begin() {
	r.presence = presence{nodes: map[string]*node{r.node: r.presence.node(r.node)}}
	r.leavings = leavings{}
	r.sendAway(missed, false)
}

// sendAway closes all connections of this node; told if the others have told their leavings.
func (r *Room) sendAway(reason string, told bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	log.Printf("sending all %d clients of this node away: %s", len(r.clients), reason)
	for _, c := range r.clients {
		if c.admitted {
			c.told = c.told || told
			c.connection.Close(wsconn.TryAgainLater, reason)
		}
	}
}

// StopWaiting is called at the beginning of a shutdown, which waits for all handlers. Nobody joins
// any more. While the broker is away, whoever speaks waits for a moment only, so that everybody
// gets a close.
func (r *Room) StopWaiting() {
	r.out.stopJoining()
	time.AfterFunc(lastLimit, func() { r.out.fail(errStopping) })
}

// Leave ends this node's part in the room when the room knows of all leavings, or when ctx is done.
// It is called when all connections have ended.
func (r *Room) Leave(ctx context.Context) {
	if err := r.out.farewell(ctx); err != nil {
		log.Printf("the room does not answer, the other nodes will tell who left: %v", err)
	}
	r.stop()
}

// stop ends at once all that runs.
func (r *Room) stop() {
	r.out.stop()
	r.stream.stop()
}
