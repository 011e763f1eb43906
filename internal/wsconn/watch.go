package wsconn

import (
	"errors"
	"time"

	"golang.org/x/net/websocket"
)

// watch pings a client that is silent, and ends what takes too long. It runs once a second.
func (c *Conn) watch() {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	stuck := !o.stuckSince.IsZero()
	if o.quiet++; c.in.heard.Swap(false) || !c.in.reading.Load() || stuck {
		o.quiet = 1 // at most: nothing is heard where nobody reads, and no ping passes a stuck write
	}
	silent := time.Duration(o.quiet) * time.Second
	// While it is not read from, its full receive buffer can make Linux drop its window updates,
	// too. A little more room lets them in.
	if tcp := tcpConn(c.net); stuck && tcp != nil {
		tcp.SetReadBuffer(socketBuffer + int(time.Since(o.stuckSince)/time.Second)*socketBuffer/2)
	}
	switch {
	case o.state >= closed:
		return
	case o.state == closing && time.Now().After(o.closeBy),
		stuck && time.Since(o.stuckSince) >= writeTimeout:
		c.failLocked(errors.New("the client took nothing for too long"))
	case o.state == open && !o.lateSince.IsZero() && time.Since(o.lateSince) > maxLate:
		c.cutOffLocked()
	case silent >= 2*pingAfter:
		c.failLocked(errors.New("no answer to a ping"))
	case silent == pingAfter:
		c.queueLocked(newFrame(websocket.PingFrame, ""))
	}
	o.ticks.Reset(time.Second)
}
