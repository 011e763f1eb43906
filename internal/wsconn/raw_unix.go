//go:build unix

package wsconn

import "syscall"

// rawWriter keeps the callback that RawConn.Write takes, which would be allocated for each write
// otherwise.
type rawWriter struct {
	p    []byte
	n    int
	err  error
	call func(fd uintptr) bool
}

// write writes what the kernel takes without waiting, which may be nothing.
func (w *rawWriter) write(raw syscall.RawConn, p []byte) (int, error) {
	if raw == nil || len(p) == 0 {
		return 0, nil
	}
	if w.call == nil {
		w.call = func(fd uintptr) bool {
			w.n, w.err = syscall.Write(int(fd), w.p)
			return true
		}
	}
	w.p = p
	err := raw.Write(w.call)
	w.p = nil
	if err == nil && w.err != syscall.EAGAIN {
		err = w.err
	}
	return max(w.n, 0), err
}
