package room

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	attemptLimit = time.Second            // for an acknowledgement; then the message is sent again
	retryEvery   = 100 * time.Millisecond // while the broker is away

	// What is gathered in one message. A longer entry goes alone, and the longest list fits into
	// NATS's 1 MB.
	batchBytes = 256 << 10
)

// publisher puts what this node has to tell into the stream: one batch at a time, so that its order
// is the order of the calls, and whatever came meanwhile in the next.
type publisher struct {
	js      jetstream.JetStream
	stream  *follower
	node    string
	options Options
	ctx     context.Context
	stop    context.CancelFunc

	mu      sync.Mutex
	wake    sync.Cond // of any change
	queue   []*item
	sent    map[uint64][]*item // batches that are sent and not yet seen in the stream
	present map[uint64]int64   // this node's clients, as the batches so far have told them
	number  uint64             // of the last batch
	seen    uint64             // number of the last batch seen in the stream
	ackedAt time.Time          // when the stream was last known to have a batch
	closed  bool               // no client joins any more
}

// item is an entry on its way, and who waits for it.
type item struct {
	entry entry
	done  chan error // has room for one
	taken bool       // is in a batch: the others may have heard it
}

func newItem(e entry) *item { return &item{entry: e, done: make(chan error, 1)} }

// finish tells whoever waits; only the first counts.
func (i *item) finish(err error) {
	select {
	case i.done <- err:
	default:
	}
}

func newPublisher(js jetstream.JetStream, stream *follower, node string,
	options Options) *publisher {
	p := &publisher{js: js, stream: stream, node: node, options: options,
		sent: map[uint64][]*item{}, present: map[uint64]int64{}, ackedAt: time.Now()}
	p.wake.L = &p.mu
	p.ctx, p.stop = context.WithCancel(context.Background())
	context.AfterFunc(p.ctx, func() { p.fail(errStopping) })
	return p
}

// tell queues an item and returns when this node has seen it in the stream, or with the reason why
// that will not be.
func (p *publisher) tell(i *item) error {
	if err := p.enqueue(i); err != nil {
		return err
	}
	return <-i.done
}

func (p *publisher) enqueue(i *item) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	// Only these can be given up.
	fromClient := i.entry.Kind == said || i.entry.Kind == joined
	switch {
	case p.ctx.Err() != nil, p.closed && i.entry.Kind == joined:
		return errStopping
	case fromClient && time.Since(p.ackedAt) > p.options.AwayLimit:
		return errAway
	}
	p.queue = append(p.queue, i)
	p.wake.Broadcast()
	return nil
}

// leave queues the leaving of whoever joined with join. Nobody waits for it, and nothing drops it.
func (p *publisher) leave(join *item) {
	p.mu.Lock()
	taken := join.taken
	if !taken {
		p.queue = slices.DeleteFunc(p.queue, func(i *item) bool { return i == join })
	}
	p.mu.Unlock()
	if taken { // otherwise nobody has heard of it
		p.enqueue(newItem(entry{Kind: left, Ref: join.entry.Ref, Client: join.entry.Client}))
	}
}

// run sends one batch after the other.
func (p *publisher) run() {
	for {
		number, data := p.next()
		if data == nil {
			return
		}
		p.send(number, data)
	}
}

// next waits until there is something to tell, and gathers it.
func (p *publisher) next() (number uint64, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queue) == 0 && p.ctx.Err() == nil {
		p.wake.Wait()
	}
	if p.ctx.Err() != nil {
		return 0, nil
	}
	p.number++
	b := batch{Node: p.node, Number: p.number}
	size, n := 0, 0
	for n < len(p.queue) {
		i := p.queue[n]
		p.list(&i.entry)
		if size += i.entry.size(); n > 0 && size > batchBytes {
			break
		}
		i.taken = true
		p.note(&i.entry)
		b.Entries = append(b.Entries, i.entry)
		n++
	}
	p.sent[p.number] = slices.Clone(p.queue[:n])
	p.queue = slices.Delete(p.queue, 0, n)
	return p.number, encode(&b)
}

// list writes who is present into an entry that tells it: as it is at that place in the stream.
func (p *publisher) list(e *entry) {
	switch {
	case e.Kind == present:
		e.Members = members(p.present)
	case e.Kind == gone && e.Dead == p.node:
		e.Members, e.Last = members(p.present), p.number
	}
}

// note follows who is present.
func (p *publisher) note(e *entry) {
	switch e.Kind {
	case joined:
		p.present[e.Ref] = e.Client
	case left:
		delete(p.present, e.Ref)
	}
}

