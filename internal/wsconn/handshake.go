package wsconn

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/websocket"
)

const webSocketVersion = websocket.SupportedProtocolVersion

// refusal checks what can be known before the connection is taken over (RFC 6455, section 4.2.1).
// The status 0 is no refusal.
func (s *Server) refusal(w http.ResponseWriter, r *http.Request) (status int, reason string) {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		return http.StatusMethodNotAllowed, "a WebSocket is opened with GET"
	case r.ProtoMajor > 1: // where Upgrade does not exist, and must not be sent
		return http.StatusUpgradeRequired, "a WebSocket is opened over HTTP/1.1"
	case !r.ProtoAtLeast(1, 1), !hasToken(r.Header, "Upgrade", "websocket"),
		!hasToken(r.Header, "Connection", "upgrade"),
		r.Header.Get("Sec-WebSocket-Version") != webSocketVersion:
		w.Header().Set("Upgrade", "websocket") // RFC 9110, section 15.5.22
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Sec-WebSocket-Version", webSocketVersion)
		return http.StatusUpgradeRequired,
			"this is a WebSocket: connect with a WebSocket client of version " + webSocketVersion
	case err != nil, len(key) != 16, len(r.Header["Sec-Websocket-Key"]) != 1:
		return http.StatusBadRequest, "Sec-WebSocket-Key must be 16 bytes in base64"
	case r.ContentLength != 0:
		return http.StatusBadRequest, "a WebSocket handshake has no body"
	}
	if err := s.Origins.Check(r); err != nil {
		return http.StatusForbidden, err.Error()
	}
	return 0, ""
}

// tokens are those that a header lists (RFC 9110, section 5.6.1).
func tokens(header http.Header, name string) []string {
	separates := func(r rune) bool { return strings.ContainsRune(", \t", r) }
	return strings.FieldsFunc(strings.Join(header[name], ","), separates)
}

func hasToken(header http.Header, name, token string) bool {
	same := func(t string) bool { return strings.EqualFold(t, token) }
	return slices.ContainsFunc(tokens(header, name), same)
}

// negotiate calls ws.Handshake with what the client offers, and returns what was chosen. x/net
// would accept a single subprotocol that nobody chose. The status 0 is no refusal.
func negotiate(ws websocket.Server, r *http.Request) (c websocket.Config, status int, why string) {
	offered := tokens(r.Header, "Sec-Websocket-Protocol")
	c.Version, c.Protocol = websocket.ProtocolVersionHybi13, offered
	c.Header = maps.Clone(ws.Config.Header)
	if ws.Handshake != nil {
		if err := ws.Handshake(&c, r); err != nil {
			return c, http.StatusForbidden, err.Error()
		}
	}
	switch chosen := c.Protocol; {
	case len(chosen) == 0:
	case len(chosen) == len(offered) && &chosen[0] == &offered[0]: // nobody chose
		c.Protocol = nil
	case len(chosen) != 1, !slices.Contains(offered, chosen[0]): // the programmer's error
		return c, http.StatusInternalServerError,
			"Handshake must leave nothing in config.Protocol, or one that the client offers"
	}
	return c, 0, ""
}

// upgrade lets x/net/websocket accept, which writes its 101. x/net sees what was checked before,
// and nothing else. It keeps its request as long as the connection lives.
func (c *Conn) upgrade(r *http.Request, config websocket.Config) {
	values := context.WithoutCancel(r.Context())
	own := r.WithContext(context.WithValue(values, connKey{}, c))
	own.URL, own.Host = &url.URL{Path: "/"}, "" // of which x/net makes an address that nobody needs
	seen := http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"},
		"Sec-Websocket-Version": {webSocketVersion},
		"Sec-Websocket-Key":     r.Header["Sec-Websocket-Key"]}
	own.Header = seen
	taken := &takenOver{Conn: c.in.conn, buf: c.in.buf, answer: make([]byte, 0, 256)}
	websocket.Server{
		Config:  websocket.Config{Protocol: config.Protocol, Header: config.Header},
		Handler: func(ws *websocket.Conn) { c.in.ws = ws },
	}.ServeHTTP(taken, own)
	c.out.push(&Frame{slices.Clip(taken.answer)})
	taken.answer, c.in.ws.Config().Location = nil, nil
	own.Host, own.URL, own.Header = r.Host, r.URL, maps.Clone(r.Header)
	for name := range seen {
		delete(own.Header, name)
	}
	var headers strings.Builder
	own.Header.Write(&headers)
	if size := len(r.RequestURI) + headers.Len(); size > maxRequest {
		path := strings.Clone(r.URL.Path) // method and protocol are parts of the same line, too
		own.Method, own.Proto = http.MethodGet, "HTTP/1.1"
		own.URL, own.RequestURI, own.Header = &url.URL{Path: path}, path, nil
		c.server.log().Printf("remote=%s: its handler sees neither query nor headers: they have "+
			"%d bytes, and %d are held. Handshake sees them.", r.RemoteAddr, size, maxRequest)
	} else if size == len(r.RequestURI) {
		own.Header = nil
	}
}

// connKey leads from the request of a websocket.Conn to our Conn.
type connKey struct{}

// takenOver hands x/net a connection that was taken over already, and gathers its 101.
type takenOver struct {
	http.ResponseWriter // of which x/net calls nothing but Hijack
	net.Conn
	buf    *bufio.Reader
	answer []byte // nil: it is made
}

func (t *takenOver) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	// 16 bytes is bufio's least: x/net writes its 101 through this, and keeps it for good.
	return t, bufio.NewReadWriter(t.buf, bufio.NewWriterSize(t, 16)), nil
}

func (t *takenOver) Write(p []byte) (int, error) {
	if t.answer == nil {
		return 0, errors.New("wsconn: send with FromConn(ws).Send, which nobody else's writes tear")
	}
	t.answer = append(t.answer, p...)
	return len(p), nil
}

// Close leaves the connection open at the end of x/net's ServeHTTP.
func (t *takenOver) Close() error { return nil }
