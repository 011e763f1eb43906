package wsconn

import (
	"runtime"
	"slices"
	"sync"
)

// flusher writes to the connections that have something queued. Its workers never wait for a
// client: one that takes no more is left to a goroutine of its own. They end when nothing is left
// to write.
type flusher struct {
	mu      sync.Mutex // guards what follows
	queue   []*Conn    // that wait for a turn
	turns   []*Conn    // taken from queue, from next on: they have their turn now
	next    int
	hurried int // of these turns
	working int
}

// worker writes to one connection at a time. It keeps what each write would have to allocate.
type worker struct {
	buffer []byte
	writer rawWriter
}

var workers = sync.Pool{New: func() any { return new(worker) }}

// add puts c at the end of the queue.
func (f *flusher) add(c *Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = append(f.queue, c)
	// Half of the processors write. The others read, and do the rest of what there is.
	if f.working < max(1, runtime.GOMAXPROCS(0)/2) {
		f.working++
		go f.work()
	}
}

// hurry puts c before all others, if there is a free place.
func (f *flusher) hurry(c *Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next > 0 && f.hurried < len(f.turns) {
		f.hurried++
		f.next--
		f.turns[f.next] = c
	}
}

// work first lets other goroutines run: what they say shares the writes. It writes to each client
// once. One that has more queued by then goes to the end: meanwhile still more may come.
func (f *flusher) work() {
	w := workers.Get().(*worker)
	defer workers.Put(w)
	runtime.Gosched()
	for c := f.take(); c != nil; c = f.take() {
		w.write(c)
	}
}

// take returns the first in the queue, nil at its end.
func (f *flusher) take() (c *Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next == len(f.turns) {
		f.turns, f.queue, f.next, f.hurried = f.queue, f.turns[:0], 0, 0
	}
	if len(f.turns) == 0 {
		f.working--
		return nil
	}
	c, f.turns[f.next] = f.turns[f.next], nil
	f.next++
	return c
}

// write writes once what the kernel takes without waiting.
func (w *worker) write(c *Conn) {
	b, mine := c.out.take(w.buffer[:0])
	if !mine {
		return
	}
	w.buffer = b
	n, err := w.writer.write(c.raw, b)
	switch {
	case err != nil:
		c.fail(err)
	case n < len(b):
		go c.writeRest(n, slices.Clone(b[n:]))
	default:
		c.wrote(n, 0)
	}
}

// writeRest waits for the client to take the rest, after n bytes that it took.
func (c *Conn) writeRest(n int, rest []byte) {
	var err error
	for c.wrote(n, len(rest)); len(rest) > 0; c.wrote(n, len(rest)) {
		if n, err = c.net.Write(rest[:min(len(rest), pieceSize)]); err != nil {
			c.fail(err)
			return
		}
		rest = rest[n:]
	}
}
