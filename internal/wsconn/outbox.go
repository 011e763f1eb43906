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
	change  sync.Cond // less is queued, or the end has come nearer
}

var errTooSlow = CloseError{Code: PolicyViolation, Reason: "too slow: you fell too far behind"}

// ending is how an outbox ends. An error says why nothing more can be queued.
type ending struct {
	err     error
	by      time.Time     // all must be written by then
	written bool          // all is written, or never will be
	done    chan struct{} // closed with err
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

// gather makes buffer what is written next, writeSize bytes at most. The last may be a part of a
// frame. It reports false if there is nothing, or another writer is at work.
func (o *outbox) gather(buffer *[]byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writing || len(o.frames) == 0 {
		return false
	}
	b := (*buffer)[:0]
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
	o.change.Broadcast()
	*buffer = b
	return true
}

// wrote says that a write is done, but for a rest that the kernel did not take. Accept says it of
// the handshake: nothing is written before.
func (o *outbox) wrote(rest bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pace.wrote(rest); rest {
		return
	}
	o.writing = false
	if o.end.err != nil && len(o.frames) == 0 {
		o.end.written = true
		o.change.Broadcast()
	}
	o.wakeWriterLocked()
}

// awaitClient waits until half of what may be queued is gone. It returns an error for a client that
// is to be cut off: it is stuck, and nobody may wait for it any more. One that reads may first fall
// farther behind.
func (o *outbox) awaitClient() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.end.err == nil && o.cost > o.pace.maxQueued/2 {
		if o.pace.stuck() && !o.pace.mayWait() {
			if o.pace.reads() && o.cost <= readerSlack*o.pace.maxQueued {
				return nil
			}
			return fmt.Errorf("%w: %d bytes behind, stuck for %v",
				errTooSlow, o.cost, time.Since(o.pace.stuckSince))
		}
		o.mu.Unlock() // so that a writer can go on
		time.Sleep(patienceStep)
		o.mu.Lock()
		if o.pace.stuck() { // otherwise its turn to be written to is still to come
			o.pace.waited()
		}
	}
	return nil
}

// await waits until done, which has the lock, and returns why nothing more can be queued: nil if it
// can.
func (o *outbox) await(done func() bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !done() {
		o.change.Wait()
	}
	return o.end.err
}

// awaitRoom waits until the client has read enough of what it was sent. A client that does not is
// not read from, which bounds its pongs and answers.
func (o *outbox) awaitRoom() error {
	return o.await(func() bool { return o.end.err != nil || o.cost <= maxUnread })
}

// awaitWritten waits until all is written after a close, or never will be.
func (o *outbox) awaitWritten() error {
	return o.await(func() bool { return o.end.written })
}

// ended returns why nothing more can be queued, nil if it can.
func (o *outbox) ended() error { return o.await(func() bool { return true }) }

// enqueueClose queues the last frame. Only the first counts.
func (o *outbox) enqueueClose(frame *Frame, why error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end.err == nil {
		o.pushLocked(frame)
		o.end.by = time.Now().Add(closeTimeout)
		o.endLocked(why)
	}
}

func (o *outbox) endLocked(why error) {
	o.end.err = why
	o.socket.SetReadDeadline(time.Unix(1, 0)) // interrupts a Receive that waits
	close(o.end.done)
	o.change.Broadcast()
}

// dropIfStuck drops the frames that are not begun of a client that is far from reading them. It is
// about to go: memory would be held for closeTimeout.
func (o *outbox) dropIfStuck() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end.err == nil && o.pace.stuck() && o.cost > o.pace.maxQueued/2 {
		o.frames, o.cost = slices.Delete(o.frames, min(1, o.begun), len(o.frames)), 0
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
	o.change.Broadcast()
	o.socket.reset()
}

// watch aborts what takes too long. It reports whether the client is stuck.
func (o *outbox) watch() (stuck bool) {
	o.mu.Lock()
	if len(o.frames) == 0 && cap(o.frames) > keepFrames {
		o.frames = nil
	}
	stuck = o.pace.stuck()
	o.socket.makeRoom(stuck)
	overdue := o.end.err != nil && !o.end.written && time.Now().After(o.end.by) ||
		stuck && time.Since(o.pace.stuckSince) >= writeTimeout
	o.mu.Unlock()
	if overdue {
		o.abort(errors.New("the client took nothing for too long"))
	}
	return stuck
}
