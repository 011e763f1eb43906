package wsconn

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"log"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/chat/internal/origin"
	"golang.org/x/net/websocket"
)

// Server lets WebSocket clients in (RFC 6455, section 4.2) and serves them until
// [Server.Shutdown]. The zero value is ready. Set the exported fields before it serves.
type Server struct {
	Origins        origin.Set // whose pages may connect, beside the server's own
	MaxConnections int        // open at once, the next is refused with 503; 0 is DefaultMaxConnections
	MaxMessage     int        // bytes of one message; 0 is DefaultMaxMessage

	flusher  flusher
	patience patience

	// handling is held for reading by each handler that runs, but not while it waits in Receive:
	// who holds it for writing knows that no message is half dealt with, and none is handed out.
	handling sync.RWMutex

	open     atomic.Int64 // connections, those in their handshake included
	mu       sync.Mutex   // guards what follows, and additions to open
	conns    map[*Conn]bool
	stopping bool // Shutdown was called: nobody is let in any more
}

// Handler returns what serves WebSocket clients as ws does, within the limits of s. An error of
// ws.Handshake refuses the client with 403 and the error's text. It runs before the connection is
// taken over, and what it sets with [http.Request.SetPathValue] is seen by ws.Handler. Of the
// request, ws.Handler has the path's values, the RemoteAddr and the start of the RequestURI.
// ws.Config is not used.
func (s *Server) Handler(ws websocket.Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status, reason := s.refusal(w, r, ws); status != 0 {
			http.Error(w, reason, status)
			return
		}
		if reason := s.enter(); reason != "" {
			http.Error(w, reason, http.StatusServiceUnavailable)
			return
		}
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil { // where x/net would panic
			s.open.Add(-1)
			http.Error(w, "this server cannot take over connections", http.StatusInternalServerError)
			return
		}
		c := newConn(s, conn, buf.Reader)
		c.upgrade(r)
		s.add(c)
		// A goroutine of its own, so that the memory that net/http holds for a request is free
		// again.
		go s.run(c, ws.Handler)
	})
}

// refusal checks what can be known before the connection is taken over (RFC 6455, section 4.2.1).
// The status 0 is no refusal.
func (s *Server) refusal(w http.ResponseWriter, r *http.Request, ws websocket.Server) (int, string) {
	const version = websocket.SupportedProtocolVersion
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		return http.StatusMethodNotAllowed, "a WebSocket is opened with GET"
	case r.ProtoMajor > 1: // where Upgrade does not exist, and must not be sent
		return http.StatusUpgradeRequired, "a WebSocket is opened over HTTP/1.1"
	case !r.ProtoAtLeast(1, 1),
		!hasToken(r.Header, "Upgrade", "websocket"), !hasToken(r.Header, "Connection", "upgrade"),
		r.Header.Get("Sec-WebSocket-Version") != version:
		w.Header().Set("Upgrade", "websocket") // RFC 9110, section 15.5.22
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Sec-WebSocket-Version", version)
		reason := "this is a WebSocket: connect with a WebSocket client of version " + version
		return http.StatusUpgradeRequired, reason
	case err != nil, len(key) != 16, len(r.Header["Sec-Websocket-Key"]) != 1:
		return http.StatusBadRequest, "Sec-WebSocket-Key must be 16 bytes in base64"
	case r.ContentLength != 0:
		return http.StatusBadRequest, "a WebSocket handshake has no body"
	}
	err = s.Origins.Check(r)
	if err == nil && ws.Handshake != nil {
		err = ws.Handshake(&ws.Config, r)
	}
	if err != nil {
		return http.StatusForbidden, err.Error()
	}
	return 0, ""
}

// hasToken reports whether a header that lists tokens has this one (RFC 9110, section 5.6.1).
func hasToken(header http.Header, name, token string) bool {
	tokens := strings.Split(strings.Join(header[name], ","), ",")
	return slices.ContainsFunc(tokens, func(t string) bool {
		return strings.EqualFold(strings.TrimSpace(t), token)
	})
}

