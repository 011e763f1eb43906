//go:build linux

package load

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

var errLimit = errors.New("it did not come in time")

// until handles events until done says so.
func (r *Room) until(limit time.Duration, done func() bool) error {
	end := time.Now().Add(limit)
	for !done() {
		left := time.Until(end)
		if left <= 0 {
			return errLimit
		}
		if err := r.turn(left); err != nil {
			return err
		}
	}
	return nil
}

// turn waits for events and handles them.
func (r *Room) turn(wait time.Duration) error {
	n, err := unix.EpollWait(r.epoll, r.events[:], int(wait/time.Millisecond)+1)
	if err != nil && err != unix.EINTR {
		return err
	}
	r.now = int64(time.Since(r.began))
	for _, event := range r.events[:max(n, 0)] {
		if event.Fd < 0 {
			if err := r.tick(); err != nil {
				return err
			}
			continue
		}
		if err := r.handle(r.clients[event.Fd], event.Events); err != nil {
			return err
		}
	}
	if len(r.history.bytes) > max(trimAt, 2*r.kept) {
		r.trim()
	}
	return nil
}

func (r *Room) handle(c *client, events uint32) error {
	if !c.alive {
		return nil
	}
	if c.reading && c.pace == 0 && events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		if err := r.readAll(c); err != nil {
			return err
		}
	} else if events&(unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		r.cut(c)
	}
	if events&unix.EPOLLOUT != 0 && c.alive {
		r.pump(c)
		r.flush(c)
	}
	return nil
}

// readAll empties the client's socket before it may write again, so that a
// sender which does not wait still reads as fast as it can. The bound lets
// the other clients have their turn.
func (r *Room) readAll(c *client) error {
	const reads = 16
	for range reads {
		n, err := r.read(c, readSize)
		if err != nil || n < readSize {
			return err
		}
	}
	return nil
}

// read takes at most limit bytes from the client's socket and checks them. It
// returns how many there were.
func (r *Room) read(c *client, limit int) (int, error) {
	kept := copy(r.buffer[headroom-len(c.pending):], c.pending)
	n, err := unix.Read(c.fd, r.buffer[headroom:headroom+limit])
	if err == unix.EAGAIN || err == unix.EINTR {
		return 0, nil
	}
	if err != nil || n == 0 {
		r.cut(c)
		return 0, nil
	}
	if r.recording {
		r.now = int64(time.Since(r.began))
	}
	before := r.delivered
	rest, err := r.consume(c, headroom-kept, headroom+n)
	if err != nil {
		return n, fmt.Errorf("client %d: %w", c.id, err)
	}
	if len(rest) > headroom {
		return n, fmt.Errorf("client %d: a frame of more than %d bytes", c.id, headroom)
	}
	c.pending = append(c.pending[:0], rest...)
	if r.delivered > before && c.counts() {
		r.silence = max(r.silence, r.now-c.heardAt)
		c.heardAt = r.now
	}
	if r.flooding && r.window > 0 && c.id <= len(r.senders) {
		r.pump(c)
		r.flush(c)
	}
	return n, nil
}

// consume checks what stands in the buffer from from to to, and returns the
// unfinished frame at its end.
func (r *Room) consume(c *client, from, to int) ([]byte, error) {
	if r.options.PerSender {
		return r.consumePerSender(c, r.buffer[from:to])
	}
	return r.consumeShared(c, from, to)
}

// cut notes that the server has ended the client's connection.
func (r *Room) cut(c *client) {
	c.alive = false
	unix.EpollCtl(r.epoll, unix.EPOLL_CTL_DEL, c.fd, nil)
}

// watch asks the kernel for what the client waits for.
func (r *Room) watch(c *client) {
	var want uint32
	if c.reading && c.pace == 0 {
		want |= unix.EPOLLIN
	}
	if len(c.out) > 0 || r.flooding && r.window == 0 && c.id <= len(r.senders) {
		want |= unix.EPOLLOUT
	}
	if want != c.interest && c.alive {
		c.interest = want
		event := unix.EpollEvent{Events: want, Fd: int32(c.id - 1)}
		unix.EpollCtl(r.epoll, unix.EPOLL_CTL_MOD, c.fd, &event)
	}
}

// flush writes what it can of what waits to be sent.
func (r *Room) flush(c *client) {
	for len(c.out) > 0 && c.alive {
		n, err := unix.Write(c.fd, c.out)
		if n > 0 {
			c.out = c.out[:copy(c.out, c.out[n:])]
		}
		if err == unix.EAGAIN {
			break
		}
		if err != nil && err != unix.EINTR {
			r.cut(c)
		}
	}
	r.watch(c)
}

// trim forgets what every client that counts has read.
func (r *Room) trim() {
	keep := r.history.messages()
	for _, c := range r.clients {
		if c.alive && c.reading {
			keep = min(keep, c.next)
		}
	}
	if keep > r.history.first {
		r.history.trim(keep)
	}
	r.kept = len(r.history.bytes)
}
