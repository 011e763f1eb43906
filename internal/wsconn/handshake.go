package wsconn

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"golang.org/x/net/websocket"
)

// Options say who is let in and how much they may send. The zero value is the default of each.
type Options struct {
	Origins        []string // foreign origins whose pages may connect, as "https://chat.example"; the server's own always may
	MaxConnections int      // open at once; the next is refused with 503
	MaxMessage     int      // bytes of one message, all fragments together; more is closed with 1009
}

// Handler lets WebSocket clients in (RFC 6455, section 4.2) and runs a websocket.Server's Handler for each.
type Handler struct {
	server     websocket.Server
	origins    map[origin]bool
	max        int64
	maxMessage int
	open       atomic.Int64
	flusher    flusher
}

// NewHandler returns a Handler that serves as server does, within options. An error of server.Handshake refuses the client
// with 403 and the error's text: it sees the whole request, of which server.Handler has only PathValue. It returns an error for an
// origin that does not parse.
func NewHandler(server websocket.Server, options Options) (*Handler, error) {
	h := &Handler{server: server, origins: map[origin]bool{}, max: DefaultMaxConnections, maxMessage: DefaultMaxMessage}
	if options.MaxConnections > 0 {
		h.max = int64(options.MaxConnections)
	}
	if options.MaxMessage > 0 {
		h.maxMessage = options.MaxMessage
	}
	for _, text := range options.Origins {
		o, err := parseOrigin(text)
		if err != nil {
			return nil, err
		}
		h.origins[o] = true
	}
	return h, nil
}

// ServeHTTP refuses with an ordinary HTTP answer of one line, or takes the connection over and serves it in a goroutine of
// its own, so that the memory that net/http holds for a request is free again.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if status, reason := h.refusal(w, r); status != 0 {
		http.Error(w, reason, status)
		return
	}
	if h.open.Add(1) > h.max {
		h.open.Add(-1)
		http.Error(w, "the chat is full: try again later", http.StatusServiceUnavailable)
		return
	}
	// Not left to x/net: it panics where this fails.
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		h.open.Add(-1)
		http.Error(w, "this server cannot take over connections: "+err.Error(), http.StatusInternalServerError)
		return
	}
	early, _ := buf.Reader.Peek(buf.Reader.Buffered())
	c := newConn(h, conn, early)
	if !h.upgrade(c, r) { // refused by x/net for what it alone sees
		h.open.Add(-1)
		conn.Close()
		return
	}
	go h.run(c)
}

// Wait returns when no client is connected any more, or ctx's error when it is done first. Like [http.Server.Shutdown] it
// looks now and then.
func (h *Handler) Wait(ctx context.Context) error {
	const interval = 5 * time.Millisecond
	for h.open.Load() > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(interval):
		}
	}
	return nil
}

// upgrade lets x/net/websocket accept, and queues its 101.
func (h *Handler) upgrade(c *Conn, r *http.Request) bool {
	// A request of our own, for x/net keeps it for as long as the connection lives; without the subprotocols, which it would accept.
	own := r.WithContext(connContext{context.Background(), c})
	own.Header = http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": r.Header["Sec-Websocket-Key"]}
	server := websocket.Server{Config: h.server.Config, Handler: func(conn *websocket.Conn) { c.ws = conn }}
	server.ServeHTTP(hijacked{nil, c}, own)
	return c.ws != nil
}

// hijacked hands x/net the connection that was taken over already.
type hijacked struct {
	http.ResponseWriter // of which x/net calls nothing but Hijack
	c                   *Conn
}

func (h hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	const smallest = 16 // bytes; x/net writes its 101 through this, and keeps it for good
	return keepOpen{h.c.net}, bufio.NewReadWriter(h.c.in, bufio.NewWriterSize(answer{h.c}, smallest)), nil
}

const acceptSize = 160 // bytes, enough for a 101 of x/net

// answer queues the 101 as if it were a frame. It is sent with the first that is flushed, when the room knows the client already: from
// its 101 on, it misses nothing.
type answer struct{ *Conn }

func (a answer) Write(p []byte) (int, error) {
	if len(a.own) == 0 {
		a.own = []ownFrame{{data: make([]byte, 0, acceptSize)}}
	}
	a.own[0].data = append(a.own[0].data, p...)
	a.unread = len(a.own[0].data) + frameCost
	return len(p), nil
}

// keepOpen outlives x/net's ServeHTTP, which ends with a Close.
type keepOpen struct{ net.Conn }

