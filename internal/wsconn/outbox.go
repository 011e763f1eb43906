package wsconn

import (
	"sync"
	"time"
)

// state of a connection. It only grows.
//
//	open ──close──▸ closing ──written──▸ closed
//	  └────fail────────┴────▸ failed
type state int

const (
	open    state = iota
	closing       // the last frame queued is a close frame, and nothing comes after it
	closed        // that frame is written
	failed        // nothing can be written any more: the socket is closed
)

// outbox is what a client is still to be sent.
type outbox struct {
	mu           sync.Mutex // guards what follows
	state        state
	err          error         // why it is not open any more
	changed      chan struct{} // closed at the next change; nil: nobody waits for one
	hello        []byte        // the 101, until the writer takes it
	frames       []*Frame      // that the writer has not taken yet
	bytes        int           // what frames cost: their size, and frameCost for each
	accepted     bool          // Accept was called
	waiting      bool          // it stands in the flusher's queue
	writing      bool          // somebody writes
	writeStarted time.Time     // since when a write waits for the client; zero: none does
	written      int           // bytes in all
	waited       time.Duration // by senders, in all
	lateSince    time.Time     // since when nobody waits for the client; zero: it is waited for
	closeBy      time.Time     // when closing: all must be written by then
	quiet        int           // seconds without a sign of life
}

// Accept sends the 101 that x/net made (Starlette's WebSocket.accept). It never waits. From now on
// the client hears whatever is sent to it. What was sent before follows its 101.
func (c *Conn) Accept() {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.accepted {
		o.accepted = true
		c.startWriting()
	}
}

// Write queues the 101 of x/net.
func (o *outbox) Write(p []byte) (int, error) {
	const size = 160 // bytes of a 101 of x/net
	if o.hello == nil {
		o.hello = make([]byte, 0, size)
	}
	o.hello = append(o.hello, p...)
	return len(p), nil
}

// startWriting asks for a writer's turn if none is under way; o.mu is held.
func (c *Conn) startWriting() {
	if o := &c.out; o.accepted && !o.waiting && !o.writing && o.state <= closing {
		o.waiting = true
		c.server.flusher.add(c)
	}
}

// Send queues a message for this client (Starlette's WebSocket.send_text). While that client is far
// behind, Send waits until it has caught up, as await send_text does, but not for long: for a client
// that does not read, less than 100 ms in a second for all senders together. Such a client is
// closed with 1008. What comes after a close is dropped.
func (c *Conn) Send(message *Frame) {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	c.queue(message)
	if o.bytes > farBehind {
		c.awaitReader()
	}
}

// send is Send without waiting, for control frames: a client that does not read them is not read
// from.
func (c *Conn) send(control *Frame) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.queue(control)
}

// queue is called with o.mu held.
func (c *Conn) queue(frame *Frame) {
	o := &c.out
	if o.state != open {
		return
	}
	o.frames = append(o.frames, frame)
	o.bytes += len(frame.bytes) + frameCost
	c.startWriting()
}

// awaitReader waits until a client that is far behind is near again. What the client takes meanwhile
// earns it time. Time beyond that comes out of the server's patience. When that is used up, a client
// that does not take anything is late: nobody waits for it any more, and it is cut off when it falls
// too far behind. o.mu is held, but not while it waits.
func (c *Conn) awaitReader() {
	const step = 5 * time.Millisecond
	o := &c.out
	var credit time.Duration
	for o.state == open && o.bytes > nearAgain {
		late := !o.lateSince.IsZero()
		if late && o.bytes <= tooFar+c.server.maxMessage() {
			return
		}
		if late && o.stuck() {
			c.cutOff()
			return
		}
		began, written := time.Now(), o.written
		o.wait(step)
		took := time.Since(began)
		o.waited += took
		if !o.stuck() { // it is our own turn to write
			continue
		}
		credit += time.Duration(o.written-written)*time.Second/fairRate - took
		if credit < 0 {
			if left := c.server.patience.spend(-credit); !left && !late {
				o.lateSince = time.Now()
			}
			credit = 0
		}
	}
}

// stuck reports whether a write waits for the client.
func (o *outbox) stuck() bool { return !o.writeStarted.IsZero() }

// fairRate is in bytes a second. A room does not wait for a client that reads less.
const fairRate = 10 << 20

// patience is the time that is spent on waiting in vain. In any one second it is maxPatience and what
// comes back meanwhile: less than 100 ms. The zero value is full.
type patience struct {
	mu    sync.Mutex // guards what follows
	spent time.Duration
	at    time.Time // when spent was counted
}

const (
	maxPatience  = 60 * time.Millisecond
	patienceBack = 40 // comes back in so many times as long
)

// spend takes d, and reports whether anything is left.
func (p *patience) spend(d time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.spent = max(0, p.spent-now.Sub(p.at)/patienceBack) + d
	p.at = now
	return p.spent < maxPatience
}

// awaitRoom waits until the client has read enough of what it was sent. One that does not is not read
// from, which bounds its pongs and answers.
func (o *outbox) awaitRoom() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.state == open && o.bytes > maxUnread {
		o.wait(0)
	}
	return o.err
}

// wait gives up o.mu until something changes, or for as long as most, where that is not 0.
func (o *outbox) wait(most time.Duration) {
	if o.changed == nil {
		o.changed = make(chan struct{})
	}
	changed := o.changed
	var timeout <-chan time.Time
	if most > 0 {
		timeout = time.After(most)
	}
	o.mu.Unlock()
	defer o.mu.Lock()
	select {
	case <-changed:
	case <-timeout:
	}
}

// wake wakes those who wait; o.mu is held.
func (o *outbox) wake() {
	if o.changed != nil {
		close(o.changed)
		o.changed = nil
	}
}

func (c *Conn) hurry() {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waiting {
		c.server.flusher.hurry(c)
	}
}

// ended returns why the connection is not open any more; nil if it is.
func (o *outbox) ended() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// take moves whole frames into the writer's buffer, about writeSize bytes at most.
func (o *outbox) take(b []byte) ([]byte, bool) {
	const keep = 64 // places for frames, so that few of them need no allocation
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.waiting {
		return b, false
	}
	o.waiting, o.writing = false, true
	b = append(b, o.hello...)
	o.hello = nil
	n := 0
	for n < len(o.frames) && len(b) < writeSize {
		b = append(b, o.frames[n].bytes...)
		o.bytes -= len(o.frames[n].bytes) + frameCost
		n++
	}
	left := copy(o.frames, o.frames[n:])
	clear(o.frames[left:])
	o.frames = o.frames[:left]
	if left == 0 && cap(o.frames) > keep {
		o.frames = nil
	}
	if o.bytes <= nearAgain {
		o.lateSince = time.Time{}
	}
	o.wake()
	return b, true
}

// wrote ends a write: n bytes went out, and left bytes of what was taken did not. It reports whether
// the writer's turn is over and the connection needs another.
func (o *outbox) wrote(n, left int) (more bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.written += n
	if left > 0 {
		o.writeStarted = time.Now()
		return false
	}
	o.writeStarted = time.Time{}
	if o.state == closing && len(o.frames) == 0 {
		o.state = closed
		o.wake()
	}
	o.writing = false
	o.waiting = o.state <= closing && len(o.frames) > 0
	return o.waiting
}
