package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

const (
	shownText  = 80       // runes of a message that the page shows
	longText   = 60_000   // bytes of a long message: the limit is 65,536
	floodOf    = 200      // messages
	smallQueue = 16 << 10 // bytes in the kernel: whoever stops reading is soon noticed
)

// client is one WebSocket at one program. It does one thing after the other. Nobody waits for it.
type client struct {
	id      int
	journal *Journal
	conn    net.Conn
	r       *bufio.Reader
	todo    chan func() // nil ends it
	heard   chan string // for stories; what nobody takes is dropped
	ended   chan struct{}
	closing sync.Once

	mu      sync.Mutex
	reading *sync.Cond
	stopped bool // it does not read
}

// connect starts a client; what becomes of it is told to the journal.
func connect(id int, r *running) *client {
	c := &client{
		id: id, journal: r.journal, todo: make(chan func(), 16), heard: make(chan string, 1024),
		ended: make(chan struct{}),
	}
	c.reading = sync.NewCond(&c.mu)
	c.todo <- func() { c.dial(r.Addr) }
	go func() {
		for {
			select {
			case do := <-c.todo:
				do()
			case <-c.ended:
				return
			}
		}
	}()
	return c
}

func (c *client) tell(kind, value string) {
	if runes := []rune(value); len(runes) > shownText {
		value = string(runes[:shownText]) + "…"
	}
	c.journal.Add(Event{Kind: kind, Client: c.id, Value: value})
}

func (c *client) dial(addr string) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	go func() {
		select {
		case <-c.ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	dialer := ws.Dialer{NetDial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err == nil {
			conn.(*net.TCPConn).SetReadBuffer(smallQueue)
		}
		return conn, err
	}}
	conn, early, _, err := dialer.Dial(ctx, fmt.Sprintf("ws://%s/ws/%d", addr, c.id))
	if err != nil {
		c.end("is not let in: " + err.Error())
		return
	}
	if early == nil {
		early = bufio.NewReader(conn)
	}
	c.mu.Lock()
	c.conn, c.r = conn, early
	c.mu.Unlock()
	if c.isOver() { // meanwhile
		conn.Close()
		return
	}
	c.tell("connected", "")
	go c.read()
}

// do is what a client is told to do; false means that it is busy, or gone.
func (c *client) do(what func()) bool {
	select {
	case <-c.ended:
		return false
	case c.todo <- what:
		return true
	default:
		return false
	}
}

// actions are what a page's button or a story may ask of a client.
var actions = map[string]func(*client){
	"hello": func(c *client) { c.says("hello") },
	"long":  func(c *client) { c.says("a long message " + strings.Repeat("w", longText)) },
	"binary": func(c *client) {
		c.tell("says", "binary: ff 00")
		c.send(ws.NewBinaryFrame([]byte("\xff\x00")))
	},
	"flood": (*client).flood,
	"last": func(c *client) {
		c.tell("says", "bye, and closes")
		c.send(ws.NewTextFrame([]byte("bye")), closeFrame(ws.StatusNormalClosure))
	},
	"close": func(c *client) {
		c.tell("says", "close")
		c.send(closeFrame(ws.StatusNormalClosure))
	},
	"cut": func(c *client) {
		if tcp, ok := c.connection().(*net.TCPConn); ok {
			tcp.SetLinger(0) // a reset, as when a machine is gone
		}
		c.end("cut the line")
	},
	"stop": (*client).stopReading,
}

func closeFrame(code ws.StatusCode) ws.Frame {
	return ws.NewCloseFrame(ws.NewCloseFrameBody(code, ""))
}

func (c *client) says(text string) {
	c.tell("says", text)
	c.send(ws.NewTextFrame([]byte(text)))
}

func (c *client) flood() {
	c.tell("says", fmt.Sprint(floodOf, " messages at once"))
	for i := range floodOf {
		c.send(ws.NewTextFrame(fmt.Append(nil, i+1, " of ", floodOf)))
	}
}

// send writes frames at once. A server that takes nothing for long ends the client.
func (c *client) send(frames ...ws.Frame) {
	var b []byte
	for _, f := range frames {
		b = append(b, ws.MustCompileFrame(ws.MaskFrame(f))...)
	}
	if conn := c.connection(); conn != nil {
		conn.SetWriteDeadline(time.Now().Add(time.Minute))
		conn.Write(b) // what the client reads next tells how it went
	}
}

// connection is nil before the client has connected, and when it has ended.
func (c *client) connection() net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn
}

// stopReading stops reading, or reads on.
func (c *client) stopReading() {
	c.mu.Lock()
	c.stopped = !c.stopped
	text := "reads on"
	if c.stopped {
		text = "stops reading"
	}
	c.reading.Broadcast()
	c.mu.Unlock()
	c.tell("stops", text)
}

// read tells what the client hears until its end.
func (c *client) read() {
	for {
		if !c.mayRead() {
			return
		}
		f, err := ws.ReadFrame(c.r)
		switch {
		case err != nil:
			c.end("1006, without a close frame")
			return
		case f.Header.OpCode == ws.OpPing:
			c.do(func() { c.send(ws.NewPongFrame(f.Payload)) })
		case f.Header.OpCode == ws.OpClose:
			c.answerClose(f.Payload)
			return
		case f.Header.OpCode == ws.OpText:
			c.tell("hears", string(f.Payload))
			select {
			case c.heard <- string(f.Payload):
			default:
			}
		}
	}
}

func (c *client) mayRead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.stopped && c.conn != nil {
		c.reading.Wait()
	}
	return c.conn != nil
}

// answerClose closes as a browser does.
func (c *client) answerClose(payload []byte) {
	text := "1005, no code"
	if len(payload) >= 2 {
		code := binary.BigEndian.Uint16(payload)
		text = strings.TrimSpace(fmt.Sprint(code, " ", string(payload[2:])))
		if conn := c.connection(); conn != nil {
			conn.SetWriteDeadline(time.Now().Add(time.Second))
			conn.Write(ws.MustCompileFrame(ws.MaskFrame(closeFrame(ws.StatusCode(code)))))
		}
	}
	c.end(text)
}

// end ends the client for good, and says why.
func (c *client) end(why string) {
	c.closing.Do(func() {
		c.tell("closed", why)
		close(c.ended)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.conn != nil {
			c.conn.Close()
			c.conn = nil
		}
		c.reading.Broadcast()
	})
}

func (c *client) isOver() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// hears waits until the client hears a text with these words, or is closed.
func (c *client) hears(ctx context.Context, words string) error {
	for {
		select {
		case text := <-c.heard:
			if strings.Contains(text, words) {
				return nil
			}
		case <-c.ended:
			return errors.New("the client is closed")
		case <-ctx.Done():
			return fmt.Errorf("client %d does not hear %q: %w", c.id, words, ctx.Err())
		}
	}
}
