package serve

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// queue is an io.Writer of whole lines that never waits. A goroutine of its own passes them on to a
// writer that may: to a pager that is paused, or to a Windows console whose text is selected.
type queue struct {
	written chan struct{} // closed when all is passed on after flush was called

	mu       sync.Mutex // guards what follows
	change   sync.Cond
	lines    []byte
	dropped  int // lines that came after those, when there was no room
	flushing bool
}

const (
	queueSize  = 256 << 10              // bytes: about 2,000 lines of the log
	flushGrace = 100 * time.Millisecond // for the last lines: whoever reads them may have stalled
)

func newQueue(out io.Writer) *queue {
	q := &queue{written: make(chan struct{})}
	q.change.L = &q.mu
	go func() {
		defer close(q.written)
		for lines := q.take(); len(lines) > 0; lines = q.take() {
			out.Write(lines) // an error means that nobody reads: there is nobody to tell
		}
	}()
	return q
}

// Write queues a line, or drops it where there is no room. Then it drops the next ones, too, until
// the queue moves on: so the number of those that were dropped stands where they are missing.
func (q *queue) Write(line []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.dropped > 0 || len(q.lines)+len(line) > queueSize {
		q.dropped++
	} else {
		q.lines = append(q.lines, line...)
	}
	q.change.Signal()
	return len(line), nil
}

// take waits for lines and returns all. There are none after flush.
func (q *queue) take() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.lines) == 0 && q.dropped == 0 && !q.flushing {
		q.change.Wait()
	}
	lines := q.lines
	if q.dropped > 0 {
		lines = fmt.Appendf(lines, "%d lines were dropped: their queue was full\n", q.dropped)
	}
	q.lines, q.dropped = nil, 0
	return lines
}

// flush waits until all is passed on, but not for long.
func (q *queue) flush() {
	q.mu.Lock()
	q.flushing = true
	q.change.Signal()
	q.mu.Unlock()
	select {
	case <-q.written:
	case <-time.After(flushGrace):
	}
}
