package room

import (
	"context"
	"errors"
	"log"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	lookBack   = 30 * time.Second // before its start a node reads for who is there: each has listed its clients several times
	pullBytes  = 8 << 20          // asked for at a time: many batches, and all that a node holds of the stream
	pullExpiry = 30 * time.Second
	pullBeat   = time.Second     // twice as long without a sign: the consumer is made anew
	stallLimit = 3 * time.Second // from an acknowledgement to its message here; then it is made anew, too
)

var errReplaced = errors.New("the broker has lost the room, and begun another")

// follower reads the stream in its order, each message once, whatever happens to the consumers that it reads with.
type follower struct {
	js       jetstream.JetStream
	name     string
	room     *Room
	caughtUp chan struct{} // closed when this node has seen a batch of its own
	ctx      context.Context
	stop     context.CancelFunc

	mu       sync.Mutex // guards what follows, and holds the messages to their order
	made     time.Time  // when the stream was made: another than it was has another time, whatever its sequences
	reader   string     // the consumer that is read with
	last     uint64     // sequence of the last message
	until    uint64     // sequence of the last one that was there when reading began anew
	expected uint64     // sequence of the last one acknowledged to this node
	replaced bool       // the stream is another one than it was
}

func newFollower(js jetstream.JetStream, options Options, r *Room) *follower {
	f := &follower{js: js, name: options.Name, room: r, caughtUp: make(chan struct{})}
	f.ctx, f.stop = context.WithCancel(context.Background())
	return f
}

// run follows with one consumer after the other.
func (f *follower) run() {
	for f.ctx.Err() == nil {
		if err := f.follow(); err != nil && f.ctx.Err() == nil {
			log.Printf("reading the room anew: %v", err)
		}
		select {
		case <-time.After(retryEvery):
		case <-f.ctx.Done():
		}
	}
}

// follow reads with one consumer, from after the last message until nothing comes of what should.
func (f *follower) follow() error {
	if err := f.recognise(); err != nil && err != errReplaced {
		return err
	}
	ctx, cancel := context.WithTimeout(f.ctx, attemptLimit)
	defer cancel()
	consumer, err := f.js.OrderedConsumer(ctx, f.name, f.start())
	if err != nil {
		return err
	}
	if err := f.recognise(); err != nil {
		return err
	}
	f.readWith(consumer.CachedInfo().Name)
	remade := make(chan struct{}, 1)
	reading, err := consumer.Consume(func(msg jetstream.Msg) {
		if !f.take(msg) {
			select {
			case remade <- struct{}{}:
			default:
			}
		}
	}, jetstream.PullMaxBytes(pullBytes), jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullBeat))
	if err != nil {
		return err
	}
	defer reading.Stop()

	check := time.NewTicker(stallLimit)
	defer check.Stop()
	for before := uint64(0); ; {
		select {
		case <-check.C:
		case <-remade:
			return errors.New("the broker was away")
		case <-f.ctx.Done():
			return nil
		}
		if before, err = f.progress(before); err != nil {
			return err
		}
	}
}

// recognise looks whether the stream is the one that was read so far. With a consumer made before, that one is this stream's, too.
func (f *follower) recognise() error {
	ctx, cancel := context.WithTimeout(f.ctx, attemptLimit)
	defer cancel()
	stream, err := f.js.Stream(ctx, f.name)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	made := stream.CachedInfo().Created
	f.replaced = f.replaced || !f.made.IsZero() && !made.Equal(f.made)
	f.made = made
	if f.replaced {
		return errReplaced
	}
	f.until = 0
	if f.last > 0 { // else no client is here yet to hear it
		f.until = stream.CachedInfo().State.LastSeq
	}
	return nil
}

func (f *follower) readWith(consumer string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reader = consumer
}

// start is where a new consumer begins.
func (f *follower) start() jetstream.OrderedConsumerConfig {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.replaced {
		f.replaced, f.last, f.expected = false, 0, 0
		f.room.presence = presence{nodes: map[string]*node{f.room.node: f.room.presence.node(f.room.node)}}
		f.room.sendAway(missed, false)
	}
	if f.last > 0 {
		return jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: f.last + 1}
	}
	begin := time.Now().Add(-lookBack)
	return jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &begin}
}

// progress says what has come since before, or why to read anew.
func (f *follower) progress(before uint64) (last uint64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.replaced:
		return 0, errReplaced
	case f.expected > f.last && f.last == before:
		return 0, errors.New("nothing comes of what is there")
	}
	return f.last, nil
}

// heard is the sequence of the last message.
func (f *follower) heard() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

// expect is told what the broker has acknowledged.
func (f *follower) expect(sequence uint64, replaced bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.expected, f.replaced = sequence, f.replaced || replaced
}

// take takes one message, if it is the next. It reports false for one of a consumer that NATS made anew by itself, when it was cut off:
// that may read another stream.
func (f *follower) take(msg jetstream.Msg) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	meta, err := msg.Metadata()
	switch {
	case err != nil || f.replaced || f.ctx.Err() != nil:
		return true
	case meta.Consumer != f.reader:
		return false
	case meta.Sequence.Stream <= f.last:
		return true // here already
	}
	if f.last > 0 && meta.Sequence.Stream != f.last+1 {
		f.room.missed() // the stream has let go of what this node was to hear
	}
	f.last = meta.Sequence.Stream
	b, err := decode(msg.Data())
	if err != nil {
		log.Printf("a message of the room cannot be read: sequence=%d: %v", f.last, err)
		return true
	}
	f.room.behind = f.last <= f.until
	f.room.take(&b, meta.Timestamp)
	if b.Node == f.room.node {
		f.open()
	}
	return true
}

// open lets clients in.
func (f *follower) open() {
	select {
	case <-f.caughtUp:
	default:
		close(f.caughtUp)
	}
}