func members(clients map[uint64]int64) []member {
	list := make([]member, 0, len(clients))
	for ref, client := range clients {
		list = append(list, member{Ref: ref, Client: client})
	}
	slices.SortFunc(list, func(a, b member) int { return int(a.Ref) - int(b.Ref) })
	return list
}

// send publishes one batch, again and again until the stream has it. With its id the stream stores
// it once.
func (p *publisher) send(number uint64, data []byte) {
	id := fmt.Sprint(p.node, "-", number)
	heard := p.stream.heard()
	for attempt := 0; ; attempt++ {
		ctx, cancel := context.WithTimeout(p.ctx, attemptLimit)
		ack, err := p.js.PublishMsg(ctx, &nats.Msg{Subject: subject(p.options.Name), Data: data},
			jetstream.WithMsgID(id), jetstream.WithRetryAttempts(0))
		cancel()
		if err == nil {
			p.stored()
			p.stream.expect(ack.Sequence, ack.Sequence <= heard && !ack.Duplicate)
			if attempt > 0 {
				log.Printf("the broker answers again after %d attempts", attempt+1)
			}
			return
		}
		if p.hasSeen(number) || p.ctx.Err() != nil {
			return
		}
		if errors.Is(err, nats.ErrMaxPayload) {
			log.Printf("the broker takes no message of %d bytes: raise its max_payload", len(data))
			p.drop(number)
			return
		}
		if attempt == 0 {
			log.Printf("the broker does not answer, trying on: %v", err)
		}
		if errors.Is(err, jetstream.ErrNoStreamResponse) {
			tryStream(p.ctx, p.js, p.options) // a broker that has lost the room is given another
		}
		select {
		case <-time.After(retryEvery):
		case <-p.ctx.Done():
		}
	}
}

func (p *publisher) stored() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ackedAt = time.Now()
}

func (p *publisher) hasSeen(number uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen >= number {
		p.ackedAt = time.Now() // this is as good as the acknowledgement that was lost
	}
	return p.seen >= number
}

// drop gives up a batch that will never be in the stream.
func (p *publisher) drop(number uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.releaseLocked(number, errLost)
}

// saw releases those who wait for a batch, which was seen in the stream. Earlier ones that were not
// are lost: the broker had them, and lost the room, or the stream let go of them.
func (p *publisher) saw(number uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = number
	p.releaseLocked(number, nil)
	for earlier := range p.sent {
		if earlier < number {
			p.releaseLocked(earlier, errLost)
		}
	}
}

func (p *publisher) releaseLocked(number uint64, err error) {
	for _, i := range p.sent[number] {
		i.finish(err)
	}
	delete(p.sent, number)
}

// beat says now and then that this node is alive, which also shows whether the broker is.
func (p *publisher) beat() {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		kind := alive
		if n%listEvery == 0 {
			kind = present
		}
		p.mu.Lock()
		quiet := !slices.ContainsFunc(p.queue, func(i *item) bool { return i.entry.Kind == kind })
		if time.Since(p.ackedAt) > p.options.AwayLimit {
			p.failLocked(errAway, said, joined)
		}
		p.mu.Unlock()
		if quiet {
			p.enqueue(newItem(entry{Kind: kind}))
		}
		select {
		case <-tick.C:
		case <-p.ctx.Done():
			return
		}
	}
}

// fail gives up what all clients wait for.
func (p *publisher) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failLocked(err, said, joined)
	p.wake.Broadcast()
}

// failLocked gives up what clients wait for, of these kinds. What is in a batch is sent all the
// same: it may be in the stream already.
func (p *publisher) failLocked(err error, kinds ...kind) {
	fail := func(i *item) bool {
		given := slices.Contains(kinds, i.entry.Kind)
		if given {
			i.finish(err)
		}
		return given
	}
	for _, items := range p.sent {
		for _, i := range items {
			fail(i)
		}
	}
	p.queue = slices.DeleteFunc(p.queue, fail)
}

// forget removes clients whose leaving others have told, and leavings that wait to be told.
func (p *publisher) forget(gone []member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	told := map[uint64]bool{}
	for _, m := range gone {
		told[m.Ref] = true
		delete(p.present, m.Ref)
	}
	p.queue = slices.DeleteFunc(p.queue,
		func(i *item) bool { return i.entry.Kind == left && told[i.entry.Ref] })
}

// stopJoining sends away who waits to join. Those whose joining is sent already leave after it.
func (p *publisher) stopJoining() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.failLocked(errStopping, joined)
}

// farewell tells that this node ends, after all that it had to tell, and waits for that.
func (p *publisher) farewell(ctx context.Context) error {
	bye := newItem(entry{Kind: gone, Dead: p.node})
	if err := p.enqueue(bye); err != nil {
		return err
	}
	select {
	case err := <-bye.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
