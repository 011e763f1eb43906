//go:build linux

// Package load puts many clients into a chat server, lets them talk, and checks
// every broadcast that each of them reads: once, whole and in order.
//
// One goroutine does it all with epoll and big reads, because the server that
// is measured runs on the same machine: what the clients use, it lacks.
package load

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

const (
	readSize  = 256 << 10 // one read takes all that a socket usually holds
	headroom  = 128 << 10 // in front of it: the unfinished frame of an earlier read
	dialAtOne = 64        // upgrades under way at a time while a room fills
	events    = 1024      // taken from the kernel at a time
)

// ErrOrder says that two clients did not read the same frames in the same
// order.
var ErrOrder = errors.New("clients read the broadcasts in different orders")

// Usage is processor time spent so far.
type Usage struct{ Server, Load, Machine time.Duration }

func (u Usage) minus(v Usage) Usage {
	return Usage{u.Server - v.Server, u.Load - v.Load, u.Machine - v.Machine}
}

// Options of a Room.
type Options struct {
	Clients int
	// PerSender checks the order of each sender's messages alone, for servers
	// in which clients hear several senders in different orders. It costs the
	// clients more.
	PerSender bool
	// Meter is asked for the processor time at the ends of a measurement.
	Meter func() Usage
}

// Room is a server's clients. It is for one goroutine.
type Room struct {
	addr    netip.AddrPort
	options Options
	epoll   int
	timer   int
	ticks   int // of the timer, not yet taken
	began   time.Time
	now     int64 // ns since began, at the last event
	clients []*client
	history history
	kept    int // bytes of it at the last trim
	senders []*client
	window  int
	leftAt  map[int]int64 // when a client's leaving was first told
	buffer  []byte
	events  [events]unix.EpollEvent
	pongs   int

	recording bool    // of latencies
	waits     []int64 // ns from sending to reading, a delivery each
	delivered int64
	lost      int64 // deliveries left out, seen with PerSender alone
	silence   int64 // the longest that a client which reads heard nothing, in ns
	flooding  bool
}

// client is one connection.
type client struct {
	id       int
	fd       int
	alive    bool
	reading  bool
	pace     int // bytes that may be read per tick; 0 is no limit
	interest uint32
	pending  []byte // an unfinished frame
	heardAt  int64

	next     int    // the message of the history to be read next
	cursor   int64  // the byte of the history to be read next
	personal []byte // what is still to come of the answer to an own message
	seen     []int  // with PerSender: last number read of each sender

	frame, wrote, says template
	out                []byte
	outgoing           int     // messages sent, or waiting in out
	answered           int     // "You wrote" read
	accepted           int     // in the history
	heard              int     // own broadcasts read
	ownEnds            []int64 // where they end in the history, those not read yet
	sentAt             []int64

	closeCode   int
	closeReason string
	cutAt       int64
}

// Join connects clients 1 to options.Clients and returns when the server has
// answered a ping of each, so that each is in its list.
func Join(addr string, options Options) (*Room, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	r := &Room{addr: to, options: options, began: time.Now(), leftAt: make(map[int]int64)}
	r.buffer = make([]byte, headroom+readSize)
	if r.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if r.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
		unix.Close(r.epoll)
		return nil, err
	}
	watch := unix.EpollEvent{Events: unix.EPOLLIN, Fd: -1}
	if err := unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, r.timer, &watch); err != nil {
		r.Close()
		return nil, err
	}
	for len(r.clients) < options.Clients {
		if err := r.dialSome(min(dialAtOne, options.Clients-len(r.clients))); err != nil {
			r.Close()
			return nil, err
		}
	}
	if err := r.settle(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Room) dialSome(n int) error {
	first := len(r.clients)
	for range n {
		id := len(r.clients) + 1
		fd, err := dial(r.addr, id)
		if err != nil {
			return err
		}
		r.clients = append(r.clients, &client{id: id, fd: fd, alive: true, reading: true})
	}
	for i, c := range r.clients[first:] {
		rest, err := upgraded(c.fd)
		if err != nil {
			return fmt.Errorf("client %d: %w", c.id, err)
		}
		c.pending = rest
		if err := unix.SetNonblock(c.fd, true); err != nil {
			return err
		}
		c.interest = unix.EPOLLIN
		watch := unix.EpollEvent{Events: c.interest, Fd: int32(first + i)}
		if err := unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, c.fd, &watch); err != nil {
			return err
		}
	}
	return nil
}

// settle sends a ping from each client and waits for the answers: a server
// reads from a client once it has put it in its list.
func (r *Room) settle() error {
	r.pongs = 0
	for _, c := range r.clients {
		c.out = append(c.out, clientFrame(opPing, nil)...)
		r.flush(c)
	}
	return r.until(handshakeLimit, func() bool { return r.pongs == len(r.clients) })
}

// Close ends all connections without a word.
func (r *Room) Close() {
	for _, c := range r.clients {
		unix.Close(c.fd)
	}
	unix.Close(r.timer)
	unix.Close(r.epoll)
}

var errLimit = errors.New("it did not come in time")

