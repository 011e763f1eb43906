package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// reply is what came back, or why nothing did.
type reply struct {
	status  int
	headers http.Header
	body    io.ReadCloser
	err     error
	at      time.Time
}

// client is somebody in a talk: one request, or one WebSocket.
type client struct {
	leave  context.CancelFunc
	asked  time.Time
	took   time.Duration // from the request to the answer's headers
	reply  chan reply
	stream *bufio.Reader // what follows the answer's headers
	socket net.Conn
	next   chan heard // what is read at the moment; nil: nothing is
}

// heard is what came, or why nothing did.
type heard struct {
	text string
	err  error
}

// ask sends a request, and does not wait for the answer.
func ask(ctx context.Context, base string, m message) (*client, error) {
	ctx, leave := context.WithCancel(ctx)
	c := &client{leave: leave, asked: time.Now(), reply: make(chan reply, 1)}
	method, path, _ := strings.Cut(m.head, " ")
	headers := http.Header{}
	for _, h := range m.headers {
		name, value, _ := strings.Cut(h, ": ")
		headers.Add(name, value)
	}
	if method == "WS" {
		go func() { c.reply <- c.dial(ctx, base, path, headers) }()
		return c, nil
	}
	if method == "TCP" {
		return c, c.connect(ctx, strings.TrimPrefix(base, "http://"))
	}
	body, kind, err := bodyOf(m)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, base+path, body)
	if err != nil {
		return nil, err
	}
	if kind != "" && headers.Get("Content-Type") == "" {
		headers.Set("Content-Type", kind)
	}
	r.Header = headers
	if host := headers.Get("Host"); host != "" {
		r.Host = host
	}
	go func() {
		answer, err := transport.RoundTrip(r)
		if err != nil {
			c.reply <- reply{err: err, at: time.Now()}
			return
		}
		c.reply <- reply{answer.StatusCode, answer.Header, answer.Body, nil, time.Now()}
	}()
	return c, nil
}

// transport has a connection for each request, so that no talk depends on who was there before.
var transport = &http.Transport{DisableKeepAlives: true, DisableCompression: true}

// bodyOf returns a request's body and its Content-Type.
func bodyOf(m message) (io.Reader, string, error) {
	if count, ok := strings.CutSuffix(m.body, " bytes"); ok {
		n, err := strconv.Atoi(count)
		return strings.NewReader(strings.Repeat("x", n)), "application/octet-stream", err
	}
	if len(m.fields) == 0 {
		if strings.HasPrefix(m.body, "{") || strings.HasPrefix(m.body, "[") {
			return strings.NewReader(m.body), "application/json", nil
		}
		return strings.NewReader(m.body), "", nil
	}
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, field := range m.fields {
		name, value, _ := strings.Cut(field, "=")
		if err := writeField(form, name, value); err != nil {
			return nil, "", err
		}
	}
	return &b, form.FormDataContentType(), form.Close()
}

func writeField(form *multipart.Writer, name, value string) error {
	upload, isFile := strings.CutPrefix(value, "@")
	if !isFile {
		return form.WriteField(name, value)
	}
	file, content, _ := strings.Cut(upload, " ")
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, name, file)},
		"Content-Type":        {"text/plain"},
	})
	if err != nil {
		return err
	}
	if count, ok := strings.CutSuffix(content, " bytes"); ok {
		n, err := strconv.Atoi(count)
		if err != nil {
			return err
		}
		content = strings.Repeat("x", n)
	}
	_, err = io.WriteString(part, content)
	return err
}

// connect opens a connection on which nothing is said.
func (c *client) connect(ctx context.Context, address string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	c.stream = bufio.NewReader(conn)
	return nil
}

func (c *client) dial(ctx context.Context, base, path string, headers http.Header) reply {
	var refused bytes.Buffer
	answered := http.Header{}
	dialer := ws.Dialer{
		Header: ws.HandshakeHeaderHTTP(headers),
		OnHeader: func(key, value []byte) error {
			answered.Add(string(key), string(value))
			return nil
		},
		OnStatusError: func(_ int, _ []byte, response io.Reader) { io.Copy(&refused, response) },
	}
	conn, buffered, _, err := dialer.Dial(ctx, "ws"+strings.TrimPrefix(base, "http")+path)
	if _, refusal := errors.AsType[ws.StatusError](err); refusal {
		answer, err := http.ReadResponse(bufio.NewReader(&refused), nil)
		if err != nil {
			return reply{err: err}
		}
		return reply{status: answer.StatusCode, headers: answer.Header, body: answer.Body}
	}
	if err != nil {
		return reply{err: err}
	}
	if buffered == nil {
		buffered = bufio.NewReader(conn)
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	c.socket, c.stream = conn, buffered
	return reply{status: http.StatusSwitchingProtocols, headers: http.Header{}, body: http.NoBody}
}

// spaces make a message long.
var spaces = regexp.MustCompile(`\{(\d+) spaces\}`)

// say sends a message on a WebSocket, or the close frame.
func (c *client) say(text string) error {
	if c.socket == nil {
		return errors.New("only on a WebSocket something can be said")
	}
	if reason, ok := strings.CutPrefix(text, "close "); ok {
		code, err := strconv.Atoi(reason)
		if err != nil {
			return err
		}
		body := ws.NewCloseFrameBody(ws.StatusCode(code), "")
		return ws.WriteFrame(c.socket, ws.MaskFrame(ws.NewCloseFrame(body)))
	}
	if found := spaces.FindStringSubmatch(text); found != nil {
		n, err := strconv.Atoi(found[1])
		if err != nil {
			return err
		}
		text = strings.Replace(text, found[0], strings.Repeat(" ", n), 1)
	}
	return wsutil.WriteClientText(c.socket, []byte(text))
}

// hear returns what comes next. What comes when ctx is done is kept for the next call.
func (c *client) hear(ctx context.Context) (string, error) {
	return c.await(ctx, c.read)
}

// body returns the whole body of an answer.
func (c *client) body(ctx context.Context, from io.Reader) (string, error) {
	return c.await(ctx, func() (string, error) {
		text, err := io.ReadAll(from)
		return string(text), err
	})
}

func (c *client) await(ctx context.Context, read func() (string, error)) (string, error) {
	if c.next == nil {
		next := make(chan heard, 1)
		c.next = next
		go func() {
			text, err := read()
			next <- heard{text, err}
		}()
	}
	select {
	case h := <-c.next:
		c.next = nil
		return h.text, h.err
	case <-ctx.Done():
		return "", errNothing
	}
}

var errNothing = errors.New("nothing comes")

// read returns the next line that is not empty, or the next message. Pings are passed over.
func (c *client) read() (string, error) {
	if c.stream == nil {
		return "", errors.New("nothing is open here")
	}
	for c.socket == nil {
		text, err := c.stream.ReadString('\n')
		if text = strings.TrimRight(text, "\r\n"); text != "" || err != nil {
			return text, err
		}
	}
	for {
		frame, err := ws.ReadFrame(c.stream)
		if err != nil {
			return "", err
		}
		switch frame.Header.OpCode {
		case ws.OpText:
			return string(frame.Payload), nil
		case ws.OpBinary:
			return "binary " + string(frame.Payload), nil
		case ws.OpClose:
			code, reason := ws.ParseCloseFrameData(frame.Payload)
			return strings.TrimSpace(fmt.Sprintf("close %d %s", code, reason)), nil
		}
	}
}
