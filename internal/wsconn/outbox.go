package wsconn

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// outbox is what a client is still to be sent. Methods whose names end in Locked want mu held.
type outbox struct {
	socket  socket
	flusher *flusher
	next    *outbox     // in the flusher's queue
	queued  atomic.Bool // it stands in that queue

	mu      sync.Mutex // guards what follows
	frames  []*Frame   // first what x/net wrote, its 101
	begun   int        // bytes of the first that a writer has taken
	cost    int        // of the frames, without one that is begun
	writing bool       // a writer has what it took; also before accept
	pace    pace
	end     ending
	changed chan struct{} // closed when something has changed; nil: nobody waits for that
}

// ending is how an outbox ends. An error says why nothing more can be queued.
type ending struct {
	err     error
	by      time.Time     // all must be written by then
	written bool          // all is written, or never will be
	done    chan struct{} // closed with err; nil: nobody has asked for it
}

// push queues a frame. It reports whether so much is queued that its sender must wait.
func (o *outbox) push(frame *Frame) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pushLocked(frame)
	return o.cost > o.pace.maxQueued
}

func (o *outbox) pushLocked(frame *Frame) {
	if o.end.err == nil {
		o.frames = append(o.frames, frame)
		o.cost += frame.cost()
		o.wakeWriterLocked()
	}
}

func (o *outbox) wakeWriterLocked() {
	if !o.writing && len(o.frames) > 0 && o.queued.CompareAndSwap(false, true) {
		o.flusher.add(o)
	}
}

// accept lets the first writer begin.
func (o *outbox) accept() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writing = false
	o.wakeWriterLocked()
}

// gather appends to b what is written next, about writeSize bytes at most. The last may be a part
// of a frame. It reports false if there is nothing, or another writer is at work.
func (o *outbox) gather(b []byte) ([]byte, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writing || len(o.frames) == 0 {
		return b, false
	}
	n, before := 0, o.cost
	for n < len(o.frames) && len(b) < writeSize {
		if o.begun == 0 {
			o.cost -= o.frames[n].cost()
		}
		rest := o.frames[n].bytes[o.begun:]
		part := rest[:min(len(rest), writeSize-len(b))]
		b = append(b, part...)
		if o.begun += len(part); len(part) == len(rest) {
			o.begun = 0
			n++
		}
	}
	o.frames = slices.Delete(o.frames, 0, n)
	o.writing = true
	o.pace.took(before - o.cost)
	o.changedLocked()
	return b, true
}

// wrote says that a write is done, but for a rest that the kernel did not take.
func (o *outbox) wrote(rest bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pace.wrote(rest); rest {
		return
	}
	o.writing = false
	if o.end.err != nil && len(o.frames) == 0 {
		o.end.written = true
		o.changedLocked()
	}
	o.wakeWriterLocked()
}

// awaitClient waits until half of what may be queued is gone. A client that is stuck is cut off
// when nobody may wait for it any more; one that has read may first fall twice as far behind.
func (o *outbox) awaitClient() {
	o.mu.Lock()
	defer o.mu.Unlock()
	vain := time.Duration(0)
	for o.end.err == nil && o.cost > o.pace.maxQueued/2 {
		if o.pace.stuck() && !o.pace.mayWait() {
			if !o.pace.reads || o.cost > 2*o.pace.maxQueued {
				o.cutOffLocked()
			}
			return
		}
		began := time.Now()
		o.awaitChangeLocked(time.After(patienceStep))
		vain = o.pace.waited(began, vain)
	}
}

// awaitChangeLocked gives the lock up while it waits.
func (o *outbox) awaitChangeLocked(timeout <-chan time.Time) {
	if o.changed == nil {
		o.changed = make(chan struct{})
	}
	changed := o.changed
	o.mu.Unlock()
	defer o.mu.Lock()
	select {
	case <-changed:
	case <-timeout:
	}
}

func (o *outbox) changedLocked() {
	if o.changed != nil {
		close(o.changed)
		o.changed = nil
	}
}

// awaitRoom waits until the client has read enough of what it was sent. A client that does not is
// not read from, which bounds its pongs and answers.
func (o *outbox) awaitRoom() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.end.err == nil && o.cost > maxUnread {
		o.awaitChangeLocked(nil)
	}
	return o.end.err
}

// awaitWritten waits until all is written after a close, or never will be.
func (o *outbox) awaitWritten() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.end.written {
		o.awaitChangeLocked(nil)
	}
}

// ended returns why nothing more can be queued, nil if it can.
func (o *outbox) ended() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.end.err
}

// done returns a channel that is closed when nothing more can be queued.
func (o *outbox) done() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end.done == nil {
		o.end.done = make(chan struct{})
		if o.end.err != nil {
			close(o.end.done)
		}
	}
	return o.end.done
}

// enqueueClose queues the last frame. Only the first counts.
func (o *outbox) enqueueClose(frame *Frame, why error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.enqueueCloseLocked(frame, why)
}

func (o *outbox) enqueueCloseLocked(frame *Frame, why error) {
	if o.end.err == nil {
		o.pushLocked(frame)
		o.end.by = time.Now().Add(closeTimeout)
		o.endLocked(why)
	}
}

func (o *outbox) endLocked(why error) {
	o.end.err = why
	o.socket.SetReadDeadline(time.Unix(1, 0)) // interrupts a Receive that waits
	if o.end.done != nil {
		close(o.end.done)
	}
	o.changedLocked()
}

// cutOffLocked drops what is queued for a client that cannot keep up, and closes it.
func (o *outbox) cutOffLocked() {
	const reason = "too slow: you fell too far behind"
	err := fmt.Errorf("%w: %d bytes behind, stuck for %v",
		CloseError{Code: PolicyViolation, Reason: reason}, o.cost, time.Since(o.pace.stuckSince))
	o.dropLocked()
	o.enqueueCloseLocked(closeFrame(PolicyViolation, reason), err)
}

// dropLocked drops the frames that are not begun.
func (o *outbox) dropLocked() {
	if o.begun > 0 {
		o.frames = []*Frame{o.frames[0]}
	} else {
		o.frames = nil
	}
	o.cost = 0
}

// dropIfStuck drops what a client is far from reading. It goes by itself: memory would be held for
// closeTimeout.
func (o *outbox) dropIfStuck() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end.err == nil && o.pace.stuck() && o.cost > o.pace.maxQueued/2 {
		o.dropLocked()
	}
}

// abort ends a connection that can no longer be read from or written to. A read or a write that is
// under way returns.
func (o *outbox) abort(why error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end.err == nil {
		o.endLocked(fmt.Errorf("connection lost: %w", why))
	}
	o.frames, o.begun, o.cost = nil, 0, 0
	o.end.written = true
	o.changedLocked()
	o.socket.reset()
}

// watch aborts what takes too long. It reports whether the client is stuck.
func (o *outbox) watch() (stuck bool) {
	o.mu.Lock()
	if len(o.frames) == 0 && cap(o.frames) > keepFrames {
		o.frames = nil
	}
	stuck = o.pace.stuck()
	overdue := o.end.err != nil && !o.end.written && time.Now().After(o.end.by) ||
		stuck && time.Since(o.pace.stuckSince) >= writeTimeout
	o.mu.Unlock()
	if overdue {
		o.abort(errors.New("the client took nothing for too long"))
	}
	return stuck
}
