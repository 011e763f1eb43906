//go:build unix && !portable

package wsconn

import (
	"net"
	"syscall"
)

// rawConn gives access to a TCP connection's socket for writes that do not block. Build with -tags portable to do without.
func rawConn(conn net.Conn) syscall.RawConn {
	if tcp, ok := conn.(*net.TCPConn); ok {
		raw, _ := tcp.SyscallConn()
		return raw
	}
	return nil
}

// rawWriter keeps the callback that RawConn.Write takes, which would else be allocated for each write.
type rawWriter struct {
	p    []byte
	n    int
	err  error
	call func(fd uintptr) bool
}

// write writes what the kernel takes without waiting, which may be nothing.
func (w *rawWriter) write(raw syscall.RawConn, p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	if w.call == nil {
		w.call = func(fd uintptr) bool {
			for {
				w.n, w.err = syscall.Write(int(fd), w.p)
				if w.err != syscall.EINTR {
					return true
				}
			}
		}
	}
	w.p = p
	err = raw.Write(w.call)
	w.p = nil
	if err != nil {
		return 0, err
	}
	if w.err == syscall.EAGAIN {
		return 0, nil
	}
	return max(w.n, 0), w.err
}
