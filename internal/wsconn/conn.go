package wsconn

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/websocket"
)

// Conn is one client's WebSocket. Any goroutine may call its methods.
type Conn struct {
	server   *Server
	out      outbox
	accepted atomic.Bool
	busy     atomic.Bool // the handler may be about to send: a shutdown waits for it

	receives atomic.Bool // somebody has called Receive

	receiving     sync.Mutex // guards in and returned
	in            reader
	returned      bool // the handler has
	silentSeconds int  // since the client was last heard of, rounded up; watch's own
}

// FromConn returns the connection that a [Server] made for ws. Use it in place of ws, which cannot
// send. FromConn panics if ws did not come through a Server.
func FromConn(ws *websocket.Conn) *Conn {
	return ws.Request().Context().Value(connKey{}).(*Conn)
}

func newConn(s *Server, conn net.Conn, early *bufio.Reader) *Conn {
	c := &Conn{server: s}
	c.out.socket, c.out.flusher, c.out.writing = newSocket(conn), &s.flusher, true
	c.out.change.L, c.out.end.done = &c.out.mu, make(chan struct{})
	c.out.pace.patience, c.out.pace.maxQueued = &s.patience, maxQueued+2*s.maxMessage()
	c.in.init(conn, early, s.maxMessage())
	return c
}

// Accept sends the 101 that x/net made (Starlette's WebSocket.accept). It never waits. From now
// on the client hears whatever is sent to it.
func (c *Conn) Accept() {
	if c.accepted.CompareAndSwap(false, true) {
		c.out.wrote(false)
	}
}

// Send queues a message for this client (Starlette's WebSocket.send_text). While the client is far
// behind, Send waits for it, as await send_text does, but not for long. A client that does not read
// is closed with 1008. For all such clients together, those who send one after the other wait less
// than 100 ms in any second. What is sent before Accept goes out after it. What is sent after the
// connection's end, or after its handler's, is dropped.
func (c *Conn) Send(message *Frame) {
	if c.out.push(message) {
		c.Accept() // otherwise there is nothing to wait for
		if tooSlow := c.out.awaitClient(); tooSlow != nil {
			c.endFor(tooSlow)
		}
	}
}

// ReceiveText waits for the client's next text message, whole and valid UTF-8 (Starlette's
// WebSocket.receive_text). The error is a [CloseError] if either side sent a close frame. Otherwise
// it says what ended the connection. After an error the client is gone, and the error stays.
//
// Any goroutine may receive, one at a time. When the handler has returned, there is only an error.
func (c *Conn) ReceiveText() (string, error) {
	_, data, err := c.receive(false)
	return string(data), err
}

// Receive is ReceiveText for text and binary messages. Its opcode is websocket.TextFrame or
// websocket.BinaryFrame.
func (c *Conn) Receive() (opcode byte, data []byte, err error) {
	return c.receive(true)
}

// receive hands nothing out while a shutdown waits for those who are busy.
func (c *Conn) receive(binary bool) (opcode byte, data []byte, err error) {
	c.Accept()
	c.receives.Store(true)
	c.setBusy(false)
	c.receiving.Lock()
	defer c.receiving.Unlock()
	if c.in.buf.Buffered() == 0 {
		c.out.flush() // the answer to what the client said, so that it can go on
	}
	if err = c.readMessage(binary); err != nil {
		c.endFor(err)
	}
	if !c.returned {
		c.setBusy(true)
	}
	if err = c.out.ended(); err == nil {
		opcode, data = c.in.take()
	}
	return opcode, data, err
}

// readMessage reads until a message is whole.
func (c *Conn) readMessage(binary bool) error {
	for {
		h, err := c.awaitData()
		if err != nil {
			return err
		}
		if whole, err := c.in.readData(h, binary); whole || err != nil {
			return err
		}
	}
}

