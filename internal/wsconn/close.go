package wsconn

import (
	"fmt"
	"io"
	"net"
	"time"
)

// Close queues a close frame after all that is queued for c (RFC 6455, section 7.1.2). Nothing is
// sent after it, and Receive returns a [CloseError]. Only a connection's first close counts. The
// reason is cut at 123 bytes. Close never waits: the connection ends when its handler returns. It
// panics for a code that may not be sent.
func (c *Conn) Close(code int, reason string) {
	if !mayBeSent(code) {
		panic(fmt.Sprintf("wsconn: close code %d may not be sent (RFC 6455, section 7.4)", code))
	}
	c.close(closeFrame(code, reason), CloseError{Code: code, Reason: reason}, false)
}

// close is Close for any frame and error. A client that causes it while it is late loses what is
// queued for it: memory would be held for closeTimeout.
func (c *Conn) close(frame *Frame, err error, byClient bool) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if byClient && c.out.state == open && !c.out.lateSince.IsZero() {
		c.out.frames, c.out.bytes = nil, 0
	}
	c.closeLocked(frame, err)
}

func (c *Conn) closeLocked(frame *Frame, err error) {
	o := &c.out
	if o.state != open {
		return
	}
	c.queueLocked(frame)
	o.state, o.err = closing, err
	o.closeBy = time.Now().Add(closeTimeout)
	c.net.SetReadDeadline(time.Unix(1, 0)) // interrupts a Receive that waits
	o.change.Broadcast()
}

// cutOffLocked drops what is still queued for a client that cannot keep up, and closes it. The
// error that Receive returns and the log shows says how late it was.
func (c *Conn) cutOffLocked() {
	const reason = "too slow: you fell too far behind"
	o := &c.out
	err := fmt.Errorf("%w: %d bytes behind, late for %v, others waited for it for %v",
		CloseError{Code: PolicyViolation, Reason: reason}, o.bytes, time.Since(o.lateSince), o.waitedFor)
	o.frames, o.bytes = nil, 0
	c.closeLocked(closeFrame(PolicyViolation, reason), err)
}

// fail ends a connection that can no longer be read from or written to. A read or a write that is
// under way returns.
func (c *Conn) fail(err error) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.failLocked(err)
}

func (c *Conn) failLocked(err error) {
	o := &c.out
	if o.state == failed {
		return
	}
	o.state = failed
	if o.err == nil {
		o.err = fmt.Errorf("connection lost: %w", err)
	}
	o.frames, o.bytes = nil, 0
	o.change.Broadcast()
	reset(c.net)
}

// reset ends TCP at once. The kernel does not keep what the client has not taken.
func reset(conn net.Conn) {
	if tcp := tcpConn(conn); tcp != nil {
		tcp.SetLinger(0)
		tcp.Close()
	}
	conn.Close()
}

// finish ends the WebSocket after its handler, and returns how it ended. What is queued is
// written, and the client's close frame waited for, for lingerTime at most (RFC 6455, section
// 7.1.1).
func (c *Conn) finish() error {
	c.Accept()
	c.Close(NormalClosure, "")
	o := &c.out
	o.mu.Lock()
	for o.state == closing {
		o.change.Wait()
	}
	o.ticks.Stop() // which would keep c alive
	o.mu.Unlock()
	c.net.SetReadDeadline(time.Now().Add(lingerTime))
	for err := error(nil); !c.in.closed && err == nil; {
		_, err = c.in.nextFrame()
	}
	return o.err
}

// hangUp ends our side of TCP. Then the client has closeTimeout to take what the kernel holds for
// it, and to end its own side. Unread input would make the kernel send a reset, and our close
// frame could be lost.
func hangUp(conn net.Conn) {
	conn.SetReadDeadline(time.Now().Add(closeTimeout))
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	if _, err := io.Copy(io.Discard, conn); err != nil {
		reset(conn)
		return
	}
	time.AfterFunc(lingerTime, func() { reset(conn) }) // it may have ended its side without reading
}

// tcpConn is the TCP connection below conn, or nil where there is none.
func tcpConn(conn net.Conn) *net.TCPConn {
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secure.NetConn()
	}
	tcp, _ := conn.(*net.TCPConn)
	return tcp
}
