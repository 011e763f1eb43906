package room

import (
	"context"
	"errors"
	"log"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A node that starts reads what was said before. In that time each node has listed its clients
// several times, and the leavings of 50,000 clients are told.
const lookBack = 100 * time.Second

const (
	pullBytes  = 8 << 20 // asked for at a time: many batches
	pullExpiry = 30 * time.Second
	pullBeat   = time.Second     // twice as long without a sign: the consumer is made anew
	stallLimit = 3 * time.Second // without what was acknowledged: then it is made anew, too
	lookEvery  = time.Second     // for a stall
)

var (
	errReplaced = errors.New("the broker has lost the room, and begun another")
	errStalled  = errors.New("what the broker acknowledged does not come")
	errRemade   = errors.New("the broker was away")
)

// follower reads the stream in its order, each message once, whatever happens to the consumers that
// it reads with.
type follower struct {
	js       jetstream.JetStream
	name     string
	room     *Room
	caughtUp chan struct{} // closed when this node has seen a batch of its own
	ctx      context.Context
	stop     context.CancelFunc

	order sync.Mutex // held while a message is taken and told: guards room.presence

	mu       sync.Mutex // guards what follows, for a moment: whoever publishes must not wait
	made     time.Time  // when the stream was made: another one has another time
	newest   time.Time  // when its last message came, by its own clock
	reader   string     // the consumer that is read with
	last     uint64     // sequence of the last message
	until    uint64     // sequence of the last one that was there when reading began anew
	expected uint64     // sequence of the last one acknowledged to this node
	busy     bool       // a message is being taken
	since    time.Time  // nothing was taken since, though something is expected
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
	take := func(msg jetstream.Msg) {
		if !f.take(msg) {
			select {
			case remade <- struct{}{}:
			default:
			}
		}
	}
	reading, err := consumer.Consume(take, jetstream.PullMaxBytes(pullBytes),
		jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullBeat))
	if err != nil {
		return err
	}
	// Stop may wait for a request of 10 s to a broker that is gone. What comes of this consumer
	// meanwhile is known by its name.
	defer func() { go reading.Stop() }()

	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-look.C:
		case <-remade:
			return errRemade
		case <-f.ctx.Done():
			return nil
		}
		if err := f.trouble(time.Now()); err != nil {
			return err
		}
	}
}

// recognise looks whether the stream is the one that was read so far. With a consumer made before,
// that one is this stream's, too.
func (f *follower) recognise() error {
	ctx, cancel := context.WithTimeout(f.ctx, attemptLimit)
	defer cancel()
	stream, err := f.js.Stream(ctx, f.name)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	info := stream.CachedInfo()
	f.replaced = f.replaced || !f.made.IsZero() && !info.Created.Equal(f.made)
	f.made, f.newest = info.Created, info.State.LastTime
	if f.replaced {
		return errReplaced
	}
	f.until = 0
	if f.last > 0 { // otherwise no client is here yet to hear it
		f.until = info.State.LastSeq
	}
	return nil
}

func (f *follower) readWith(consumer string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reader, f.since = consumer, time.Now()
}

// start is where a new consumer begins.
func (f *follower) start() jetstream.OrderedConsumerConfig {
	f.order.Lock()
	defer f.order.Unlock()
	if f.forget() {
		f.room.begin()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last > 0 {
		return jetstream.OrderedConsumerConfig{
			DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: f.last + 1}
	}
	begin := f.newest.Add(-lookBack) // by the stream's clock: this machine's may be another
	return jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &begin}
}

// forget reports whether another stream has begun. Nothing of it is read yet then.
func (f *follower) forget() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	replaced := f.replaced
	if replaced {
		f.replaced, f.last, f.expected = false, 0, 0
	}
	return replaced
}

// trouble says why to read anew. A node that is busy telling has no trouble.
func (f *follower) trouble(now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.replaced:
		return errReplaced
	case f.expected > f.last && !f.busy && now.Sub(f.since) > stallLimit:
		return errStalled
	}
	return nil
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
	if f.expected <= f.last {
		f.since = time.Now()
	}
	f.expected, f.replaced = sequence, f.replaced || replaced
}

// take takes one message, if it is the next. It reports false for one of a consumer that NATS made
// anew by itself, when it was cut off: that may read another stream.
func (f *follower) take(msg jetstream.Msg) bool {
	f.order.Lock()
	defer f.order.Unlock()
	meta, err := msg.Metadata()
	if err != nil || f.ctx.Err() != nil {
		return true
	}
	next, gap, ours := f.isNext(meta)
	if !next {
		return ours
	}
	defer f.taken()
	if gap {
		f.room.missed() // the stream has let go of what this node was to hear
	}
	b, err := decode(msg.Data())
	if err != nil {
		log.Printf("a message of the room cannot be read: sequence=%d: %v",
			meta.Sequence.Stream, err)
		return true
	}
	f.room.take(&b, meta.Timestamp)
	if b.Node == f.room.node {
		f.open()
	}
	return true
}

// isNext reports whether a message is to be taken now, whether some before it are missing, and
// whether the consumer is ours that brings it.
func (f *follower) isNext(meta *jetstream.MsgMetadata) (next, gap, ours bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sequence := meta.Sequence.Stream
	switch {
	case f.replaced:
		return false, false, true
	case meta.Consumer != f.reader:
		return false, false, false
	case sequence <= f.last: // here already
		return false, false, true
	}
	gap = f.last > 0 && sequence != f.last+1
	f.last, f.busy = sequence, true
	f.room.behind = sequence <= f.until
	return true, gap, true
}

func (f *follower) taken() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy, f.since = false, time.Now()
}

// open lets clients in.
func (f *follower) open() {
	select {
	case <-f.caughtUp:
	default:
		close(f.caughtUp)
	}
}