func (keepOpen) Close() error { return nil }

// run serves one client to its end. A panic ends that client alone, as it would in net/http.
func (h *Handler) run(c *Conn) {
	defer h.open.Add(-1)
	defer c.finish()
	defer func() {
		if p := recover(); p != nil {
			slog.Error("panic while serving a client", "remote", c.RemoteAddr(), "panic", p, "stack", string(debug.Stack()))
			c.Close(InternalError, "internal error")
		}
	}()
	// The path's values and the client's address are all that is still needed of these.
	r := c.ws.Request()
	r.Header, r.URL, r.Host, c.ws.Config().Location = nil, nil, "", nil
	h.server.Handler(c.ws)
}

// refusal checks what can be known before the connection is taken over: RFC 6455, section 4.2.1. 0 is no refusal.
func (h *Handler) refusal(w http.ResponseWriter, r *http.Request) (status int, reason string) {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		return http.StatusMethodNotAllowed, "a WebSocket is opened with GET"
	case r.ProtoMajor > 1: // where Upgrade does not exist, and must not be sent
		return http.StatusUpgradeRequired, "a WebSocket is opened over HTTP/1.1"
	case !r.ProtoAtLeast(1, 1), !hasToken(r.Header, "Upgrade", "websocket"), !hasToken(r.Header, "Connection", "upgrade"),
		r.Header.Get("Sec-WebSocket-Version") != websocket.SupportedProtocolVersion:
		w.Header().Set("Upgrade", "websocket") // RFC 9110, section 15.5.22
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Sec-WebSocket-Version", websocket.SupportedProtocolVersion)
		return http.StatusUpgradeRequired, "this is a WebSocket: connect with a WebSocket client of version 13"
	case err != nil, len(key) != 16, len(r.Header["Sec-Websocket-Key"]) != 1:
		return http.StatusBadRequest, "Sec-WebSocket-Key must be 16 bytes in base64"
	case r.ContentLength != 0:
		return http.StatusBadRequest, "a WebSocket handshake has no body"
	}
	if _, err := url.ParseRequestURI("ws://" + r.Host + r.URL.RequestURI()); err != nil {
		return http.StatusBadRequest, "host or path do not parse" // x/net would say so too late
	}
	if err := h.checkOrigin(r); err != nil {
		return http.StatusForbidden, err.Error()
	}
	if h.server.Handshake != nil {
		config := h.server.Config
		if err := h.server.Handshake(&config, r); err != nil {
			return http.StatusForbidden, err.Error()
		}
	}
	return 0, ""
}

// hasToken reports whether a header that lists tokens has this one (RFC 9110, section 5.6.1).
func hasToken(header http.Header, name, token string) bool {
	for _, line := range header[name] {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// origin is a web origin (RFC 6454, section 4) with its port always written out, so that == compares it whole.
type origin struct{ scheme, host, port string }

func parseOrigin(text string) (origin, error) {
	u, err := url.Parse(text)
	// Nothing but scheme and host, and ASCII only: U+212A would else fold to k. Browsers send punycode.
	if err != nil || u.Hostname() == "" || !strings.EqualFold(text, u.Scheme+"://"+u.Host) || strings.ContainsFunc(text, notASCII) {
		return origin{}, fmt.Errorf("%q is not an origin: write scheme://host or scheme://host:port", text)
	}
	o := origin{u.Scheme, strings.ToLower(u.Hostname()), u.Port()}
	switch {
	case o.scheme != "http" && o.scheme != "https":
		return origin{}, fmt.Errorf("%q is not the origin of a web page: it starts with http:// or https://", text)
	case o.port == "" && o.scheme == "http":
		o.port = "80"
	case o.port == "":
		o.port = "443"
	}
	return o, nil
}

func notASCII(r rune) bool { return r > unicode.MaxASCII }

// checkOrigin keeps other sites' pages out (RFC 6455, section 10.2). No Origin at all means that it is no browser.
func (h *Handler) checkOrigin(r *http.Request) error {
	values := r.Header["Origin"]
	if len(values) == 0 {
		return nil
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	own, err := parseOrigin(scheme + "://" + r.Host)
	if err != nil {
		return fmt.Errorf("host %q does not parse", r.Host)
	}
	theirs, err := parseOrigin(values[0])
	if err != nil || len(values) > 1 || theirs != own && !h.origins[theirs] {
		return fmt.Errorf("pages of %q may not connect: add their origin with -origins", strings.Join(values, ", "))
	}
	return nil
}
