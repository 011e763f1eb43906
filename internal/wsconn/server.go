package wsconn

import (
	"cmp"
	"context"
	"log"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"example.com/chat/internal/origin"
	"golang.org/x/net/websocket"
)

// Server lets WebSocket clients in (RFC 6455, section 4.2) and serves them until
// [Server.Shutdown]. The zero value is ready. Set the exported fields before it serves.
type Server struct {
	Origins        origin.Set  // whose pages may connect, beside the server's own
	MaxConnections int         // the next is refused with 503; 0 is DefaultMaxConnections
	MaxMessage     int         // bytes of one message; 0 is DefaultMaxMessage
	ErrorLog       *log.Logger // for all that is logged; nil is the log package's own

	flusher  flusher
	patience patience

	busy atomic.Int64 // handlers that do not wait for their client, and calls of Do
	gate sync.RWMutex // held for a moment to become busy; a shutdown holds it so that nobody does

	places atomic.Int64 // that are taken, until TCP has ended
	alive  atomic.Int64 // connections, until the WebSocket has ended; those in their handshake, too

	mu       sync.Mutex // guards what follows, and additions to places and alive
	conns    map[*Conn]bool
	watching bool
	stopping atomic.Bool // Shutdown was called: nobody is let in any more
}

// Handler returns what serves WebSocket clients as ws does, within the limits of s.
//
// An error of ws.Handshake refuses the client with 403 and the error's text. Handshake runs before
// the connection is taken over. It can choose one of the subprotocols that the client offers, in
// config.Protocol, by a new slice there. What it puts into config.Header goes into the 101. What it
// sets with [http.Request.SetPathValue] is seen by ws.Handler.
//
// ws.Handler has the client's request, with its URL, its cookies and other headers, and the values
// of its context. If they have more than 8 KB, then it has neither the query nor headers, which is
// logged: Handshake has them. The handler returns before the WebSocket ends: then the client is
// sent what is queued for it, and a close.
func (s *Server) Handler(ws websocket.Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, reason := s.refusal(w, r)
		config := websocket.Config{}
		if status == 0 {
			config, status, reason = negotiate(ws, r)
		}
		if status == 0 {
			status, reason = s.enter()
		}
		if status != 0 {
			http.Error(w, reason, status)
			return
		}
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil { // where x/net would panic
			s.alive.Add(-1)
			s.places.Add(-1)
			http.Error(w, "this server cannot take over connections", 500)
			return
		}
		c := newConn(s, conn, buf.Reader)
		c.upgrade(r, config)
		s.add(c)
		// A goroutine of its own, so that the memory that net/http holds for a request is free
		// again.
		go s.run(c, ws.Handler)
	})
}

// enter takes a place for one more connection, or says why there is none.
func (s *Server) enter() (status int, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopping.Load():
		return http.StatusServiceUnavailable, shuttingDown
	case s.places.Load() >= int64(cmp.Or(s.MaxConnections, DefaultMaxConnections)):
		return http.StatusServiceUnavailable, "the server is full: try again later"
	}
	s.places.Add(1)
	s.alive.Add(1)
	return 0, ""
}

func (s *Server) maxMessage() int { return cmp.Or(s.MaxMessage, DefaultMaxMessage) }

func (s *Server) add(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) == 0 {
		s.conns = map[*Conn]bool{}
	}
	if !s.watching {
		s.watching = true
		time.AfterFunc(time.Second, s.watch)
	}
	s.conns[c] = true
	if s.stopping.Load() {
		c.Close(GoingAway, shuttingDown)
	}
}

// watch runs once a second while there are connections.
func (s *Server) watch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watching = len(s.conns) > 0; s.watching {
		time.AfterFunc(time.Second, s.watch)
	}
	for c := range s.conns {
		c.watch()
	}
}

func (s *Server) each(do func(*Conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		do(c)
	}
}

// leave takes c from the list. A shutdown does not wait for it any more.
func (s *Server) leave(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.alive.Add(-1)
}

func (s *Server) log() *log.Logger { return cmp.Or(s.ErrorLog, log.Default()) }

// run serves one client to its end. A panic ends that client alone, as it does in net/http.
func (s *Server) run(c *Conn, handler websocket.Handler) {
	r := c.in.ws.Request()
	path := r.URL.Path // a query may hold a token
	s.log().Printf("connected remote=%s path=%.100q", r.RemoteAddr, path)
	defer func() {
		why := c.finish()
		// It logs first, because the program may end when a shutdown finds no connection left.
		s.log().Printf("disconnected remote=%s path=%.100q open=%d reason=%q",
			r.RemoteAddr, path, s.alive.Load()-1, why)
		s.leave(c)
		c.out.socket.hangUp(func() { s.places.Add(-1) })
	}()
	c.setBusy(true)
	defer c.setBusy(false)
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p != http.ErrAbortHandler {
			s.log().Printf("panic while serving remote=%s: %v\n%s", r.RemoteAddr, p, debug.Stack())
		}
		c.Close(InternalError, "internal error")
	}()
	handler(c.in.ws)
}

const shuttingDown = "the server is shutting down"

// Do calls f, which sends to clients of s from outside of their handlers: from a timer, or for an
// HTTP request. A shutdown waits for f as for a handler, and does not let it begin any more: so
// everybody is sent all of it, or nobody is. Without Do, a message may reach half of the clients.
func (s *Server) Do(f func()) {
	s.gate.RLock()
	s.busy.Add(1)
	s.gate.RUnlock()
	defer s.busy.Add(-1)
	if !s.stopping.Load() {
		f()
	}
}

// Shutdown ends all connections in order, as http.Server's Shutdown does for requests, and lets
// nobody in any more. Each handler finishes with the message that it has received, in half of the
// time that ctx leaves, or in 5 s. Then each client is sent what was queued for it, and a close
// with 1001. If ctx is done first, connections that are left are reset, and ctx's error is
// returned.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopping.Store(true)
	s.mu.Unlock()

	half := time.Now().Add(closeTimeout)
	if end, ok := ctx.Deadline(); ok {
		half = time.Now().Add(time.Until(end) / 2)
	}
	const pause = 5 * time.Millisecond // http.Server's Shutdown looks now and then, too
	s.gate.Lock()
	for s.busy.Load() > 0 && time.Now().Before(half) && ctx.Err() == nil {
		time.Sleep(pause)
	}
	// No handler is told of all these ends one by one: all are closed before any goes on.
	s.each(func(c *Conn) { c.Close(GoingAway, shuttingDown) })
	s.gate.Unlock()
	for s.alive.Load() > 0 && ctx.Err() == nil {
		time.Sleep(pause)
	}
	if s.alive.Load() == 0 {
		return nil
	}
	s.each(func(c *Conn) { c.out.abort(ctx.Err()) })
	return ctx.Err()
}
