// Package wsconn is one WebSocket connection, as Starlette's WebSocket and the websockets library
// are to Python. It makes golang.org/x/net/websocket keep all of RFC 6455, and it keeps slow
// clients from holding up the others.
//
// A [Server] lets clients in (server.go, handshake.go), and [FromConn] leads to one client's
// connection, a [Conn] (conn.go). A Conn has two halves, which do not know each other. Its reader
// (reader.go, frame.go) makes messages of the client's bytes. Its outbox (outbox.go) queues frames
// for the client, and the server's flusher writes them (flusher.go, socket.go). How long a sender
// waits for a slow client is in pace.go.
//
// Locks are taken in one order: the application's own, Server.mu, outbox.mu, and last flusher.mu or
// patience.mu. Nothing is logged while one of them is held.
package wsconn

import "time"

// What a client can do and hold. One that does not read holds queued frames (up to readerSlack
// times maxQueued and two messages, shared by all such clients of a room) and one write of its own:
// if there are many, under 200 KB of process memory each. One that also speaks adds maxUnread, and
// a message that is not whole yet: under 300 KB. The kernel's buffers come on top, and are about as
// much.
const (
	// DefaultMaxConnections are open at once. An idle one takes about 9 KB: 90 MB in all.
	DefaultMaxConnections = 10_000
	// DefaultMaxMessage is in bytes, all fragments together. Each message is sent again to
	// everyone.
	DefaultMaxMessage = 64 << 10

	pingAfter    = 20 * time.Second // of silence; gone after as much again (uvicorn's figures)
	writeTimeout = 10 * time.Second // for pieceSize bytes, to a client that reads slowly
	closeTimeout = 5 * time.Second  // for a client to take its close, and what was queued before
	lingerTime   = time.Second      // for its close frame (RFC 6455, section 7.1.1), and TCP's end

	maxRequest = 8 << 10  // bytes of a handshake's address and headers: more is not held
	maxUnread  = 64 << 10 // bytes queued: a client that leaves more unread is not read from
	maxQueued  = 1 << 20  // bytes, and two messages: Send waits until half of it is gone
	frameCost  = 256      // bytes that each frame counts beside its own: a queue takes memory
	fairRate   = 10 << 20 // bytes a second: a client that reads so much is waited for

	socketBuffer = 128 << 10 // bytes in the kernel each way: it holds megabytes otherwise
	writeSize    = 64 << 10  // bytes of one write: a system call's own cost shows no more
	pieceSize    = 16 << 10  // bytes of a write that waits: small, so that slow progress shows
	keepFrames   = 64        // places: few frames need no allocation, and an idle client holds few
)
