// Package wsconn is one WebSocket connection, what Starlette's WebSocket and the websockets library are to Python: it makes
// golang.org/x/net/websocket keep RFC 6455 whole and keeps clients from holding each other up.
//
// A [Handler] lets clients in, [Accept] is the door to a connection, and a [Log] is what many connections read in one order.
// The files, in the order of a message's way: handshake.go, read.go, crowd.go, log.go, write.go, flush.go, close.go.
package wsconn

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/net/websocket"
)

const (
	// DefaultMaxConnections are open at once: idle ones take about 9 KB each, 90 MB in all.
	DefaultMaxConnections = 10_000
	// DefaultMaxMessage is in bytes, all fragments together: each message is sent again to everyone.
	DefaultMaxMessage = 64 << 10

	pingAfter    = 20 * time.Second // of silence; as long again without a sign of life ends the connection (uvicorn's figures)
	writeTimeout = 10 * time.Second // for pieceSize bytes, of one who reads slowly
	lingerTime   = time.Second      // for the peer to take our close frame and answer it

	readBuffer   = 64        // bytes, held by each connection for as long as it lives: a short line; a longer one takes a second read
	burstBuffer  = 16 << 10  // bytes, borrowed by one that has filled it
	socketBuffer = 128 << 10 // bytes in the kernel each way: a client that does not read must not hold megabytes there
	writeSize    = 64 << 10  // bytes that one write gathers: beyond that, a system call's own cost no longer shows
	pieceSize    = 16 << 10  // bytes that one write takes which may have to wait
	copySize     = 4 << 10   // bytes: to copy so many costs less than a write of their own

	maxUnread = 64 << 10 // bytes a client may leave unread before no more is read from it
	frameCost = 64       // bytes that a frame in the queue takes beside its own

	// For a client that is farBehind in the log those who speak wait until it is nearAgain; not for longer than patience, and what a client
	// takes that reads catchUpRate. It is cut off when it is maxBacklog behind, or far behind for maxFar.
	farBehind   = 1 << 20               // bytes
	nearAgain   = 512 << 10             // bytes
	patience    = 80 * time.Millisecond // nobody may wait 100 ms for one who does not read
	catchUpRate = 10 << 20              // bytes a second
	maxBacklog  = 6 << 20               // bytes
	maxFar      = 5 * time.Second
	maxInHand   = 1 << 20 // bytes of messages that are told at once
)

// Conn is one client's WebSocket. One goroutine receives; any may send. Nothing that sends waits for the client;
// [Conn.ReceiveText] does.
type Conn struct {
	handler *Handler
	net     net.Conn
	raw     syscall.RawConn // writes that do not block; nil where the system or TLS has none

	// The receiving goroutine's own.
	ws     *websocket.Conn
	in     *bufio.Reader
	burst  *bufio.Reader // a larger one before in, while it holds anything
	handed int           // bytes of the message that was handed out last
	frame  io.Reader     // payload of the frame being read
	armed  time.Duration // when the read deadline was last set, since began; 0 is never
	filled bool          // the last read filled in: more may be there
	pinged bool          // a ping is out, and nothing was heard since
	frames uint8         // that were read, modulo 256

	// busy is true while somebody writes or is about to: whoever turned it true alone may call gather and write.
	busy   atomic.Bool
	stuck  atomic.Bool  // the writer is one that waits for the client
	writes func()       // where raw is nil: what the writer's goroutine runs; the writer's own
	waits  *queue       // the flusher's, in which c is; its mu guards this
	at     atomic.Int64 // position in the log: all before it is written, or in the writer's hands
	log    *Log         // set once
	mu     sync.Mutex   // guards what follows, and that at changes
	chunk  *chunk       // the piece of the log that holds position at; nil before Follow and after detach
	change *sync.Cond   // of any of it; nil until somebody waits for one: 56 bytes that an idle client need not hold
	own    []ownFrame   // frames for this client alone, in their places between those of the log
	unread int          // bytes that own takes
	lag    *lag         // while it is far behind in the log
	err    error        // what Receive returns from now on
	until  time.Time    // when closed: all must be written by then
	closed bool         // own ends with a close frame; nothing may come after it
	last   bool         // that close frame is in the writer's hands
	keep   bool         // when closed: after all that the client is owed, however slow it is
	silent bool         // nothing will be written any more
	paused bool         // no message is handed out any more
	inHand bool         // a message was handed out, and the next one not yet asked for
}

// ownFrame is a frame for one client, to be written after the log's bytes before at.
type ownFrame struct {
	at   int64
	data []byte
}

// lag is of a connection that is far behind in the log, whose mu guards it.
type lag struct {
	since  time.Time
	at     int64       // where in the log it was then
	waited *time.Timer // while those who speak wait for it: ends that
}

// connContext is that of the request that x/net keeps; it leads from a websocket.Conn to our Conn.
type connContext struct {
	context.Context
	conn *Conn
}

// Accept returns the connection that a [Handler] made for ws (FastAPI's websocket.accept). The 101 that accepts it waits for Follow, or
// for the first Receive.
// It panics when ws did not come through a Handler.
func Accept(ws *websocket.Conn) *Conn {
	return ws.Request().Context().(connContext).conn
}

// newConn takes conn over, of which early is read already.
func newConn(h *Handler, conn net.Conn, early []byte) *Conn {
	c := &Conn{handler: h, net: conn, raw: rawConn(conn)}
	c.in = bufio.NewReaderSize(input{c}, readBuffer)
	if len(early) > 0 {
		c.burst = bufio.NewReaderSize(bytes.NewReader(early), max(burstBuffer, len(early)))
		c.burst.Peek(len(early)) // has it read all: it is left when it holds nothing more
	}
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetReadBuffer(socketBuffer)
		tcp.SetWriteBuffer(socketBuffer)
	}
	return c
}

// RemoteAddr is the client's network address, as in [http.Request]. (Under x/net/websocket this name is the Origin.)
func (c *Conn) RemoteAddr() string { return c.ws.Request().RemoteAddr }

// PathValue is a part of the path that the client connected to, as in [http.Request] (Starlette's WebSocket.path_params).
func (c *Conn) PathValue(name string) string { return c.ws.Request().PathValue(name) }

// wait returns when something that c.mu guards may have changed; c.mu is held.
func (c *Conn) wait() {
	if c.change == nil {
		c.change = sync.NewCond(&c.mu)
	}
	c.change.Wait()
}

// changed wakes those who wait; c.mu is held.
func (c *Conn) changed() {
	if c.change != nil {
		c.change.Broadcast()
	}
}
