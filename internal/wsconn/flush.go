package wsconn

import (
	"runtime"
	"sync"
)

// flusher writes to those connections that are owed something. Its one goroutine, which is there only while any is, never waits for a
// client: one that takes no more is left to a goroutine of its own.
type flusher struct {
	mu      sync.Mutex // guards what follows
	ready   []*Conn
	running bool

	// The goroutine's own.
	spare   []*Conn // the last batch's memory
	scratch []byte
	writer  rawWriter
}

// add takes over the writer's turn of c.
func (f *flusher) add(c *Conn) {
	f.mu.Lock()
	f.ready = append(f.ready, c)
	start := !f.running
	f.running = true
	f.mu.Unlock()
	if start {
		go f.run()
	}
}

func (f *flusher) run() {
	for {
		runtime.Gosched() // whoever can run now may have more to say, which then shares the writes
		f.mu.Lock()
		if f.running = len(f.ready) > 0; !f.running {
			f.mu.Unlock()
			return
		}
		batch := f.ready
		f.ready = f.spare[:0]
		f.mu.Unlock()
		for i, c := range batch {
			batch[i] = nil
			f.flush(c)
		}
		f.spare = batch
	}
}

// flush writes once to c what the kernel takes without waiting.
func (f *flusher) flush(c *Conn) {
	if c.raw == nil {
		c.stuck.Store(true)
		if c.writes == nil {
			c.writes = func() { c.writeAll(nil) } // kept, for go allocates what it is given
		}
		go c.writes()
		return
	}
	if f.scratch == nil {
		f.scratch = make([]byte, 0, 2*writeSize)
	}
	b := c.gather(f.scratch[:0])
	n, err := f.writer.write(c.raw, b)
	switch {
	case err != nil:
		c.fail(err)
	case n < len(b):
		c.stuck.Store(true)
		rest := b[n:]
		if &b[0] == &f.scratch[:1][0] { // else they are the log's bytes, or a frame's, which stay
			rest = append([]byte(nil), rest...)
		}
		go c.writeAll(rest)
	default:
		c.wrote()
		if !c.release() {
			f.add(c)
		}
	}
}
