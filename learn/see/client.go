package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"example.com/chat/compare/servers"
	"github.com/gobwas/ws"
)

// patience is how long nothing may come before we believe that nothing will. On loopback an answer
// takes a millisecond, but the machine may be busy.
const patience = 10 * time.Second

// client is one WebSocket that sends what it is told to, right or wrong. It reads only when it is
// asked to.
type client struct {
	net.Conn
	r    *bufio.Reader
	code int // of the close, once c has read it
}

// heard is what a client reads: a text, or the end.
type heard struct {
	text   string
	closed int  // the close's code; 1006 is an end without a close frame
	silent bool // nothing came
}

// dial connects as id; status is the HTTP answer's.
func dial(s *servers.Server, id, origin string) (c *client, status int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dialer := ws.Dialer{Header: ws.HandshakeHeaderHTTP(http.Header{"Origin": {origin}})}
	conn, r, _, err := dialer.Dial(ctx, "ws://"+s.Addr+"/ws/"+id)
	if refused, ok := errors.AsType[ws.StatusError](err); ok {
		return nil, int(refused), nil
	}
	if err != nil {
		return nil, 0, err
	}
	if r == nil {
		r = bufio.NewReader(conn)
	}
	return &client{Conn: conn, r: r}, http.StatusSwitchingProtocols, nil
}

// join connects clients 1 to n, one after the other, each of whom has read all that was said so
// far.
func join(s *servers.Server, n int) ([]*client, error) {
	var room []*client
	for id := 1; id <= n; id++ {
		c, status, err := dial(s, fmt.Sprint(id), "http://"+s.Addr)
		if err != nil || c == nil {
			return nil, fmt.Errorf("client %d was answered %d: %v", id, status, err)
		}
		room = append(room, c)
		c.say("hello")
		for _, c := range room {
			if !c.hears(fmt.Sprintf("Client #%d says: hello", id)) {
				return nil, fmt.Errorf("client %d was not heard", id)
			}
		}
	}
	return room, nil
}

// send sends frames in one write. Its error does not matter: what the client reads next tells.
func (c *client) send(frames ...ws.Frame) {
	var b []byte
	for _, f := range frames {
		b = append(b, ws.MustCompileFrame(ws.MaskFrame(f))...)
	}
	c.SetWriteDeadline(time.Now().Add(patience))
	c.Write(b)
}

func (c *client) say(text string) { c.send(ws.NewTextFrame([]byte(text))) }

func closeFrame() ws.Frame {
	return ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, ""))
}

// hear returns what c reads next.
func (c *client) hear() heard {
	for {
		if c.code != 0 {
			return heard{closed: c.code}
		}
		c.SetReadDeadline(time.Now().Add(patience))
		f, err := ws.ReadFrame(c.r)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return heard{silent: true}
		case err != nil:
			return c.ended(1006, "")
		case f.Header.OpCode == ws.OpPing:
			c.send(ws.NewPongFrame(f.Payload))
		case f.Header.OpCode == ws.OpClose:
			if len(f.Payload) < 2 {
				return c.ended(1005, "")
			}
			return c.ended(int(binary.BigEndian.Uint16(f.Payload)), string(f.Payload[2:]))
		default:
			return heard{text: string(f.Payload)}
		}
	}
}

// ended closes the connection as a browser does, which FastAPI waits for.
func (c *client) ended(code int, reason string) heard {
	c.code = code
	c.Close()
	return heard{closed: code, text: reason}
}

// hears reads until text comes; false means that it does not.
func (c *client) hears(text string) bool {
	for {
		switch h := c.hear(); {
		case h.silent || h.closed != 0:
			return false
		case h.text == text:
			return true
		}
	}
}

// fate is what becomes of c, whatever it reads before.
func (c *client) fate() string {
	if code := c.endsWithin(patience); code != 0 {
		return fmt.Sprintf("is closed with %d", code)
	}
	return "stays connected"
}

// endsWithin waits for the end until nothing has come for a while and the limit is over. It returns
// the code of the close, or 0. The others answer pings meanwhile.
func (c *client) endsWithin(limit time.Duration, others ...*client) (code int) {
	began := time.Now()
	for {
		if h := c.hear(); h.closed != 0 || h.silent && time.Since(began) > limit {
			return h.closed
		}
		for _, other := range others {
			other.readWhatIsThere()
		}
	}
}

func (c *client) readWhatIsThere() {
	for c.code == 0 {
		c.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, err := c.r.Peek(1); err != nil {
			return
		}
		c.SetReadDeadline(time.Now().Add(patience))
		f, err := ws.ReadFrame(c.r)
		if err != nil {
			return
		}
		if f.Header.OpCode == ws.OpPing {
			c.send(ws.NewPongFrame(f.Payload))
		}
	}
}
