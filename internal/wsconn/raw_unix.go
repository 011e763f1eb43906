//go:build unix

package wsconn

import "syscall"

// try writes what the kernel takes of the buffer without waiting, which may be nothing.
func (w *worker) try(raw syscall.RawConn) (int, error) {
	if raw == nil || len(w.buffer) == 0 {
		return 0, nil
	}
	if w.call == nil { // it would be allocated for each write otherwise
		w.call = func(fd uintptr) bool {
			w.n, w.err = syscall.Write(int(fd), w.buffer)
			return true
		}
	}
	w.n, w.err = 0, nil
	err := raw.Write(w.call)
	if err == nil && w.err != syscall.EAGAIN {
		err = w.err
	}
	return max(w.n, 0), err
}