// until handles events until done says so.
func (r *Room) until(limit time.Duration, done func() bool) error {
	end := time.Now().Add(limit)
	for !done() {
		left := time.Until(end)
		if left <= 0 {
			return errLimit
		}
		if err := r.turn(left); err != nil {
			return err
		}
	}
	return nil
}

// turn waits for events and handles them.
func (r *Room) turn(wait time.Duration) error {
	n, err := unix.EpollWait(r.epoll, r.events[:], int(wait/time.Millisecond)+1)
	if err != nil && err != unix.EINTR {
		return err
	}
	r.now = int64(time.Since(r.began))
	for _, event := range r.events[:max(n, 0)] {
		if event.Fd < 0 {
			if err := r.tick(); err != nil {
				return err
			}
			continue
		}
		if err := r.handle(r.clients[event.Fd], event.Events); err != nil {
			return err
		}
	}
	if len(r.history.bytes) > max(trimAt, 2*r.kept) {
		r.trim()
	}
	return nil
}

func (r *Room) handle(c *client, events uint32) error {
	if !c.alive {
		return nil
	}
	if c.reading && c.pace == 0 && events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		if err := r.readAll(c); err != nil {
			return err
		}
	} else if events&(unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		r.cut(c)
	}
	if events&unix.EPOLLOUT != 0 && c.alive {
		r.pump(c)
		r.flush(c)
	}
	return nil
}

// readAll empties the client's socket before it may write again, so that a
// sender which does not wait still reads as fast as it can. The bound lets
// the other clients have their turn.
func (r *Room) readAll(c *client) error {
	const reads = 16
	for range reads {
		n, err := r.read(c, readSize)
		if err != nil || n < readSize {
			return err
		}
	}
	return nil
}

// read takes at most limit bytes from the client's socket and checks them. It
// returns how many there were.
func (r *Room) read(c *client, limit int) (int, error) {
	kept := copy(r.buffer[headroom-len(c.pending):], c.pending)
	n, err := unix.Read(c.fd, r.buffer[headroom:headroom+limit])
	if err == unix.EAGAIN || err == unix.EINTR {
		return 0, nil
	}
	if err != nil || n == 0 {
		r.cut(c)
		return 0, nil
	}
	if r.recording {
		r.now = int64(time.Since(r.began))
	}
	before := r.delivered
	rest, err := r.consume(c, headroom-kept, headroom+n)
	if err != nil {
		return n, fmt.Errorf("client %d: %w", c.id, err)
	}
	if len(rest) > headroom {
		return n, fmt.Errorf("client %d: a frame of more than %d bytes", c.id, headroom)
	}
	c.pending = append(c.pending[:0], rest...)
	if r.delivered > before && c.counts() {
		r.silence = max(r.silence, r.now-c.heardAt)
		c.heardAt = r.now
	}
	if r.flooding && r.window > 0 && c.id <= len(r.senders) {
		r.pump(c)
		r.flush(c)
	}
	return n, nil
}

// consume checks what stands in the buffer from from to to, and returns the
// unfinished frame at its end.
func (r *Room) consume(c *client, from, to int) ([]byte, error) {
	if r.options.PerSender {
		return r.consumePerSender(c, r.buffer[from:to])
	}
	return r.consumeShared(c, from, to)
}

// cut notes that the server has ended the client's connection.
func (r *Room) cut(c *client) {
	c.alive = false
	c.cutAt = r.now
	unix.EpollCtl(r.epoll, unix.EPOLL_CTL_DEL, c.fd, nil)
}

// watch asks the kernel for what the client waits for.
func (r *Room) watch(c *client) {
	var want uint32
	if c.reading && c.pace == 0 {
		want |= unix.EPOLLIN
	}
	if len(c.out) > 0 || r.flooding && r.window == 0 && c.id <= len(r.senders) {
		want |= unix.EPOLLOUT
	}
	if want != c.interest && c.alive {
		c.interest = want
		event := unix.EpollEvent{Events: want, Fd: int32(c.id - 1)}
		unix.EpollCtl(r.epoll, unix.EPOLL_CTL_MOD, c.fd, &event)
	}
}

// flush writes what it can of what waits to be sent.
func (r *Room) flush(c *client) {
	for len(c.out) > 0 && c.alive {
		n, err := unix.Write(c.fd, c.out)
		if n > 0 {
			c.out = c.out[:copy(c.out, c.out[n:])]
		}
		if err == unix.EAGAIN {
			break
		}
		if err != nil && err != unix.EINTR {
			r.cut(c)
		}
	}
	r.watch(c)
}

// trim forgets what every client that counts has read.
func (r *Room) trim() {
	keep := r.history.messages()
	for _, c := range r.clients {
		if c.alive && c.reading {
			keep = min(keep, c.next)
		}
	}
	if keep > r.history.first {
		r.history.trim(keep)
	}
	r.kept = len(r.history.bytes)
}

// counts says whether the client reads as fast as it can, so that its waits
// are the server's.
func (c *client) counts() bool { return c.alive && c.reading && c.pace == 0 }

// Delivered is how many broadcasts the clients have read since the last
// measurement began.
func (r *Room) Delivered() int64 { return r.delivered }

// Dropped is how many clients the server has cut off.
func (r *Room) Dropped() int {
	n := 0
	for _, c := range r.clients {
		if !c.alive {
			n++
		}
	}
	return n
}
