//go:build linux

package load

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// Stall makes the last n clients stop reading; their connections stay open.
func (r *Room) Stall(n int) {
	for _, c := range r.clients[len(r.clients)-n:] {
		c.reading = false
		r.watch(c)
	}
}

// Pace makes the last client read no more than rate bytes a second. It needs
// a Talk with a Rate, whose ticks it uses.
func (r *Room) Pace(rate, ticks int) {
	c := r.clients[len(r.clients)-1]
	c.pace = rate / ticks
	r.watch(c)
}

// Left is when the leaving of the client was told, counted from since.
func (r *Room) Left(id int, since time.Time) (time.Duration, bool) {
	at, told := r.leftAt[id]
	return time.Duration(at) - since.Sub(r.began), told
}

// LeftCount is of how many clients the leaving was told.
func (r *Room) LeftCount() int { return len(r.leftAt) }

// Received is how many broadcasts the client has read.
func (r *Room) Received(id int) int { return r.clients[id-1].next }

// Alive says whether the server has not cut off the client.
func (r *Room) Alive(id int) bool { return r.clients[id-1].alive }

// Visit lets one more client come and go. It returns how long it waited for
// the answer to its upgrade and to its close, and for the last of the others
// to hear that it left.
func (r *Room) Visit(id int, limit time.Duration) (join, leave, told time.Duration, err error) {
	began := time.Now()
	fd, err := dial(r.addr, id)
	if err != nil {
		return 0, 0, 0, err
	}
	rest, err := upgraded(fd)
	join = time.Since(began)
	if err == nil {
		err = converse(fd, rest, clientFrame(opPing, nil), opPong)
	}
	if err == nil {
		began = time.Now()
		goodbye := []byte{0x03, 0xe8} // 1000
		err = converse(fd, nil, clientFrame(opClose, goodbye), opClose)
		leave = time.Since(began)
	}
	unix.Close(fd)
	if err != nil {
		return 0, 0, 0, err
	}
	want := r.history.messages() + 1
	err = r.until(limit, func() bool { return r.everyoneAt(want) })
	return join, leave, time.Since(began), err
}

// converse sends a frame and reads until an answer with opcode comes.
func converse(fd int, got, frame []byte, opcode byte) error {
	if _, err := unix.Write(fd, frame); err != nil {
		return err
	}
	buffer := make([]byte, 4096)
	for {
		for {
			op, head, length, ok := parse(got)
			if !ok || len(got) < head+length {
				break
			}
			if op == opcode {
				return nil
			}
			got = got[head+length:]
		}
		n, err := unix.Read(fd, buffer)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return errors.New("the connection ended without an answer")
		}
		got = append(got, buffer[:n]...)
	}
}

// everyoneAt says whether every client has read n broadcasts.
func (r *Room) everyoneAt(n int) bool {
	if r.history.messages() < n {
		return false
	}
	for _, c := range r.clients {
		if c.counts() && c.next < n {
			return false
		}
	}
	return true
}
