package wsconn

import (
	"slices"
	"sync"
	"time"
)

// state of a connection. It only grows.
//
//	open ──close──▸ closing ──written──▸ closed
//	  └──────fail──────┴──────fail───────┴───▸ failed
type state int

const (
	open    state = iota
	closing       // the last frame queued is a close frame, and nothing comes after it
	closed        // that frame is written
	failed        // nothing can be written any more: the socket is closed
)

// outbox is what a client is still to be sent. Methods that end in Locked want mu held.
type outbox struct {
	mu      sync.Mutex // guards what follows
	change  sync.Cond  // state has changed, or bytes has shrunk
	state   state
	err     error    // why it is not open any more
	frames  []*Frame // that the writer has not taken yet; first what x/net wrote, its 101
	bytes   int      // what they cost: their size, and frameCost for each
	queued  bool     // it stands in the flusher's queue
	writing bool     // a writer has what it took

	sent       int           // bytes written in all
	worth      int           // what each byte that is being written costs: over 1 if frames are short
	goodUntil  time.Time     // it is waited for until then, because it has read so much
	stuckSince time.Time     // a write waits for the client; zero: none does
	lateSince  time.Time     // nobody waits for the client any more; zero: they do
	waitedFor  time.Duration // by senders, in all
	closeBy    time.Time     // when closing: all must be written by then
	quiet      int           // seconds without a sign of life, rounded up
	ticks      *time.Timer   // for watch; nil until Accept: before that, nothing is written
}

// Accept sends the 101 that x/net made (Starlette's WebSocket.accept). It never waits. From now
// on the client hears whatever is sent to it.
func (c *Conn) Accept() {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.acceptLocked()
}

func (c *Conn) acceptLocked() {
	if c.out.ticks == nil {
		c.out.ticks = time.AfterFunc(time.Second, c.watch)
		c.startWritingLocked()
	}
}

// Send queues a message for this client (Starlette's WebSocket.send_text). While that client is
// far behind, Send waits until it has caught up, as await send_text does, but not for long: who
// sends under one lock waits less than 100 ms in a second for all clients that do not read. Such a
// client is closed with 1008. What comes after a close is dropped.
func (c *Conn) Send(message *Frame) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.queueLocked(message)
	if c.out.bytes > farBehind {
		c.acceptLocked() // otherwise there is nothing to wait for
		c.awaitClientLocked()
	}
}

func (c *Conn) queueLocked(frame *Frame) {
	o := &c.out
	if o.state != open {
		return
	}
	o.frames = append(o.frames, frame)
	o.bytes += frame.cost()
	c.startWritingLocked()
}

func (c *Conn) startWritingLocked() {
	if o := &c.out; o.ticks != nil && !o.queued && !o.writing && len(o.frames) > 0 {
		o.queued = true
		c.server.flusher.add(c)
	}
}

// hurry puts the client's answer before the rest of the flusher's queue, if nothing more that the
// client said is at hand: so the client can go on.
func (c *Conn) hurry() {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if c.out.queued && c.in.buf.Buffered() == 0 {
		c.server.flusher.hurry(c)
	}
}

// awaitClientLocked waits until a client that is far behind is near again. What the client reads
// earns it time. Time beyond that comes out of the server's patience. When that is used up, a
// client that is stuck is late: nobody waits for it any more, and it is cut off when it falls too
// far behind. The lock is not held during the wait.
func (c *Conn) awaitClientLocked() {
	const step = 5 * time.Millisecond
	o := &c.out
	for o.state == open && o.bytes > nearAgain {
		late, stuck := !o.lateSince.IsZero(), !o.stuckSince.IsZero()
		if stuck && !late && time.Now().After(o.goodUntil) && c.server.patience.spend(0) <= 0 {
			o.lateSince, late = time.Now(), true
		}
		if late && o.bytes <= tooFar+c.server.maxMessage() {
			return
		}
		if late && stuck {
			c.cutOffLocked()
			return
		}
		began := time.Now()
		timer := time.AfterFunc(step, func() {
			o.mu.Lock() // Wait has begun then
			defer o.mu.Unlock()
			o.change.Broadcast()
		})
		o.change.Wait()
		timer.Stop()
		took := time.Since(began)
		o.waitedFor += took
		if o.stuckSince.IsZero() {
			continue // its turn to be written to is still to come
		}
		c.server.patience.spend(min(took, max(time.Since(o.goodUntil), 0)))
	}
}

// awaitRoom waits until the client has read enough of what it was sent. One that does not is not
// read from, which bounds its pongs and answers.
func (o *outbox) awaitRoom() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.state == open && o.bytes > maxUnread {
		o.change.Wait()
	}
	return o.err
}

// ended returns why the connection is not open any more, nil if it is.
func (o *outbox) ended() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// take moves whole frames into the writer's buffer, about writeSize bytes at most. It reports
// false when another writer has had the turn: one that is hurried stands in the queue twice.
func (o *outbox) take(b []byte) ([]byte, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.queued {
		return b, false
	}
	o.queued, o.writing = false, true
	n, before := 0, o.bytes
	for n < len(o.frames) && len(b) < writeSize {
		b = append(b, o.frames[n].bytes...)
		o.bytes -= o.frames[n].cost()
		n++
	}
	o.worth = (before - o.bytes) / max(1, len(b))
	o.frames = slices.Delete(o.frames, 0, n)
	if len(o.frames) == 0 && cap(o.frames) > keepFrames {
		o.frames = nil
	}
	if o.bytes <= nearAgain {
		o.lateSince = time.Time{}
	}
	o.change.Broadcast()
	return b, true
}

// wrote says that n bytes went out, and left bytes of what was taken did not.
func (c *Conn) wrote(n, left int) {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sent += n; o.sent > 2*farBehind { // more than the kernels hold: it reads
		now, earned := time.Now(), time.Duration(n*o.worth)*time.Second/fairRate
		o.goodUntil = now.Add(min(max(o.goodUntil.Sub(now), 0)+earned, maxCredit))
	}
	if left > 0 {
		o.stuckSince = time.Now()
		return
	}
	o.stuckSince, o.writing = time.Time{}, false
	if o.state == closing && len(o.frames) == 0 {
		o.state = closed
		o.change.Broadcast()
	}
	c.startWritingLocked()
}

// patience is a budget of time to wait in vain. Those who send under one lock, one after the
// other, can spend maxPatience in a second, one last step, and what comes back meanwhile: less
// than 100 ms. Those who wait at the same time share it. The zero value is a full budget.
type patience struct {
	mu    sync.Mutex // guards what follows
	spent time.Duration
	at    time.Time // when spent was counted
}

// spend takes d, and returns what is left.
func (p *patience) spend(d time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	// Many who wait at once can overspend it, but not for longer than some seconds.
	p.spent = min(max(0, p.spent-now.Sub(p.at)/patienceBack)+d, 2*maxPatience)
	p.at = now
	return maxPatience - p.spent
}
