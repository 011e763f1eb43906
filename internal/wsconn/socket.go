package wsconn

import (
	"io"
	"net"
	"reflect"
	"syscall"
	"time"
)

// socket is a client's connection.
type socket struct {
	net.Conn
	raw   syscall.RawConn // for writes that do not wait; nil where TLS or the system has none
	roomy bool            // makeRoom's own
}

func newSocket(conn net.Conn) socket {
	s := socket{Conn: conn}
	if tcp := tcpConn(conn); tcp != nil {
		tcp.SetReadBuffer(socketBuffer)
		tcp.SetWriteBuffer(socketBuffer)
		if tcp == conn { // not over TLS, which must encrypt what is written
			s.raw, _ = tcp.SyscallConn()
		}
	}
	return s
}

// makeRoom makes more room, or as much as before, for what the client sends. Where both sides write
// and our buffer is full, Linux drops the client's window updates with its data: both would wait.
func (s *socket) makeRoom(more bool) {
	if more == s.roomy {
		return
	}
	s.roomy = more
	if tcp := tcpConn(s.Conn); tcp != nil && more {
		tcp.SetReadBuffer(socketBuffer * 3 / 2)
	} else if tcp != nil {
		tcp.SetReadBuffer(socketBuffer)
	}
}

// hangUp ends our side of TCP. Then the client has closeTimeout to take what the kernel holds for
// it, and to end its own side. Unread input would make the kernel send a reset, and our close frame
// could be lost. At the end of TCP, hangUp calls gone.
func (s socket) hangUp(gone func()) {
	s.SetReadDeadline(time.Now().Add(closeTimeout))
	if half, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	} else if tcp := tcpConn(s.Conn); tcp != nil {
		tcp.CloseWrite()
	}
	linger := lingerTime // the client may have ended its side without reading
	if _, err := io.Copy(io.Discard, s.Conn); err != nil {
		linger = 0
	}
	time.AfterFunc(linger, func() { s.reset(); gone() })
}

// reset ends TCP at once. The kernel does not keep what the client has not taken.
func (s socket) reset() {
	if tcp := tcpConn(s.Conn); tcp != nil {
		tcp.SetLinger(0)
		tcp.Close()
	}
	s.Close()
}

// tcpConn is the TCP connection below conn, or nil where there is none: below TLS, or below what a
// listener such as netutil.LimitListener embeds it in.
func tcpConn(conn net.Conn) *net.TCPConn {
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		return tcpConn(secure.NetConn())
	}
	tcp, ok := conn.(*net.TCPConn)
	if outer := reflect.Indirect(reflect.ValueOf(conn)); !ok && outer.Kind() == reflect.Struct {
		if field := outer.FieldByName("Conn"); field.IsValid() && field.CanInterface() {
			inner, _ := field.Interface().(net.Conn)
			return tcpConn(inner)
		}
	}
	return tcp
}
