//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	dialers = 200       // at a time: each waits for the room
	every   = 64        // one delivery in so many is timed
	atOnce  = 256 << 10 // bytes that are read from one client at a time
)

// person is one client.
type person struct {
	fd, node, id int
	next         int       // place in the room's history of what it hears next; -1: not known
	rest         []byte    // the start of a frame
	heard        time.Time // the last message
	leaving      bool      // of itself, or because its node is to end
}

// people are all clients, read by one goroutine. What one hears must be what the others heard.
type people struct {
	epoll int

	mu       sync.Mutex // guards what follows
	by       map[int]*person
	history  []uint64       // the hash of each message that the room told
	from     int            // the place after "mark go", from where on all crowds compare
	marks    map[uint64]int // places in the history where a client may begin to follow
	says     int            // messages in the history that somebody said
	left     int            // leavings in the history
	took     []time.Duration
	longest  time.Duration // that a client heard nothing
	timing   bool          // longest is measured
	thrown   int           // clients that were closed, and did not expect it
	lastCode string        // with which
	wrong    error         // the first message that was not what the others heard
	count    int
}

func newPeople() (*people, error) {
	epoll, err := unix.EpollCreate1(0)
	p := &people{epoll: epoll, by: map[int]*person{}, marks: map[uint64]int{}}
	if err == nil {
		go p.read()
	}
	return p, err
}

// join connects clients to a node, a few at a time.
func (p *people) join(j Joining) error {
	var all sync.WaitGroup
	var mu sync.Mutex
	var failed error
	slots := make(chan bool, dialers)
	for i := range j.N {
		slots <- true
		all.Go(func() {
			defer func() { <-slots }()
			one, err := dial(j, j.First+i)
			if err == nil {
				err = p.add(one)
			}
			if err != nil {
				mu.Lock()
				failed = err
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return failed
}

func dial(j Joining, id int) (*person, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	// Each has an address of its own among many: one has 28,000 ports to a server.
	from := &unix.SockaddrInet4{Addr: [4]byte{127, 1, byte(id >> 12), 1}}
	err = unix.Bind(fd, from)
	if err == nil {
		err = unix.Connect(fd, &unix.SockaddrInet4{Addr: j.Addr, Port: j.Port})
	}
	request := fmt.Sprintf("GET /ws/%d HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"+
		"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Sec-WebSocket-Version: 13\r\n\r\n", id)
	if err == nil {
		_, err = unix.Write(fd, []byte(request))
	}
	var answer []byte
	for buffer := make([]byte, 512); err == nil && !bytes.Contains(answer, []byte("\r\n\r\n")); {
		var n int
		if n, err = unix.Read(fd, buffer); n == 0 && err == nil {
			err = errors.New("the node hung up")
		}
		answer = append(answer, buffer[:max(n, 0)]...)
	}
	head, rest, _ := bytes.Cut(answer, []byte("\r\n\r\n"))
	if err == nil && !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
		err = fmt.Errorf("the node answers %q", head)
	}
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("client %d: %w", id, err)
	}
	return &person{fd: fd, node: j.Node, id: id, next: -1, rest: slices.Clone(rest)}, nil
}

func (p *people) add(one *person) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.by[one.fd] = one
	return unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, one.fd,
		&unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(one.fd)})
}

// read reads from all, until the program ends.
func (p *people) read() {
	events, buffer := make([]unix.EpollEvent, 256), make([]byte, atOnce)
	for {
		n, err := unix.EpollWait(p.epoll, events, -1)
		if err != nil && err != unix.EINTR {
			panic(err) // the epoll itself is broken
		}
		for _, event := range events[:max(n, 0)] {
			p.mu.Lock()
			if one := p.by[int(event.Fd)]; one != nil {
				p.readFrom(one, buffer)
			}
			p.mu.Unlock()
		}
	}
}

func (p *people) readFrom(one *person, buffer []byte) {
	held := copy(buffer, one.rest)
	n, err := unix.Read(one.fd, buffer[held:])
	if err == unix.EAGAIN {
		return
	}
	if err != nil || n == 0 {
		p.lose(one, "no close")
		return
	}
	now := time.Now()
	if p.timing && one.next >= 0 {
		p.longest = max(p.longest, now.Sub(one.heard))
	}
	one.heard = now
	b := buffer[:held+n]
	for {
		frame, rest := cut(b)
		if frame == nil {
			break
		}
		if b = rest; !p.take(one, frame, now) {
			return
		}
	}
	one.rest = append(one.rest[:0], b...)
	if len(one.rest) == 0 {
		one.rest = nil
	}
}

