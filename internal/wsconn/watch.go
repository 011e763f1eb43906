package wsconn

import (
	"errors"
	"time"

	"golang.org/x/net/websocket"
)

var (
	errSilent = errors.New("no answer to a ping")
	errStuck  = errors.New("the client took nothing for too long")
)

// watch looks after all connections once a second, as long as there are any.
func (s *Server) watch() {
	for watching := true; watching; {
		time.Sleep(time.Second)
		s.each(func(c *Conn) { c.check(time.Now()) })
		s.mu.Lock()
		s.watching = s.open > 0
		watching = s.watching
		s.mu.Unlock()
	}
}

// check pings a client that is silent, and ends what takes too long.
func (c *Conn) check(now time.Time) {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.quiet++; c.in.heard.Swap(false) {
		o.quiet = 1 // at most
	}
	stuck := !o.stuckSince.IsZero()
	silent := time.Duration(o.quiet) * time.Second
	switch {
	case o.state == closing && now.After(o.closeBy),
		stuck && now.Sub(o.stuckSince) >= writeTimeout:
		c.failLocked(errStuck)
	case o.state != open:
	case !o.lateSince.IsZero() && now.Sub(o.lateSince) > maxLate:
		c.cutOffLocked()
	case silent >= 2*pingAfter && !stuck: // one that is stuck may not have got the ping
		c.failLocked(errSilent)
	case silent == pingAfter:
		c.queueLocked(newFrame(websocket.PingFrame, ""))
	}
}
