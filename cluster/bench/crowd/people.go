//go:build linux

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	dialers = 10        // at a time: each waits for the room
	every   = 64        // of so many latencies one is kept
	atOnce  = 256 << 10 // bytes that are read from one client at a time
)

// person is one client.
type person struct {
	fd, node, id int
	next         int    // bytes of the room's history that it has heard; -1: not known
	rest         []byte // the start of a frame
	leaving      bool   // of itself, or because its node is to end
}

// people are all clients, read by one goroutine. What one hears must be what the others heard.
type people struct {
	epoll int

	mu       sync.Mutex // guards what follows
	by       map[int]*person
	history  []byte         // the frames that the room told
	ends     []int          // of each of them
	from     int            // the place after "mark go", from where on all crowds compare
	marks    map[string]int // places in the history where a client may begin to follow
	says     []saying       // in the history
	left     int            // leavings in the history
	took     []time.Duration
	longest  time.Duration     // until what was said was heard
	heard    map[int]time.Time // when a node's clients last heard the room, since the first saying
	still    time.Duration     // the longest in which nobody on a node heard the room
	thrown   int               // clients that were closed, and did not expect it
	lastCode string            // with which
	wrong    error             // a message that was not what the others heard
	count    int
}

// saying is what somebody said.
type saying struct {
	end  int // of its frame in the history
	sent time.Time
}

func newPeople() (*people, error) {
	epoll, err := unix.EpollCreate1(0)
	p := &people{epoll: epoll, by: map[int]*person{}, marks: map[string]int{},
		heard: map[int]time.Time{}}
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
	b := buffer[:held+n]
	b = b[p.follow(one, b, now):]
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
			p.hear(one, frame, now)
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

// follow returns how many bytes of b are whole frames that others have heard already. Most are:
// one comparison for all of them keeps the clients from taking the nodes' processors.
func (p *people) follow(one *person, b []byte, now time.Time) int {
	if one.next < 0 {
		return 0
	}
	n := min(len(b), len(p.history)-one.next)
	if !bytes.Equal(b[:n], p.history[one.next:one.next+n]) {
		return 0 // another frame is in between
	}
	from := one.next
	after, _ := slices.BinarySearch(p.ends, from+n+1)
	if after > 0 && p.ends[after-1] > from {
		p.advance(one, p.ends[after-1], now)
	}
	return one.next - from
}

// advance notes that a client has heard more of the history, and times what was said in it.
func (p *people) advance(one *person, to int, now time.Time) {
	first, _ := slices.BinarySearchFunc(p.says, one.next+1,
		func(s saying, end int) int { return s.end - end })
	one.next = to
	if len(p.says) > 0 && to >= p.says[0].end && !one.leaving {
		if before, ok := p.heard[one.node]; ok {
			p.still = max(p.still, now.Sub(before))
		}
		p.heard[one.node] = now
	}
	for _, s := range p.says[first:] {
		if s.end > to {
			return
		}
		took := now.Sub(s.sent)
		p.longest = max(p.longest, took)
		if p.count++; p.count%every == 0 {
			p.took = append(p.took, took)
		}
	}
}

// hear compares what one client hears with what the others have heard.
func (p *people) hear(one *person, frame []byte, now time.Time) {
	_, text, _ := bytes.Cut(frame, []byte(" says: "))
	if one.next < 0 {
		at, isMark := p.marks[string(text)]
		if !isMark && (len(p.history) > 0 || !isMarked(text)) {
			return // not yet: it knows no place to begin
		}
		one.next = at
	}
	if one.next == len(p.history) {
		p.append(frame, text)
	}
	if !bytes.HasPrefix(p.history[one.next:], frame) {
		p.wrong = fmt.Errorf("client %d hears %q at byte %d, where others heard something else",
			one.id, frame[2:], one.next)
		return
	}
	p.advance(one, one.next+len(frame), now)
}

func isMarked(text []byte) bool { return bytes.HasPrefix(text, []byte("mark ")) }

// append notes what the room told next, and what somebody said in it.
func (p *people) append(frame, text []byte) {
	start := len(p.history)
	p.history = append(p.history, frame...)
	p.ends = append(p.ends, len(p.history))
	switch sent, err := strconv.ParseInt(string(text), 10, 64); {
	case isMarked(text):
		p.marks[string(text)] = start
		if string(text) == "mark go" {
			p.from = len(p.history)
		}
	case err == nil:
		p.says = append(p.says, saying{len(p.history), time.Unix(0, sent)})
	default:
		p.left++
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
	delete(p.heard, node)
	for _, one := range p.by {
		if one.node == node && !one.leaving {
			one.leaving = true
			n++
		}
	}
	return n
}

// state is what was heard. Together is whether all have heard a mark.
func (p *people) state(mark string) State {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := State{Says: len(p.says), Left: p.left, Thrown: p.thrown, Code: p.lastCode,
		Longest: p.longest, Still: p.still}
	if p.wrong != nil {
		s.Wrong = p.wrong.Error()
	}
	at, known := p.marks[mark]
	s.Together = known
	for _, one := range p.by {
		s.Together = s.Together && (one.leaving || one.next > at)
	}
	return s
}

// end is state at the end of a case.
func (p *people) end() State {
	s := p.state("")
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Took, s.Digest = p.took, sha256.Sum256(p.history[p.from:])
	return s
}