// awaitData waits for the header of a message's frame, and answers the control frames before it
// (RFC 6455, section 5.5). A close is an error.
func (c *Conn) awaitData() (h header, err error) {
	for {
		if err = c.out.awaitRoom(); err != nil {
			return h, err
		}
		if h, err = c.in.awaitHeader(); err != nil || h.opcode < websocket.CloseFrame {
			return h, err
		}
		payload, err := c.in.readControl(h)
		switch {
		case err != nil:
			return h, err
		case h.opcode == websocket.CloseFrame:
			return h, parseClose(payload)
		case h.opcode == websocket.PingFrame:
			c.out.push(newFrame(websocket.PongFrame, payload))
		}
	}
}

// endFor ends the connection for what came of a read, or because the client is too slow.
func (c *Conn) endFor(err error) {
	if c.out.ended() != nil { // which interrupted the read
		return
	}
	c.out.dropIfStuck()
	if closed, ok := errors.AsType[CloseError](err); ok {
		c.out.enqueueClose(closeFrame(closed.Code, closed.Reason), err)
	} else if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		// It ended its side, and may still read what is queued. No close frame: it sent none.
		c.out.enqueueClose(&Frame{}, fmt.Errorf("connection lost: %w", err))
	} else {
		c.out.abort(err)
	}
}

// Close queues a close frame after all that is queued for c (RFC 6455, section 7.1.2). Nothing is
// sent after it, and Receive returns a [CloseError]. Only a connection's first close counts. The
// reason is cut at 123 bytes. Close never waits: the connection ends when its handler returns. It
// panics for a code that may not be sent.
func (c *Conn) Close(code int, reason string) {
	if !mayBeSent(code) {
		panic(fmt.Sprintf("wsconn: close code %d may not be sent (RFC 6455, section 7.4)", code))
	}
	c.out.enqueueClose(closeFrame(code, reason), CloseError{Code: code, Reason: reason})
}

// Done returns a channel that is closed when nothing more can be sent to the client: it is gone, or
// it was closed. It is for a handler that only sends. Call it again for each wait. While nobody
// receives, it answers pings, and notices the client's end unless a message comes before that.
func (c *Conn) Done() <-chan struct{} {
	c.Accept()
	if !c.receives.Load() {
		c.setBusy(false)
	}
	if c.receiving.TryLock() {
		go func() {
			defer c.receiving.Unlock()
			if _, err := c.awaitData(); err != nil {
				c.endFor(err)
			}
		}()
	}
	return c.out.end.done
}

// setBusy says whether the handler may be about to send, or waits for its client. To become busy
// during a shutdown, it waits.
func (c *Conn) setBusy(busy bool) {
	change := int64(-1)
	if busy {
		change = 1
		c.server.gate.RLock()
		defer c.server.gate.RUnlock()
	}
	if c.busy.Swap(busy) != busy {
		c.server.busy.Add(change)
	}
}

// watch runs once a second. It pings a client that is silent, and ends what takes too long.
func (c *Conn) watch() {
	c.silentSeconds++
	// Nothing is heard where nobody reads, and no ping passes a stuck write.
	if stuck := c.out.watch(); stuck || c.in.heard.Swap(false) || !c.in.waiting.Load() {
		c.silentSeconds = 1 // at most
	}
	switch time.Duration(c.silentSeconds) * time.Second {
	case pingAfter:
		c.out.push(newFrame(websocket.PingFrame, ""))
	case 2 * pingAfter:
		c.out.abort(errors.New("no answer to a ping"))
	}
}

// finish ends the WebSocket after its handler, and returns how it ended. What is queued is written,
// and the client's close frame waited for, for lingerTime at most (RFC 6455, section 7.1.1).
func (c *Conn) finish() error {
	c.Accept()
	c.Close(NormalClosure, "")
	c.receiving.Lock() // from a goroutine that still receives: the close has interrupted it
	defer c.receiving.Unlock()
	c.returned = true
	c.setBusy(false)
	why := c.out.awaitWritten()
	c.out.socket.SetReadDeadline(time.Now().Add(lingerTime))
	c.in.awaitClose()
	return why
}