// cut cuts the first frame off, nil if it is not whole.
func cut(b []byte) (frame, rest []byte) {
	if len(b) < 2 {
		return nil, b
	}
	size := 2 + int(b[1])
	if b[1] == 126 && len(b) >= 4 {
		size = 4 + int(binary.BigEndian.Uint16(b[2:]))
	} else if b[1] > 125 || len(b) < size {
		return nil, b
	}
	if len(b) < size {
		return nil, b
	}
	return b[:size], b[size:]
}

// take does what a frame says. It reports false when the client is gone.
func (p *people) take(one *person, frame []byte, now time.Time) bool {
	switch frame[0] & 0xf {
	case 8:
		code := "no code"
		if len(frame) >= 4 {
			code = fmt.Sprint(binary.BigEndian.Uint16(frame[2:]))
		}
		unix.Write(one.fd, mask(frame[0], frame[2:min(len(frame), 4)]))
		p.lose(one, code)
		return false
	case 9:
		unix.Write(one.fd, mask(0x8a, frame[2:]))
	case 1:
		if !bytes.HasPrefix(frame[2:], []byte("You wrote: ")) {
			p.hear(one, frame[2:], now)
		}
	}
	return true
}

func (p *people) lose(one *person, code string) {
	if !one.leaving {
		p.thrown++
		p.lastCode = code
	}
	delete(p.by, one.fd)
	unix.Close(one.fd)
}

// hear compares what one client hears with what the others have heard.
func (p *people) hear(one *person, text []byte, now time.Time) {
	hash := hashOf(text)
	_, said, talk := bytes.Cut(text, []byte(" says: "))
	at, isMark := p.marks[hash]
	begins := len(p.history) == 0 && bytes.HasPrefix(said, []byte("mark "))
	switch {
	case one.next < 0 && (isMark || begins):
		one.next = at
	case one.next < 0:
		return // not yet: it knows no place to begin
	}
	if one.next == len(p.history) {
		p.history = append(p.history, hash)
		switch {
		case !talk:
			p.left++
		case bytes.HasPrefix(said, []byte("mark ")):
			p.marks[hash] = one.next
			if string(said) == "mark go" {
				p.from = one.next + 1
			}
		default:
			p.says++
		}
	}
	if p.history[one.next] != hash && p.wrong == nil {
		p.wrong = fmt.Errorf("client %d hears %q at place %d, where others heard something else",
			one.id, text, one.next)
	}
	one.next++
	if p.count++; p.timing && talk && p.count%every == 0 {
		if sent, err := strconv.ParseInt(string(said), 10, 64); err == nil {
			p.took = append(p.took, now.Sub(time.Unix(0, sent)))
		}
	}
}

// mask makes a client's frame, with a key of zeros.
func mask(first byte, payload []byte) []byte {
	return append([]byte{first, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
}

// say lets a client say something.
func (p *people) say(one *person, text string) error {
	_, err := unix.Write(one.fd, mask(0x81, []byte(text)))
	return err
}

// leave closes a client's connection without a word.
func (p *people) leave(one *person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one.leaving = true
	delete(p.by, one.fd)
	unix.Close(one.fd)
}

func (p *people) all() []*person {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Values(p.by))
}

// expectEnd says of a node's clients that they are to be closed.
func (p *people) expectEnd(node int) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.by {
		if one.node == node && !one.leaving {
			one.leaving = true
			n++
		}
	}
	return n
}

func (p *people) time(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for _, one := range p.by {
		one.heard = now
	}
	p.timing = on
}

func (p *people) state(timesToo bool) State {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := State{Length: len(p.history) - p.from, Together: len(p.history) > 0, Says: p.says,
		Left: p.left, Thrown: p.thrown, Code: p.lastCode, Longest: p.longest}
	if p.wrong != nil {
		s.Wrong = p.wrong.Error()
	}
	for _, one := range p.by {
		s.Together = s.Together && (one.leaving || one.next == len(p.history))
	}
	if timesToo {
		s.Took = p.took
		digest := fnv.New64a()
		binary.Write(digest, binary.LittleEndian, p.history[p.from:])
		s.Digest = digest.Sum64()
	}
	return s
}

// hashOf is the same in all crowds.
func hashOf(text []byte) uint64 {
	hash := fnv.New64a()
	hash.Write(text)
	return hash.Sum64()
}
