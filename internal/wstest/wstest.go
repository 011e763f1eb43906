// Package wstest is a WebSocket client for tests: it can send any bytes, right or wrong, and shows
// each frame that comes back. Every read has a deadline and fails the test when it passes, so that
// tests wait for events only.
package wstest

import (
	"bufio"
	"bytes"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// Opcodes (RFC 6455, section 5.2).
const (
	Continuation = 0x0
	Text         = 0x1
	Binary       = 0x2
	Close        = 0x8
	Ping         = 0x9
	Pong         = 0xA
)

// Fin is the first byte's final bit; with an opcode, the first byte of an unfragmented frame.
const Fin = 0x80

// Patience is how long a read waits before it fails the test: far longer than anything here takes.
var Patience = 30 * time.Second

// Client is one connection to a WebSocket server.
type Client struct {
	net.Conn
	R *bufio.Reader
	t testing.TB
}

// Frame is a frame as the server sent it.
type Frame struct {
	First   byte // final bit, reserved bits, opcode
	Payload string
}

// CloseFrame is a close frame's payload, read.
type CloseFrame struct {
	Code   int // 0 if there is none
	Reason string
}

// Request returns a handshake for path with Host addr, and more header lines at its end.
func Request(addr, path string, more ...string) string {
	lines := append([]string{
		"GET " + path + " HTTP/1.1", "Host: " + addr, "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"}, more...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// Do sends a request over conn and returns the answer, and the connection to go on with. It fails
// the test if there is none.
func Do(t testing.TB, conn net.Conn, request string) (*http.Response, *Client) {
	t.Helper()
	t.Cleanup(func() { conn.Close() })
	conn.Write([]byte(request))
	response, c, err := Answer(t, conn)
	if err != nil {
		what, _, _ := strings.Cut(request, " HTTP/")
		t.Fatalf("read no answer to %s (%v), want one", what, err)
	}
	return response, c
}

// Answer reads a handshake's answer and returns the connection to go on with.
func Answer(t testing.TB, conn net.Conn) (*http.Response, *Client, error) {
	c := &Client{conn, bufio.NewReader(conn), t}
	conn.SetReadDeadline(time.Now().Add(Patience))
	response, err := http.ReadResponse(c.R, nil)
	return response, c, err
}

// DialTCP connects to addr.
func DialTCP(t testing.TB, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// Dial opens a WebSocket at addr and path.
func Dial(t testing.TB, addr, path string, more ...string) *Client {
	t.Helper()
	response, c := Do(t, DialTCP(t, addr), Request(addr, path, more...))
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(response.Body)
		t.Fatalf("handshake for %s: %s %s", path, response.Status, body)
	}
	return c
}

// Encode returns a masked frame, its length in the shortest form.
func Encode(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n <= 125:
		b = append(b, 0x80|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return Mask(b, payload)
}

// pad is a masking key, over and over.
var pad = bytes.Repeat([]byte{0x37, 0xfa, 0x21, 0x3d}, 1<<10)

// Mask appends a masking key to a header and the payload masked with it.
func Mask(header []byte, payload string) []byte {
	b := append(slices.Grow(header, 4+len(payload)), pad[:4]...)
	b = append(b, payload...)
	for rest := b[len(b)-len(payload):]; len(rest) > 0; {
		rest = rest[subtle.XORBytes(rest, rest, pad):]
	}
	return b
}

// Send sends a frame; first is its first byte, as Fin|Text.
func (c *Client) Send(first byte, payload string) {
	c.t.Helper()
	c.SendRaw(Encode(first, payload))
}

// Say sends a text message.
func (c *Client) Say(text string) {
	c.t.Helper()
	c.Send(Fin|Text, text)
}

// SendClose sends a close frame.
func (c *Client) SendClose(code int, reason string) {
	c.t.Helper()
	c.Send(Fin|Close, string(binary.BigEndian.AppendUint16(nil, uint16(code)))+reason)
}

// SendRaw sends bytes as they are.
func (c *Client) SendRaw(b []byte) {
	c.t.Helper()
	c.SetWriteDeadline(time.Now().Add(Patience))
	if _, err := c.Write(b); err != nil {
		c.t.Fatalf("sending %d bytes: %v", len(b), err)
	}
}

// Next returns the next frame, or the error that ended the connection.
func (c *Client) Next() (Frame, error) {
	c.SetReadDeadline(time.Now().Add(Patience))
	return c.next()
}

func (c *Client) next() (Frame, error) {
	var h [2]byte
	if _, err := io.ReadFull(c.R, h[:]); err != nil {
		return Frame{}, err
	}
	if h[1]&0x80 != 0 {
		return Frame{}, errors.New("the server masked a frame")
	}
	length := uint64(h[1])
	if extra := map[byte]int{126: 2, 127: 8}[h[1]]; extra > 0 {
		var long [8]byte
		if _, err := io.ReadFull(c.R, long[8-extra:]); err != nil {
			return Frame{}, err
		}
		length = binary.BigEndian.Uint64(long[:])
	}
	payload := make([]byte, length)
	_, err := io.ReadFull(c.R, payload)
	return Frame{h[0], string(payload)}, err
}

// Read returns the next frame that is no ping, and answers pings.
func (c *Client) Read() Frame {
	c.t.Helper()
	return c.Want("a frame")
}

// Want is Read. Where nothing comes, the failure says what was wanted.
func (c *Client) Want(what string) Frame {
	c.t.Helper()
	c.SetReadDeadline(time.Now().Add(Patience)) // once: pings come as long as the server lives
	for {
		f, err := c.next()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			c.t.Fatalf("read nothing for %v, want %s", Patience, what)
		}
		if err != nil {
			c.t.Fatalf("read no more (%v), want %s", err, what)
		}
		if f.First != Fin|Ping {
			return f
		}
		c.Send(Fin|Pong, f.Payload)
	}
}

// Expect reads one text message for each of texts.
func (c *Client) Expect(texts ...string) {
	c.t.Helper()
	for _, want := range texts {
		wanted := Frame{Fin | Text, want}
		if got := c.Want(wanted.String()); got != wanted {
			c.t.Fatalf("read %s, want %s", got, wanted)
		}
	}
}

// ExpectClose drops messages until the close frame, and returns that.
func (c *Client) ExpectClose() CloseFrame {
	c.t.Helper()
	for {
		f := c.Read()
		if f.First != Fin|Close {
			continue
		}
		if len(f.Payload) < 2 {
			return CloseFrame{}
		}
		return CloseFrame{int(binary.BigEndian.Uint16([]byte(f.Payload))), f.Payload[2:]}
	}
}

// ExpectEnd reads until the server has ended the TCP connection in an orderly way, after nothing
// more.
func (c *Client) ExpectEnd() {
	c.t.Helper()
	if f, err := c.Next(); err != io.EOF {
		c.t.Fatalf("read %s, %v; want the end of the connection", f, err)
	}
}

// Reset ends the TCP connection with a reset, as a crash would.
func (c *Client) Reset() {
	c.Conn.(*net.TCPConn).SetLinger(0)
	c.Conn.Close()
}

// String is the frame as a failed test shows it.
func (f Frame) String() string {
	const most = 200 // bytes
	text := fmt.Sprintf("%q", f.Payload[:min(len(f.Payload), most)])
	switch {
	case f.First == Fin|Close && len(f.Payload) >= 2:
		code := binary.BigEndian.Uint16([]byte(f.Payload))
		text = fmt.Sprintf("a close with %d and %q", code, f.Payload[2:])
	case f.First != Fin|Text:
		text = fmt.Sprintf("%#x %s", f.First, text)
	}
	if len(f.Payload) > most {
		text = fmt.Sprintf("%s… (%d bytes)", text, len(f.Payload))
	}
	return text
}
