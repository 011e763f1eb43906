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
	if o.quiet++; c.in.heard.Swap(false) || !c.in.reading.Load() {
		o.quiet = 1 // at most: where nobody reads, nothing is heard
	}
	silent := time.Duration(o.quiet) * time.Second
	stuck := !o.stuckSince.IsZero()
	switch {
	case o.state >= closed:
		return
	case o.state == closing && time.Now().After(o.closeBy),
		stuck && time.Since(o.stuckSince) >= writeTimeout:
		c.failLocked(errors.New("the client took nothing for too long"))
	case o.state == open && !o.lateSince.IsZero() && time.Since(o.lateSince) > maxLate:
		c.cutOffLocked()
	case silent >= 2*pingAfter && !stuck: // one that is stuck may not have got the ping
		c.failLocked(errors.New("no answer to a ping"))
	case silent == pingAfter:
		c.queueLocked(newFrame(websocket.PingFrame, ""))
	}
	o.ticks.Reset(time.Second)
}
