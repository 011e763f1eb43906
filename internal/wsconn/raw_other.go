//go:build !unix

package wsconn

import "syscall"

// try writes nothing on systems whose sockets are not files: there every write may wait, and has a
// goroutine of its own.
func (*worker) try(syscall.RawConn) (int, error) { return 0, nil }
