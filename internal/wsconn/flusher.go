package wsconn

import (
	"runtime"
	"slices"
	"sync"
)

// flusher writes to the connections that have something queued. Its workers never wait for a client:
// one that takes no more is left to a goroutine of its own. They end when nothing is left to write.
type flusher struct {
	mu      sync.Mutex // guards what follows
	queue   []*Conn    // that wait for a turn
	turns   []*Conn    // that waited before those, and have theirs now, from next on
	next    int
	working int
	resting []*worker
}

// worker writes to one connection at a time. What it keeps, a write need not allocate.
type worker struct {
	buffer []byte
	writer rawWriter
}

// add puts c at the end of the queue. Each connection stands there once, because its outbox says that
// it is being written to.
func (f *flusher) add(c *Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = append(f.queue, c)
	// Half of the processors write. The others read, and do the rest of what there is.
	if f.working < max(1, runtime.GOMAXPROCS(0)/2) {
		f.working++
		w := &worker{}
		if last := len(f.resting) - 1; last >= 0 {
			w, f.resting = f.resting[last], f.resting[:last]
		}
		go f.work(w)
	}
}

func (f *flusher) hurry(c *Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next > 0 {
		f.next--
		f.turns[f.next] = c
	}
}

// work begins when others have had a turn: what they say shares the writes.
func (f *flusher) work(w *worker) {
	runtime.Gosched()
	for c := f.take(w); c != nil; c = f.take(w) {
		if more := w.write(c); more {
			f.add(c) // at the end: meanwhile more may come, which shares its next write
		}
	}
}

// take returns the first in the queue, or ends w's work where there is none.
func (f *flusher) take(w *worker) (c *Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next == len(f.turns) {
		f.turns, f.queue, f.next = f.queue, f.turns[:0], 0
	}
	if len(f.turns) == 0 {
		f.working--
		f.resting = append(f.resting, w)
		return nil
	}
	c, f.turns[f.next] = f.turns[f.next], nil
	f.next++
	return c
}

// write writes once what the kernel takes without waiting, and reports whether there is more.
func (w *worker) write(c *Conn) (more bool) {
	const keep = 4 * writeSize // bytes: a long message must not leave a long buffer
	b, ok := c.out.take(w.buffer[:0])
	if !ok {
		return false
	}
	if cap(b) <= keep {
		w.buffer = b
	}
	n, err := w.writer.write(c.raw, b)
	if err != nil {
		c.fail(err)
		return false
	}
	if n < len(b) {
		go c.writeRest(n, slices.Clone(b[n:]))
		return false
	}
	return c.out.wrote(n, 0)
}

// writeRest writes to a client that has to be waited for. Of what was taken, n bytes are written.
func (c *Conn) writeRest(n int, rest []byte) {
	more := c.out.wrote(n, len(rest))
	for len(rest) > 0 {
		n, err := c.net.Write(rest[:min(len(rest), pieceSize)])
		if err != nil {
			c.fail(err)
			return
		}
		rest = rest[n:]
		more = c.out.wrote(n, len(rest))
	}
	if more {
		c.server.flusher.add(c)
	}
}
