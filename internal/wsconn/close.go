package wsconn

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"golang.org/x/net/websocket"
)

// Close codes (RFC 6455, section 7.4.1).
const (
	NormalClosure   = 1000
	GoingAway       = 1001
	ProtocolError   = 1002
	UnsupportedData = 1003
	NoStatus        = 1005 // a close frame without a code; never sent
	InvalidPayload  = 1007
	PolicyViolation = 1008
	MessageTooBig   = 1009
	InternalError   = 1011
	TryAgainLater   = 1013
)

const (
	closeTimeout = 10 * time.Second // from a close that waits in the queue to the end of writing
	maxReason    = maxControl - 2   // bytes, after the code

	// farewell passes at least between the answer to a client's close and everyone being told that it left. Where that is ten thousand,
	// it keeps a processor busy for milliseconds, for which else the answer's writer may have to wait or, on the same machine, its reader.
	farewell = 20 * time.Microsecond
)

// CloseError is how a connection was closed (FastAPI's WebSocketDisconnect, with its code and reason).
type CloseError struct {
	Code   int
	Reason string
	Remote bool // the client closed it
}

func (e CloseError) Error() string {
	who := "closed with"
	if e.Remote {
		who = "client closed with"
	}
	if e.Reason == "" {
		return fmt.Sprintf("%s %d", who, e.Code)
	}
	return fmt.Sprintf("%s %d (%s)", who, e.Code, e.Reason)
}

// Close queues a close frame after what c is owed by now, if that is little, and in place of it if c is behind; nothing is sent after it,
// and Receive returns a CloseError. The reason is cut at 123 bytes. Only a connection's first close counts. It never waits: the
// connection ends when its handler returns.
func (c *Conn) Close(code int, reason string) {
	c.close(code, reason, false)
}

// GoAway is Close with 1001 for a server that shuts down: it comes after all that c is owed, and c has the time to read it.
func (c *Conn) GoAway(reason string) {
	c.close(GoingAway, reason, true)
}

func (c *Conn) close(code int, reason string, keep bool) {
	for len(reason) > maxReason || !utf8.ValidString(reason) {
		reason = reason[:len(reason)-1]
	}
	c.mu.Lock()
	if !c.closed {
		c.keep = keep
		c.closeLocked(closePayload(code, reason), CloseError{Code: code, Reason: reason})
	}
	c.mu.Unlock()
	c.flush(true)
}

func closePayload(code int, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
}

func (c *Conn) closeLocked(payload []byte, err CloseError) {
	if c.closed || c.silent {
		return
	}
	if c.chunk != nil && !c.keep {
		c.detach()
	}
	c.caughtUp()
	c.queueLocked(appendFrame(nil, websocket.CloseFrame, payload))
	c.closed = true
	c.until = time.Now().Add(closeTimeout)
	if c.err == nil {
		c.err = err
	}
	c.interrupt()
}

// answerClose checks the client's close frame and answers with its own code (RFC 6455, section 5.5.1).
func (c *Conn) answerClose(payload []byte) error {
	theirs := CloseError{Code: NoStatus, Remote: true}
	if len(payload) > 0 {
		if len(payload) == 1 || !validCode(binary.BigEndian.Uint16(payload)) {
			return CloseError{Code: ProtocolError, Reason: "close without a valid code"}
		}
		if !utf8.Valid(payload[2:]) {
			return CloseError{Code: InvalidPayload, Reason: "close reason is not UTF-8"}
		}
		theirs.Code, theirs.Reason = int(binary.BigEndian.Uint16(payload)), string(payload[2:])
		payload = payload[:2]
	}
	c.mu.Lock()
	c.closeLocked(payload, theirs)
	c.mu.Unlock()
	c.flush(true)
	time.Sleep(farewell)
	return theirs
}

// validCode: RFC 6455, sections 7.4.1 and 7.4.2, and the codes registered since (to 1014).
func validCode(code uint16) bool {
	return code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000 && code <= 4999
}

// cutOff closes a client that cannot keep up, without what it still is owed; c.mu is held.
func (c *Conn) cutOff() {
	if c.closed || c.silent {
		return
	}
	const reason = "too slow: you fell too far behind"
	c.dropOwn()
	c.closeLocked(closePayload(PolicyViolation, reason), CloseError{Code: PolicyViolation, Reason: reason})
}

// detach takes c off the log, which grows on while c may be slow: what it still is owed is copied, or dropped when that is much.
func (c *Conn) detach() {
	end := c.log.end.Load()
	if c.behind() > maxUnread {
		c.dropOwn()
		c.at.Store(end)
	}
	var rest []byte
	for _, frame := range append(c.own, ownFrame{at: end}) {
		for part := c.take(frame.at); len(part) > 0; part = c.take(frame.at) {
			rest = append(rest, part...)
		}
		rest = append(rest, frame.data...)
	}
	c.own, c.unread, c.chunk = nil, 0, nil
	c.at.Store(c.log.end.Load())
	if len(rest) > 0 {
		c.queueLocked(rest)
	}
}

// dropOwn drops the frames for c alone, but not the 101, without which a close is not understood; c.mu is held.
func (c *Conn) dropOwn() {
	own := c.own
	c.own, c.unread = nil, 0
	if len(own) > 0 && own[0].data[0] == 'H' { // no frame begins so
		c.own, c.unread = []ownFrame{own[0]}, len(own[0].data)+frameCost
	}
}

// fail ends a connection that can be neither read from nor written to any more.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent = true
	c.caughtUp()
	if c.err == nil {
		c.err = fmt.Errorf("connection lost: %w", err)
	}
	c.interrupt()
}

// StopReceiving makes Receive hand out no further message, and returns when the last one that it did is dealt with, or ctx is done.
func (c *Conn) StopReceiving(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = true
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.changed()
	})
	defer stop()
	for c.inHand && ctx.Err() == nil {
		c.wait()
	}
}

// finish ends the connection after its handler: the rest is written, the closing handshake done (RFC 6455, section 7.1.1), and then
// TCP closed by us, not before the client had time to read why.
func (c *Conn) finish() {
	c.Close(NormalClosure, "")
	c.tellsNothing()
	c.mu.Lock()
	for !c.silent {
		c.wait()
	}
	sent := c.last
	until := time.Now().Add(lingerTime)
	if c.keep {
		until = c.until // it may have much to read before our close
	}
	c.mu.Unlock()
	if sent {
		c.linger(until)
	}
	c.net.Close()
}

// linger ends our side, and reads and drops what the client still sends until it ends its own: unread input would make the kernel send a
// reset, and our close frame would be lost.
func (c *Conn) linger(until time.Time) {
	c.net.SetReadDeadline(until)
	if half, ok := c.net.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	io.Copy(io.Discard, c.net)
}
