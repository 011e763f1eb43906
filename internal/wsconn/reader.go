package wsconn

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"

	"golang.org/x/net/websocket"
)

const (
	readBuffer = 512 // bytes, held by each connection as long as it lives: a dozen short messages
	firstRead  = 512 // bytes: a message's buffer starts so small, and doubles as bytes arrive
)

// reader reads a client's frames. It is the receiving goroutine's own, but for
// what watch looks at.
type reader struct {
	ws      *websocket.Conn // reads each frame's header, and unmasks its payload
	buf     *bufio.Reader   // of which ws reads
	frame   io.Reader       // the payload of the frame that is being read
	left    int64           // bytes of it that are not read yet
	closed  bool            // a close frame has come, right or wrong
	under   byte            // opcode of the message that is under way; 0: none is
	reading atomic.Bool     // Receive waits for bytes
	heard   atomic.Bool     // bytes have come since watch last looked
}

// init makes r read what was read ahead of the handshake, and then the network.
func (r *reader) init(c *Conn, early *bufio.Reader) {
	from := io.Reader(network{c})
	if n := early.Buffered(); n > 0 {
		from = io.MultiReader(io.LimitReader(early, int64(n)), from)
	}
	r.buf = bufio.NewReaderSize(from, readBuffer)
}

// network is the client's bytes, and tells watch that some have come.
type network struct{ c *Conn }

func (n network) Read(p []byte) (read int, err error) {
	n.c.in.reading.Store(true)
	read, err = n.c.net.Read(p)
	n.c.in.reading.Store(false)
	if read > 0 {
		n.c.in.heard.Store(true)
	}
	return read, err
}

// nextFrame reads a frame's header, after what is left of the last frame.
func (r *reader) nextFrame() (h header, err error) {
	if _, err := io.CopyN(io.Discard, r, r.left); err != nil {
		return h, err
	}
	// The whole header is waited for and checked here: x/net clears the top bit of a 64-bit
	// length.
	var b []byte
	for size := 2; len(b) < size; { // two bytes tell how many follow
		if b, err = r.buf.Peek(size); err != nil {
			return h, err
		}
		if h, size, err = parseHeader(b, r.under); err != nil {
			return h, err
		}
	}
	r.left = h.length
	switch {
	case h.opcode == websocket.CloseFrame:
		r.closed = true
	case h.opcode > websocket.CloseFrame:
	case h.final:
		r.under = 0
	case h.opcode != websocket.ContinuationFrame:
		r.under = h.opcode
	}
	r.frame, err = r.ws.NewFrameReader()
	return h, err
}

// Read reads some of a frame's payload.
func (r *reader) Read(p []byte) (int, error) {
	n, err := r.frame.Read(p)
	r.left -= int64(n)
	if err == io.EOF && r.left > 0 { // x/net's reader ends so when the connection does, too
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// ReceiveText waits for the client's next text message, whole and valid UTF-8 (Starlette's
// WebSocket.receive_text). The error is a [CloseError] if either side sent a close frame.
// Otherwise it says what ended the connection. After an error the client is gone, and the error
// stays.
func (c *Conn) ReceiveText() (string, error) {
	_, data, err := c.receive(false)
	return string(data), err
}

// Receive is ReceiveText for text and binary messages. Its opcode is websocket.TextFrame or
// websocket.BinaryFrame.
func (c *Conn) Receive() (opcode byte, data []byte, err error) {
	return c.receive(true)
}

func (c *Conn) receive(binary bool) (opcode byte, data []byte, err error) {
	c.Accept()
	opcode, data, err = c.awaitMessage(binary)
	if ended := c.out.ended(); ended != nil { // and err may be of the read that this interrupted
		return 0, nil, ended
	}
	var refused CloseError
	switch {
	case errors.As(err, &refused):
		c.close(closeFrame(refused.Code, refused.Reason), refused, true)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		// It ended its side, and may still read what is queued. No close frame: it sent none.
		c.close(&Frame{}, fmt.Errorf("connection lost: %w", err), true)
	case err != nil:
		c.fail(err)
	default:
		return opcode, data, nil
	}
	return 0, nil, c.out.ended()
}

// awaitMessage lets a shutdown go on while it waits. During one it does not return, so that
// nothing more is handed out.
func (c *Conn) awaitMessage(binary bool) (opcode byte, data []byte, err error) {
	c.server.handling.RUnlock()
	defer c.server.handling.RLock()
	c.hurry()
	return c.readMessage(binary)
}

// readMessage reads frames until a message is whole (RFC 6455, section 5.4), and answers the
// control frames between them.
func (c *Conn) readMessage(binary bool) (opcode byte, data []byte, err error) {
	var text textChecker
	for {
		if err := c.out.awaitRoom(); err != nil {
			return 0, nil, err
		}
		h, err := c.in.nextFrame()
		if err != nil {
			return 0, nil, err
		}
		switch {
		case h.opcode >= websocket.CloseFrame:
			if err := c.answer(h); err != nil {
				return 0, nil, err
			}
			continue
		case h.opcode == websocket.BinaryFrame && !binary:
			return 0, nil, CloseError{Code: UnsupportedData, Reason: "only text messages are accepted"}
		case h.length > int64(c.server.maxMessage()-len(data)):
			return 0, nil, CloseError{Code: MessageTooBig, Reason: "message too big"}
		case h.opcode != websocket.ContinuationFrame:
			opcode = h.opcode
		}
		for c.in.left > 0 {
			if data, err = c.in.appendPart(data); err != nil {
				return 0, nil, err
			}
			if opcode == websocket.TextFrame && !text.valid(data) {
				return 0, nil, CloseError{Code: InvalidPayload, Reason: "text is not UTF-8"}
			}
		}
		if h.final && opcode == websocket.TextFrame && text.checked < len(data) {
			return 0, nil, CloseError{Code: InvalidPayload, Reason: "text ends inside a character"}
		}
		if h.final {
			return opcode, data, nil
		}
	}
}

// appendPart appends what has arrived of the frame. data grows as bytes arrive, whatever the
// header promises.
func (r *reader) appendPart(data []byte) ([]byte, error) {
	if len(data) == cap(data) {
		data = slices.Grow(data, int(min(int64(max(len(data), firstRead)), r.left)))
	}
	n, err := r.Read(data[len(data):cap(data)])
	return data[:len(data)+n], err
}

// answer answers a ping with its pong and a close with its close (RFC 6455, section 5.5).
func (c *Conn) answer(h header) error {
	payload := make([]byte, h.length)
	if _, err := io.ReadFull(&c.in, payload); err != nil {
		return err
	}
	switch h.opcode {
	case websocket.PingFrame:
		c.Send(newFrame(websocket.PongFrame, payload))
	case websocket.CloseFrame:
		theirs, err := parseClose(payload)
		if err != nil {
			return err
		}
		c.close(newFrame(websocket.CloseFrame, payload), theirs, true)
		return theirs
	}
	return nil
}
