//go:build linux

package load

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

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
		if n == 0 && err == nil && opcode == opClose {
			return nil // the end is an answer, too: x/net gives no other
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
