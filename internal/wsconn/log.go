package wsconn

import (
	"sync/atomic"

	"golang.org/x/net/websocket"
)

// Log holds what was said to everyone, once and in one order, as frames ready to be sent. Each connection that follows it has
// a position of its own in it; what all have passed is garbage. So the room's memory is bounded by how far a client may fall
// behind, however many do. The zero value is an empty Log. Append and Follow must not be called at the same time: whoever keeps the
// list of followers has a lock for it.
type Log struct {
	end   atomic.Int64 // position after the last byte
	tail  *chunk
	crowd crowd
}

// chunk is a piece of a Log. Whole frames only, so that a connection can stop after any chunk.
type chunk struct {
	start int64 // position of data[0]
	data  []byte
	used  atomic.Int64 // bytes of data that are written, and never change again
	next  atomic.Pointer[chunk]
}

// Append adds a text message. It copies message and never waits.
func (l *Log) Append(message string) {
	tail := l.room(frameSize(len(message)))
	used := len(appendFrame(tail.data[:tail.used.Load()], websocket.TextFrame, message))
	tail.used.Store(int64(used))
	l.end.Store(tail.start + int64(used))
}

// room returns the chunk that is being filled, with room for size more bytes.
func (l *Log) room(size int) *chunk {
	last := l.tail
	if last == nil || int(last.used.Load())+size > len(last.data) {
		l.tail = &chunk{start: l.end.Load(), data: make([]byte, max(size, writeSize))}
		if last != nil {
			last.next.Store(l.tail)
		}
	}
	return l.tail
}

// Follow makes c read l from here on. It is called once.
func (c *Conn) Follow(l *Log) {
	c.mu.Lock()
	c.chunk = l.room(0)
	c.at.Store(l.end.Load())
	c.log = l
	c.mu.Unlock()
	c.flush(true)
}

// behind returns how many bytes of the log are not yet in the writer's hands.
func (c *Conn) behind() int64 {
	if c.log == nil {
		return 0
	}
	return c.log.end.Load() - c.at.Load()
}

// take returns what the log has between c's position and limit, up to the end of a chunk, and moves the position past it;
// c.mu is held.
func (c *Conn) take(limit int64) []byte {
	at := c.at.Load()
	if at >= limit {
		return nil
	}
	if at == c.chunk.start+c.chunk.used.Load() {
		c.chunk = c.chunk.next.Load()
	}
	to := min(limit, c.chunk.start+c.chunk.used.Load())
	c.at.Store(to)
	return c.chunk.data[at-c.chunk.start : to-c.chunk.start]
}
