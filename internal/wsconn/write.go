package wsconn

import (
	"encoding/binary"
	"time"

	"golang.org/x/net/websocket"
)

// Send queues a text message for this client alone (Starlette's WebSocket.send_text), after all that its log has by now. It never
// waits: a client that does not read is not read from, and is cut off with 1008 when others fill its queue. What comes after a
// close is dropped.
func (c *Conn) Send(message string) {
	c.queue(appendFrame(nil, websocket.TextFrame, message))
}

// SendMessage is Send for either opcode, websocket.TextFrame or websocket.BinaryFrame.
func (c *Conn) SendMessage(opcode byte, data []byte) {
	c.queue(appendFrame(nil, opcode, data))
}

func (c *Conn) queue(frame []byte) {
	c.mu.Lock()
	c.queueLocked(frame)
	if c.stuck.Load() && c.unread > farBehind+c.handler.maxMessage { // sent by others; its own echoes stop before, with its reading
		c.cutOff()
	}
	c.mu.Unlock()
	c.flush(true)
}

func (c *Conn) queueLocked(frame []byte) {
	if c.closed || c.silent {
		return
	}
	var at int64
	if c.chunk != nil {
		at = c.log.end.Load()
	}
	c.own = append(c.own, ownFrame{at, frame})
	c.unread += len(frame) + frameCost
}

// Flush sees to it that c is sent what it is owed, soon and in as few writes as it takes; it never waits. A client that
// stays far behind is cut off with 1008.
func (c *Conn) Flush() { c.flush(false) }

// flush is Flush; soon is before those who are owed nothing but what everyone is.
func (c *Conn) flush(soon bool) {
	if !c.busy.Load() && c.busy.CompareAndSwap(false, true) {
		c.handler.flusher.add(c, soon)
		return
	}
	if soon {
		c.handler.flusher.hurry(c)
	}
	if c.behind() > farBehind {
		c.fallBehind()
	}
}

// fallBehind makes those who speak wait for a client that is far behind, and cuts it off when that was of no use.
func (c *Conn) fallBehind() {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed || c.silent:
		// It is ending already.
	case c.lag == nil:
		c.lag = &lag{since: time.Now(), at: c.at.Load(), waited: time.AfterFunc(patience, c.giveUp)}
		c.log.crowd.add(1, 0)
	case c.stuck.Load() && (c.behind() > maxBacklog || time.Since(c.lag.since) > maxFar):
		c.cutOff()
	}
}

// giveUp lets those who speak go on without a client that takes too long to catch up.
func (c *Conn) giveUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lag == nil || c.lag.waited == nil {
		return
	}
	earned := time.Duration(c.at.Load()-c.lag.at) * time.Second / catchUpRate
	if left := patience + earned - time.Since(c.lag.since); left > 0 {
		c.lag.waited.Reset(left)
		return
	}
	c.unwait()
}

// caughtUp and unwait: c.mu is held.
func (c *Conn) caughtUp() {
	c.unwait()
	c.lag = nil
}

func (c *Conn) unwait() {
	if c.lag != nil && c.lag.waited != nil {
		c.lag.waited.Stop()
		c.lag.waited = nil
		c.log.crowd.add(-1, 0)
	}
}

// gather returns whole frames that c is owed, in their order, about writeSize bytes at most; nothing when it is owed nothing.
// They are copied to scratch, which grows, or are the log's own bytes, or a frame's, which stay. The writer calls it.
func (c *Conn) gather(scratch []byte) (b []byte, copied bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.changed()
	if c.last || c.silent {
		return scratch, true
	}
	if c.behind() < nearAgain {
		c.caughtUp()
	}
	if len(c.own) == 0 && c.chunk != nil {
		return c.take(c.log.end.Load()), false
	}
	for len(scratch) < writeSize && !c.last {
		if len(c.own) == 0 {
			if c.chunk != nil && c.behind() <= copySize { // else it waits for the next write, uncopied
				scratch = append(scratch, c.take(c.log.end.Load())...)
			}
			break
		}
		if part := c.take(c.own[0].at); len(part) > 0 {
			scratch = append(scratch, part...)
			continue
		}
		frame := c.own[0].data
		c.own[0].data = nil
		c.own = c.own[1:]
		c.unread -= len(frame) + frameCost
		c.last = c.closed && len(c.own) == 0
		if len(scratch) == 0 && len(frame) >= writeSize {
			return frame, false
		}
		scratch = append(scratch, frame...)
	}
	if len(c.own) == 0 {
		c.own = nil
	}
	return scratch, true
}

// release ends the writer's turn when all that it gathered is written. True means that there is more, and the turn goes on; answer, that
// some of that is for c alone.
func (c *Conn) release() (more, answer bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last {
		c.silent = true
		c.changed()
	}
	c.busy.Store(false)
	answer = len(c.own) > 0
	return !c.silent && (answer || c.behind() > 0) && c.busy.CompareAndSwap(false, true), answer
}

// writeAll writes what is left of a gather, and all that c is owed then, waiting for the client: the one goroutine that does, and only
// for as long as it takes.
func (c *Conn) writeAll(rest []byte) {
	for {
		if len(rest) > 0 {
			piece := rest[:min(len(rest), pieceSize)]
			if err := c.writeDeadlined(piece); err != nil {
				c.fail(err)
				return
			}
			if rest = rest[len(piece):]; len(rest) > 0 {
				continue
			}
		}
		if rest, _ = c.gather(nil); len(rest) > 0 {
			continue
		}
		c.stuck.Store(false)
		c.net.SetWriteDeadline(time.Time{})
		if more, _ := c.release(); !more {
			return
		}
		c.stuck.Store(true)
	}
}

func (c *Conn) writeDeadlined(p []byte) error {
	deadline := time.Now().Add(writeTimeout)
	c.mu.Lock()
	if c.closed && c.until.Before(deadline) {
		deadline = c.until
	}
	c.mu.Unlock()
	err := c.net.SetWriteDeadline(deadline)
	if err == nil {
		_, err = c.net.Write(p)
	}
	return err
}

func frameSize(payload int) int { return 10 + payload }

// appendFrame appends a server's frame: final and not masked (RFC 6455, section 5.2).
func appendFrame[T string | []byte](b []byte, opcode byte, payload T) []byte {
	b = append(b, finalBit|opcode)
	switch n := len(payload); {
	case n <= maxControl:
		b = append(b, byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}
