package wsconn

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

const (
	share  = 16                   // connections that a worker takes at a time: an answer waits for so many writes at most
	few    = 8 * share            // connections: with no more left, all processors together are done before anyone speaks again
	lull   = time.Millisecond     // with nothing to write: nobody is in the middle of saying much
	moment = 5 * time.Millisecond // after a lull: if it is a flood that began, the other processors have more to do than to write
)

// flusher writes to those connections that are owed something. Its workers, which are there only while any is, never wait for a client: one
// that takes no more is left to a goroutine of its own.
type flusher struct {
	mu      sync.Mutex // guards what follows
	soon    queue      // of those who wait, whoever is owed an answer: it can go on while the others are still told
	ready   queue      // all others
	workers []*worker  // that rest
	working int
	rested  time.Time // when the last one began to
	calm    time.Time // the end of the moment in which all processors may write, after a lull
}

// worker writes to a few connections at a time. What it keeps, a write does not have to allocate.
type worker struct {
	batch   []*Conn
	scratch []byte
	writer  rawWriter
}

// add takes over the writer's turn of c.
func (f *flusher) add(c *Conn, soon bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if soon {
		f.soon.add(c)
	} else {
		f.ready.add(c)
	}
	if f.working == 0 {
		if now := time.Now(); now.Sub(f.rested) > lull {
			f.calm = now.Add(moment)
		}
		f.work()
	}
}

// hurry has c written to soon if it waits for its turn among all.
func (f *flusher) hurry(c *Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.waits == &f.ready {
		f.soon.add(c)
	}
}

// work starts one more worker; f.mu is held.
func (f *flusher) work() {
	f.working++
	if len(f.workers) == 0 {
		f.workers = append(f.workers, &worker{})
	}
	last := len(f.workers) - 1
	go f.run(f.workers[last])
	f.workers = f.workers[:last]
}

// limit is how many may work. Half of the processors write, the others read, and do the rest of what there is. f.mu is held.
func (f *flusher) limit() int {
	processors := runtime.GOMAXPROCS(0)
	if f.left() <= few && time.Now().Before(f.calm) {
		return processors
	}
	return max(1, processors/2)
}

func (f *flusher) left() int { return f.soon.len() + f.ready.len() }

// run writes as long as there is something to write. First others have a turn: what they say shares the writes. Not again until the end,
// for a thousand clients with nothing to say would have theirs, too.
func (f *flusher) run(w *worker) {
	runtime.Gosched()
	for f.take(w) {
		for i, c := range w.batch {
			w.batch[i] = nil
			f.flush(w, c)
		}
	}
}

// take gives a worker the next connections, and has another help where many are left. False means that the worker ends: there are none, or
// others are enough.
func (f *flusher) take(w *worker) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.batch = w.batch[:0]
	if f.working == 1 || f.working <= f.limit() {
		w.batch = f.soon.take(w.batch, share/2)
		w.batch = f.ready.take(w.batch, share)
	}
	if len(w.batch) == 0 {
		f.working--
		f.rested = time.Now()
		f.workers = append(f.workers, w)
		return false
	}
	if f.left() > share && f.working < f.limit() {
		f.work()
	}
	return true
}

// queue is first in, first out. Its flusher's mu guards it.
type queue struct {
	conns []*Conn
	taken int // of conns, from its start
}

func (q *queue) len() int { return len(q.conns) - q.taken }

func (q *queue) add(c *Conn) {
	q.conns = append(q.conns, c)
	c.waits = q
}

// take appends the first to batch, which grows to size at most, and passes over those who wait elsewhere by now.
func (q *queue) take(batch []*Conn, size int) []*Conn {
	for ; q.len() > 0 && len(batch) < size; q.taken++ {
		if c := q.conns[q.taken]; c.waits == q {
			c.waits = nil
			batch = append(batch, c)
		}
	}
	if 2*q.taken >= len(q.conns) { // so a connection is moved once at most, on average
		left := copy(q.conns, q.conns[q.taken:])
		clear(q.conns[left:])
		q.conns, q.taken = q.conns[:left], 0
	}
	return batch
}

// flush writes once to c what the kernel takes without waiting.
func (f *flusher) flush(w *worker, c *Conn) {
	if c.raw == nil {
		c.stuck.Store(true)
		if c.writes == nil {
			c.writes = func() { c.writeAll(nil) } // kept, for go allocates what it is given
		}
		go c.writes()
		return
	}
	b, copied := c.gather(w.scratch[:0])
	n, err := w.writer.write(c.raw, b)
	if copied && cap(b) <= 4*writeSize {
		w.scratch = b
	}
	switch {
	case err != nil:
		c.fail(err)
	case n < len(b):
		c.stuck.Store(true)
		rest := b[n:]
		if copied {
			rest = slices.Clone(rest)
		}
		go c.writeAll(rest)
	default:
		if more, answer := c.release(); more {
			f.add(c, answer)
		}
	}
}
