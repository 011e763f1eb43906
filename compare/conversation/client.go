// Package conversation lets tests talk to a chat server through a real client
// library, gorilla/websocket, and through raw bytes where a library would not
// send them.
package conversation

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"example.com/chat/compare/servers"
)

// Limit is how long an answer may take before it counts as missing.
const Limit = 60 * time.Second

// Client is one connection. It reads from its socket only what the test asks
// for: one that does not call Hear is one that does not read.
type Client struct {
	t      testing.TB
	conn   *websocket.Conn
	events chan Event
	gone   chan struct{}
	mute   atomic.Bool // answers no pings
}

// Event is what a client reads: a message, the answer to a ping, or the end.
type Event struct {
	Kind string // "text", "binary", "pong" or "closed"
	Text string // the message, or the close's reason
	Code int    // of the close; 1006 is an end without one
}

// String says the event as a transcript does.
func (e Event) String() string {
	const long = 80
	switch {
	case e.Kind == "closed":
		return fmt.Sprintf("closed with %d", e.Code)
	case len(e.Text) > long:
		begin, end := e.Text[:long/4], e.Text[len(e.Text)-long/4:]
		return fmt.Sprintf("%s of %d bytes: %s…%s", e.Kind, len(e.Text), begin, end)
	}
	return fmt.Sprintf("%s %q", e.Kind, e.Text)
}

// Option changes how a client connects.
type Option func(dialer *websocket.Dialer, header http.Header)

// Header sends one more header with the upgrade.
func Header(name, value string) Option {
	return func(_ *websocket.Dialer, header http.Header) { header.Add(name, value) }
}

// Compression offers it.
func Compression(dialer *websocket.Dialer, _ http.Header) { dialer.EnableCompression = true }

// Try asks for an upgrade on path. The client is nil when it is refused.
func Try(
	t testing.TB, s *servers.Server, path string, options ...Option,
) (*Client, *http.Response) {
	t.Helper()
	dialer, header := &websocket.Dialer{HandshakeTimeout: Limit}, make(http.Header)
	for _, option := range options {
		option(dialer, header)
	}
	conn, response, err := dialer.Dial("ws://"+s.Addr+path, header)
	if errors.Is(err, websocket.ErrBadHandshake) {
		return nil, response
	}
	if err != nil {
		t.Fatalf("%s: connect to %s: %v", s.Name, path, err)
	}
	c := &Client{t: t, conn: conn, events: make(chan Event), gone: make(chan struct{})}
	t.Cleanup(func() {
		close(c.gone)
		conn.Close()
	})
	go c.read()
	return c, response
}

// Join connects as id, and returns when the server reads from the client,
// which it does only once it has put it in its list.
func Join(t testing.TB, s *servers.Server, id string, options ...Option) *Client {
	t.Helper()
	c, response := Try(t, s, "/ws/"+url.PathEscape(id), options...)
	if c == nil {
		t.Fatalf("%s: client %s is refused with %d", s.Name, id, response.StatusCode)
	}
	c.Ping()
	for e := c.Hear(); e.Kind != "pong"; e = c.Hear() {
		if e.Kind == "closed" {
			t.Fatalf("%s: client %s: %s", s.Name, id, e)
		}
	}
	return c
}

func (c *Client) read() {
	c.conn.SetPongHandler(func(string) error {
		c.tell(Event{Kind: "pong"})
		return nil
	})
	answer := c.conn.PingHandler()
	c.conn.SetPingHandler(func(data string) error {
		if c.mute.Load() {
			return nil
		}
		return answer(data)
	})
	kinds := map[int]string{websocket.TextMessage: "text", websocket.BinaryMessage: "binary"}
	for {
		kind, data, err := c.conn.ReadMessage()
		if err == nil {
			c.tell(Event{Kind: kinds[kind], Text: string(data)})
			continue
		}
		end := Event{Kind: "closed", Code: websocket.CloseAbnormalClosure}
		closed, ok := errors.AsType[*websocket.CloseError](err)
		if ok && closed.Code != end.Code {
			end.Code, end.Text = closed.Code, closed.Text
		}
		c.conn.Close() // as a browser does; FastAPI tells of the leaving only then
		c.tell(end)
		return
	}
}

func (c *Client) tell(e Event) {
	select {
	case c.events <- e:
	case <-c.gone:
	}
}

// Hear returns what the client reads next.
func (c *Client) Hear() Event {
	c.t.Helper()
	e, ok := c.HearWithin(Limit)
	if !ok {
		c.t.Fatalf("nothing to read within %v", Limit)
	}
	return e
}

// HearWithin is Hear that says whether something came in time.
func (c *Client) HearWithin(limit time.Duration) (Event, bool) {
	select {
	case e := <-c.events:
		return e, true
	case <-time.After(limit):
		return Event{}, false
	}
}

// HearFirst returns what the first of two clients to read something reads.
func HearFirst(a, b *Client) (*Client, Event) {
	a.t.Helper()
	select {
	case e := <-a.events:
		return a, e
	case e := <-b.events:
		return b, e
	case <-time.After(Limit):
		a.t.Fatalf("nothing to read within %v", Limit)
		return nil, Event{}
	}
}

// HearUntil reads up to the message text, or to the end of the connection,
// and says whether the message came.
func (c *Client) HearUntil(text string) bool {
	c.t.Helper()
	for {
		switch e := c.Hear(); {
		case e.Kind == "closed":
			return false
		case e.Text == text:
			return true
		}
	}
}

// Say sends a text message.
func (c *Client) Say(text string) { c.send(websocket.TextMessage, []byte(text)) }

// SayBinary sends a binary message.
func (c *Client) SayBinary(data []byte) { c.send(websocket.BinaryMessage, data) }

func (c *Client) send(kind int, data []byte) {
	c.conn.SetWriteDeadline(time.Now().Add(Limit))
	c.conn.WriteMessage(kind, data) // what comes of it is what the client reads
}

// Ping sends one.
func (c *Client) Ping() {
	c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(Limit))
}

// IgnorePings lets no more of the server's pings be answered.
func (c *Client) IgnorePings() { c.mute.Store(true) }

// SayInParts sends one text message, a frame for each part.
func (c *Client) SayInParts(parts ...string) {
	var frames []byte
	for i, part := range parts {
		opcode := byte(websocket.TextMessage)
		if i > 0 {
			opcode = 0 // continuation
		}
		if i == len(parts)-1 {
			opcode |= 0x80 // FIN
		}
		frames = append(frames, opcode, 0x80|byte(len(part)), 0, 0, 0, 0) // masked with zeros
		frames = append(frames, part...)
	}
	c.conn.NetConn().Write(frames)
}

// SayRaw sends bytes as they are.
func (c *Client) SayRaw(b []byte) { c.conn.NetConn().Write(b) }

// Leave sends a close.
func (c *Client) Leave(code int, reason string) {
	message := websocket.FormatCloseMessage(code, reason)
	c.conn.WriteControl(websocket.CloseMessage, message, time.Now().Add(Limit))
}

// Cut ends the TCP connection without a close.
func (c *Client) Cut() { c.conn.NetConn().Close() }
