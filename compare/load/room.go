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

	closeCode int // of the server's close frame
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
	if r.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC,
		unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
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

// counts says whether the client reads as fast as it can, so that its waits
// are the server's.
func (c *client) counts() bool { return c.alive && c.reading && c.pace == 0 }

// Delivered is how many broadcasts the clients have read since the last
// measurement began.
func (r *Room) Delivered() int64 { return r.delivered }
