//go:build !unix || portable

package wsconn

import (
	"net"
	"syscall"
)

// rawConn returns nil: here every write may wait, and has a goroutine of its own.
func rawConn(net.Conn) syscall.RawConn { return nil }

type rawWriter struct{}

func (rawWriter) write(syscall.RawConn, []byte) (int, error) {
	panic("unreachable: there is no RawConn")
}
