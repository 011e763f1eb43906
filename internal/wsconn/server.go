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
	MaxConnections int         // open at once, the next is refused with 503; 0 is DefaultMaxConnections
	MaxMessage     int         // bytes of one message; 0 is DefaultMaxMessage
	ErrorLog       *log.Logger // for all that is logged; nil is the log package's own

	flusher  flusher
	patience patience

	busy atomic.Int64                  // handlers that do not wait for their client, and calls of Do
	gate atomic.Pointer[chan struct{}] // until it is closed nobody becomes busy; nil: anybody may

	mu       sync.Mutex // guards what follows
	places   int        // that are taken, until TCP has ended
	alive    int        // connections, until the WebSocket has ended; those in their handshake, too
	conns    map[*Conn]bool
	stopping bool // Shutdown was called: nobody is let in any more
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
		if status, reason := s.refusal(w, r); status != 0 {
			http.Error(w, reason, status)
			return
		}
		config, err := negotiate(ws, r)
		if err != nil {
			status := http.StatusForbidden
			if err == errSubprotocol {
				status = http.StatusInternalServerError
			}
			http.Error(w, err.Error(), status)
			return
		}
		if reason := s.enter(); reason != "" {
			http.Error(w, reason, http.StatusServiceUnavailable)
			return
		}
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil { // where x/net would panic
			s.leave(nil)
			s.free()
			http.Error(w, "this server cannot take over connections", http.StatusInternalServerError)
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
func (s *Server) enter() (refusal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopping:
		return shuttingDown
	case s.places >= cmp.Or(s.MaxConnections, DefaultMaxConnections):
		return "the server is full: try again later"
	}
	s.places++
	s.alive++
	return ""
}

func (s *Server) maxMessage() int { return cmp.Or(s.MaxMessage, DefaultMaxMessage) }

func (s *Server) add(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) == 0 {
		s.conns = map[*Conn]bool{}
		time.AfterFunc(time.Second, s.watch)
	}
	s.conns[c] = true
	if s.stopping {
		c.Close(GoingAway, shuttingDown)
	}
}

// watch runs once a second while there are connections.
func (s *Server) watch() {
	if s.each((*Conn).watch) > 0 {
		time.AfterFunc(time.Second, s.watch)
	}
}

func (s *Server) each(do func(*Conn)) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		do(c)
	}
	return len(s.conns)
}

// leave counts one WebSocket less. A shutdown does not wait for it any more.
func (s *Server) leave(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.alive--
}

// free gives a place back.
func (s *Server) free() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.places--
}

func (s *Server) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.alive
}

func (s *Server) logf(format string, args ...any) {
	if s.ErrorLog != nil {
		s.ErrorLog.Printf(format, args...)
	} else {
		log.Printf(format, args...)
	}
}

// run serves one client to its end. A panic ends that client alone, as it does in net/http.
func (s *Server) run(c *Conn, handler websocket.Handler) {
	r := c.in.ws.Request()
	path := r.URL.Path // a query may hold a token
	s.logf("connected remote=%s path=%.100q", r.RemoteAddr, path)
	defer func() {
		why := c.finish()
		// It logs first, because the program may end when a shutdown finds no connection left.
		s.logf("disconnected remote=%s path=%.100q open=%d reason=%q",
			r.RemoteAddr, path, s.open()-1, why)
		s.leave(c)
		c.out.socket.hangUp(s.free)
	}()
	c.work()
	defer c.rest()
	defer func() {
		p := recover()
		if p != nil {
			c.Close(InternalError, "internal error")
		}
		if p != nil && p != http.ErrAbortHandler {
			s.logf("panic while serving remote=%s: %v\n%s", r.RemoteAddr, p, debug.Stack())
		}
	}()
	handler(c.in.ws)
}

const shuttingDown = "the server is shutting down"

// Do calls f, which sends to clients of s from outside of their handlers: from a timer, or for an
// HTTP request. A shutdown waits for f as for a handler, and does not let it begin any more: so
// everybody is sent all of it, or nobody is. Without Do, a message may reach half of the clients.
// Do reports false when it did not call f.
func (s *Server) Do(f func()) bool {
	s.begin()
	defer s.busy.Add(-1)
	s.mu.Lock()
	stopping := s.stopping
	s.mu.Unlock()
	if !stopping {
		f()
	}
	return !stopping
}

// begin counts one more that is busy. During a shutdown it waits.
func (s *Server) begin() {
	for {
		s.busy.Add(1) // before it looks, as Shutdown closes the gate before it counts
		gate := s.gate.Load()
		if gate == nil {
			return
		}
		s.busy.Add(-1)
		<-*gate
	}
}

// Shutdown ends all connections in order, as http.Server's Shutdown does for requests, and lets
// nobody in any more. Each handler finishes with the message that it has received, in half of the
// time that ctx leaves, or in 5 s. Then each client is sent what was queued for it, and a close
// with 1001. If ctx is done first, connections that are left are reset, and ctx's error is
// returned.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()

	gate := make(chan struct{})
	closed := s.gate.CompareAndSwap(nil, &gate) // unless another call has
	half := closeTimeout
	if end, ok := ctx.Deadline(); ok {
		half = time.Until(end) / 2
	}
	handlers, cancel := context.WithTimeout(ctx, half)
	defer cancel()
	await(handlers, func() bool { return s.busy.Load() == 0 })
	// No handler is told of all these ends one by one: all are closed before any goes on.
	s.each(func(c *Conn) { c.Close(GoingAway, shuttingDown) })
	if closed {
		s.gate.Store(nil)
		close(gate)
	}
	err := await(ctx, func() bool { return s.open() == 0 })
	if err != nil {
		s.each(func(c *Conn) { c.out.abort(err) })
	}
	return err
}

// await looks now and then, as http.Server's Shutdown does, until it is done or ctx is.
func await(ctx context.Context, done func() bool) error {
	for !done() {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
