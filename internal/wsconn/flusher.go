package wsconn

import (
	"runtime"
	"slices"
	"sync"
)

// flusher writes what is queued in outboxes. Its workers never wait for a client: one that takes no
// more is left to a goroutine of its own. They end when nothing is left to write.
type flusher struct {
	mu      sync.Mutex // guards what follows, and each outbox's next
	first   *outbox    // of those that wait for a turn
	last    *outbox
	working int
}

// worker writes to one client at a time. It keeps what each write would have to allocate.
type worker struct {
	buffer []byte                // what it writes
	call   func(fd uintptr) bool // writes buffer, and sets what follows
	n      int
	err    error
}

var workers = sync.Pool{New: func() any { return &worker{buffer: make([]byte, 0, writeSize)} }}

// add puts o at the end of the queue.
func (f *flusher) add(o *outbox) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == nil {
		f.first = o
	} else {
		f.last.next = o
	}
	f.last = o
	// Half of the processors write. The others read, and do the rest of what there is.
	if f.working < max(1, runtime.GOMAXPROCS(0)/2) {
		f.working++
		go f.work()
	}
}

// work writes to each client once. One that has more queued by then goes to the end: meanwhile
// still more may come.
func (f *flusher) work() {
	w := workers.Get().(*worker)
	defer workers.Put(w)
	for o := f.take(); o != nil; o = f.take() {
		w.write(o)
	}
}

// take takes the first from the queue, nil at its end.
func (f *flusher) take() *outbox {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.first
	if o == nil {
		f.working--
		return nil
	}
	f.first, o.next = o.next, nil
	o.queued.Store(false)
	return o
}

// flush writes what is queued in o before its turn has come.
func (o *outbox) flush() {
	w := workers.Get().(*worker)
	defer workers.Put(w)
	w.write(o)
}

// write writes once what the kernel takes without waiting.
func (w *worker) write(o *outbox) {
	if !o.gather(&w.buffer) {
		return
	}
	n, err := w.try(o.socket.raw)
	rest := w.buffer[n:]
	if err != nil {
		o.abort(err)
	} else if o.wrote(len(rest) > 0); len(rest) > 0 {
		go o.writeRest(slices.Clone(rest))
	}
}

// writeRest waits for the client to take the rest.
func (o *outbox) writeRest(rest []byte) {
	for len(rest) > 0 {
		n, err := o.socket.Write(rest[:min(len(rest), pieceSize)])
		if rest = rest[n:]; err != nil {
			o.abort(err)
			return
		}
		o.wrote(len(rest) > 0)
	}
}