// upgrade lets x/net/websocket accept, which writes its 101 to the outbox. x/net sees what was
// checked above and nothing else: it would accept subprotocols. It keeps its request as long as
// the connection lives.
func (c *Conn) upgrade(r *http.Request) {
	own := r.WithContext(context.WithValue(context.Background(), connKey{}, c))
	// A long first line is not held: its method and protocol are parts of it.
	own.Method, own.Proto, own.Host, own.URL = http.MethodGet, "HTTP/1.1", "", &url.URL{Path: "/"}
	own.RequestURI = strings.Clone(r.RequestURI[:min(len(r.RequestURI), 100)]) // for the log
	own.Header = http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": r.Header["Sec-Websocket-Key"]}
	accept := func(ws *websocket.Conn) { c.in.ws = ws }
	websocket.Server{Handler: accept}.ServeHTTP(takenOver{c: c}, own)
	own.Header, own.URL, c.in.ws.Config().Location = nil, nil, nil // which take half a kilobyte
}

// connKey leads from the request of a websocket.Conn to our Conn.
type connKey struct{}

// takenOver hands x/net a connection that was taken over already, and takes its 101. x/net calls
// nothing but Hijack.
type takenOver struct {
	http.ResponseWriter
	c *Conn
}

func (t takenOver) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	// 16 bytes is bufio's least: x/net writes its 101 through this, and keeps it for good.
	return keepOpen{t.c.net}, bufio.NewReadWriter(t.c.in.buf, bufio.NewWriterSize(t, 16)), nil
}

// Write queues a part of the 101.
func (t takenOver) Write(p []byte) (int, error) {
	t.c.Send(&Frame{bytes.Clone(p)})
	return len(p), nil
}

// keepOpen outlives x/net's ServeHTTP, which ends with a Close.
type keepOpen struct{ net.Conn }

func (keepOpen) Close() error { return nil }

// enter counts one more connection, or says why there may be none.
func (s *Server) enter() (refusal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopping:
		return shuttingDown
	case s.open.Load() >= int64(cmp.Or(s.MaxConnections, DefaultMaxConnections)):
		return "the server is full: try again later"
	}
	s.open.Add(1)
	return ""
}

func (s *Server) maxMessage() int { return cmp.Or(s.MaxMessage, DefaultMaxMessage) }

func (s *Server) add(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		s.conns = map[*Conn]bool{}
	}
	s.conns[c] = true
	if s.stopping {
		c.Close(GoingAway, shuttingDown)
	}
}

// leave counts one connection less. It logs first, because the program may end when a shutdown
// finds none left.
func (s *Server) leave(c *Conn, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	r := c.in.ws.Request()
	log.Printf("disconnected remote=%s path=%.100q open=%d reason=%q",
		r.RemoteAddr, r.RequestURI, s.open.Load()-1, why)
	s.open.Add(-1)
}

// run serves one client to its end. A panic ends that client alone, as it does in net/http.
func (s *Server) run(c *Conn, handler websocket.Handler) {
	r := c.in.ws.Request()
	log.Printf("connected remote=%s path=%.100q", r.RemoteAddr, r.RequestURI)
	defer func() {
		s.leave(c, c.finish())
		hangUp(c.net) // a shutdown does not wait for TCP
	}()
	s.handling.RLock()
	defer s.handling.RUnlock()
	defer func() {
		if p := recover(); p != nil {
			log.Printf("panic while serving remote=%s: %v\n%s", r.RemoteAddr, p, debug.Stack())
			c.Close(InternalError, "internal error")
		}
	}()
	handler(c.in.ws)
}

const shuttingDown = "the server is shutting down"

// Shutdown ends all connections in order, as http.Server's Shutdown does for requests, and lets
// nobody in any more. Each handler finishes with the message that it has received, in half of the
// time that ctx leaves. Then each client is sent what was queued for it, and a close with 1001. If
// ctx is done first, connections that are left are reset, and ctx's error is returned.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()

	idle, released := make(chan struct{}), make(chan struct{})
	go func() {
		s.handling.Lock()
		defer s.handling.Unlock()
		close(idle)
		<-released
	}()
	var half <-chan time.Time
	if end, ok := ctx.Deadline(); ok {
		half = time.After(time.Until(end) / 2)
	}
	select {
	case <-idle:
	case <-half:
	case <-ctx.Done():
	}
	// Nobody is told of all these leavings: each connection is closed before any handler goes on.
	s.each(func(c *Conn) { c.Close(GoingAway, shuttingDown) })
	close(released)

	for s.open.Load() > 0 {
		select {
		case <-time.After(5 * time.Millisecond): // http.Server's Shutdown looks now and then, too
		case <-ctx.Done():
			s.each(func(c *Conn) { c.fail(ctx.Err()) })
			return ctx.Err()
		}
	}
	return nil
}

func (s *Server) each(do func(*Conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		do(c)
	}
}
