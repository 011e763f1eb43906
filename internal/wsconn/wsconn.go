// Package wsconn is one WebSocket connection, as Starlette's WebSocket and the websockets library
// are to Python. It makes golang.org/x/net/websocket keep all of RFC 6455, and it keeps slow
// clients from holding up the others.
//
// A [Server] lets clients in, and [FromConn] is the door to one connection, a [Conn]. The files, in
// the order of a message's way: server.go lets a client in, reader.go and frame.go
// read its message, outbox.go queues a frame for each receiver, flusher.go writes it, and
// close.go and watch.go end what must end.
//
// Locks are taken in one order: Server.handling, the application's own, Server.mu, outbox.mu, and
// last flusher.mu or patience.mu.
package wsconn

import (
	"bufio"
	"net"
	"syscall"
	"time"

	"golang.org/x/net/websocket"
)

// What a client can do and hold. One that does not read holds queued frames (up to tooFar and one
// message, shared by all such clients of a room) and one write of its own: if there are many, under
// 200 KB of process memory each. One that also speaks adds maxUnread, and a message that is not
// whole yet: under 300 KB. The kernel's buffers come on top, and are about as much.
const (
	// DefaultMaxConnections are open at once. An idle one takes about 10 KB: 100 MB in all.
	DefaultMaxConnections = 10_000
	// DefaultMaxMessage is in bytes, all fragments together. Each message is sent again to
	// everyone.
	DefaultMaxMessage = 64 << 10

	pingAfter    = 20 * time.Second // of silence; gone after as much again (uvicorn's figures)
	writeTimeout = 10 * time.Second // for pieceSize bytes, to a client that reads slowly
	closeTimeout = 5 * time.Second  // for a client to take its close, and what was queued before
	lingerTime   = time.Second      // for its close frame (RFC 6455, section 7.1.1), and for TCP's end

	maxUnread = 64 << 10        // bytes queued for a client: while there are more, it is not read from
	farBehind = 256 << 10       // bytes queued for a client: Send waits until it is nearAgain
	nearAgain = 128 << 10       // bytes
	tooFar    = 1536 << 10      // bytes, and one message: a late client this far behind is cut off
	maxLate   = 5 * time.Second // to catch up, while nobody waits for it
	frameCost = 256             // bytes that each frame counts beside its own: a queue takes memory
	fairRate  = 10 << 20        // bytes a second: whoever reads so many is waited for

	maxPatience  = 60 * time.Millisecond // for senders in turn, with clients that take less
	patienceBack = 40                    // it comes back this many times as slowly as it is spent
	maxCredit    = 40 * time.Millisecond // a client's reading shows in steps of up to so much

	socketBuffer = 128 << 10 // bytes in the kernel each way: it holds megabytes otherwise
	writeSize    = 64 << 10  // bytes of one write: a system call's own cost shows no more
	pieceSize    = 16 << 10  // bytes of a write that waits: small, so that slow progress shows
	keepFrames   = 64        // places: few frames need no allocation, and an idle client holds few
)

// Conn is one client's WebSocket. Any goroutine may send. Only the handler's own may receive, which
// it must, because there it learns that the client is gone.
type Conn struct {
	server *Server
	net    net.Conn
	raw    syscall.RawConn // for writes that do not block; nil where TLS or the system has none
	in     reader          // the receiving goroutine's own
	out    outbox          // has a lock
}

// FromConn returns the connection that a [Server] made for ws. It has an outgoing queue, and replaces
// ws. FromConn panics if ws did not come through a Server.
func FromConn(ws *websocket.Conn) *Conn {
	return ws.Request().Context().Value(connKey{}).(*Conn)
}

func newConn(s *Server, conn net.Conn, early *bufio.Reader) *Conn {
	c := &Conn{server: s, net: conn}
	c.in.init(c, early)
	c.out.change.L = &c.out.mu
	if tcp := tcpConn(conn); tcp != nil {
		tcp.SetReadBuffer(socketBuffer)
		tcp.SetWriteBuffer(socketBuffer)
		if tcp == conn { // not over TLS, which must encrypt what is written
			c.raw, _ = tcp.SyscallConn()
		}
	}
	return c
}
