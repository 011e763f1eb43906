package wsconn

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/net/websocket"
)

const (
	opcodeMask  = 0x0f
	reservedRSV = 0x70
	finalBit    = 0x80
	maskBit     = 0x80
	lengthMask  = 0x7f

	yieldFrames = 32 // frames after which others have their turn: some 50 µs of the smallest

	maxControl = 125 // bytes of a control frame's payload (RFC 6455, section 5.5)
	firstRead  = 512 // bytes: the message's buffer starts so small, and doubles as bytes arrive, whatever a header promises
)

// ReceiveText returns the client's next text message, whole and valid UTF-8 (Starlette's WebSocket.receive_text). The error, then
// and ever after, is a [CloseError] where a close frame went either way, else what ended the connection; the client is gone.
func (c *Conn) ReceiveText() (string, error) {
	_, data, err := c.receive(false)
	return string(data), err
}

// Receive is ReceiveText for text and binary messages; opcode is websocket.TextFrame or websocket.BinaryFrame.
func (c *Conn) Receive() (opcode byte, data []byte, err error) {
	return c.receive(true)
}

func (c *Conn) receive(binary bool) (opcode byte, data []byte, err error) {
	c.tellsNothing()
	if c.log == nil {
		c.flush(true) // the 101, which waits for Follow otherwise
	}
	if err = c.awaitRoom(); err == nil {
		_, err = c.in.Peek(1) // idle clients wait here, not deeper: that halves their stacks
	}
	if err == nil {
		opcode, data, err = c.readMessage(binary)
	}
	if err == nil && c.log != nil {
		c.handed = len(data) + frameCost
		c.log.crowd.enter(c.handed)
	}
	if err != nil {
		c.refuse(err)
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	for c.paused && c.err == nil {
		c.wait()
	}
	if c.err != nil {
		return 0, nil, c.err
	}
	c.inHand = true
	return opcode, data, nil
}

// tellsNothing says that the last message that was handed out is dealt with.
func (c *Conn) tellsNothing() {
	if c.in.Buffered() == 0 && c.burst == nil {
		c.filled = false // to wait for more must not hold a larger buffer
	}
	if c.handed > 0 {
		c.log.crowd.add(0, -c.handed)
		c.handed = 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inHand = false
	c.changed()
}

// refuse closes the connection for what the client sent, or ends it where nothing can be sent any more.
func (c *Conn) refuse(err error) {
	var refused CloseError
	if errors.As(err, &refused) {
		c.Close(refused.Code, refused.Reason)
	} else {
		c.fail(err)
	}
}

// readMessage reads frames until a message is whole (RFC 6455, section 5.4), and answers control frames between them.
func (c *Conn) readMessage(binary bool) (opcode byte, data []byte, err error) {
	text := checker{}
	for {
		if err := c.awaitRoom(); err != nil {
			return 0, nil, err
		}
		// One whose bytes never end must not keep its processor for the 10 ms that Go would let it.
		if c.frames++; c.frames%yieldFrames == 0 {
			runtime.Gosched()
		}
		h, err := c.nextFrame(opcode)
		if err != nil {
			return 0, nil, err
		}
		switch {
		case h.opcode >= websocket.CloseFrame:
			if err := c.control(h); err != nil {
				return 0, nil, err
			}
			continue
		case h.opcode == websocket.BinaryFrame && !binary:
			return 0, nil, CloseError{Code: UnsupportedData, Reason: "this chat is text"}
		case h.opcode != websocket.ContinuationFrame:
			opcode = h.opcode
		}
		if h.length > int64(c.handler.maxMessage-len(data)) {
			return 0, nil, CloseError{Code: MessageTooBig, Reason: "message too big"}
		}
		end := len(data) + int(h.length)
		for len(data) < end {
			if data, err = c.readPart(data, end); err != nil {
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

// readPart appends what has arrived of the frame, at least a byte and until end at most.
func (c *Conn) readPart(data []byte, end int) ([]byte, error) {
	if len(data) == cap(data) {
		data = slices.Grow(data, min(max(len(data), firstRead), end-len(data)))
	}
	n, err := c.frame.Read(data[len(data):min(cap(data), end)])
	if n == 0 && err == io.EOF { // x/net's reader ends so when the connection does, too
		err = io.ErrUnexpectedEOF
	}
	if n > 0 {
		err = nil
	}
	return data[:len(data)+n], err
}

// header is a frame's header (RFC 6455, section 5.2), checked.
type header struct {
	final  bool
	opcode byte
	length int64
}

// nextFrame reads a frame's header and leaves its payload in c.frame. Within a message, message is its opcode, else 0.
func (c *Conn) nextFrame(message byte) (h header, err error) {
	b, err := c.in.Peek(2)
	if err != nil {
		return h, err
	}
	if err := checkHeader(b[0], b[1], message); err != nil {
		return h, err
	}
	h = header{final: b[0]&finalBit != 0, opcode: b[0] & opcodeMask, length: int64(b[1] & lengthMask)}
	// All of it is waited for and read here: x/net clears the top bit of a 64-bit length.
	size, shortest := 2, int64(0)
	switch h.length {
	case 126:
		size, shortest = 4, maxControl+1
	case 127:
		size, shortest = 10, 1<<16
	}
	if b, err = c.in.Peek(size); err != nil {
		return h, err
	}
	switch size {
	case 4:
		h.length = int64(binary.BigEndian.Uint16(b[2:]))
	case 10:
		h.length = int64(binary.BigEndian.Uint64(b[2:]))
	}
	if h.length < shortest { // or over 63 bits, which is negative here
		return h, CloseError{Code: ProtocolError, Reason: "length not in its shortest form, or over 63 bits"}
	}
	c.frame, err = c.ws.NewFrameReader()
	return h, err
}

func checkHeader(b0, b1, message byte) error {
	opcode, continued := b0&opcodeMask, b0&opcodeMask == websocket.ContinuationFrame
	reason := ""
	switch {
	case b0&reservedRSV != 0:
		reason = "reserved bit set"
	case opcode > websocket.BinaryFrame && opcode < websocket.CloseFrame || opcode > websocket.PongFrame:
		reason = "reserved opcode"
	case b1&maskBit == 0:
		reason = "frame not masked"
	case opcode >= websocket.CloseFrame && b0&finalBit == 0:
		reason = "control frame in fragments"
	case opcode >= websocket.CloseFrame && b1&lengthMask > maxControl:
		reason = "control frame too long"
	case continued && message == 0:
		reason = "continuation of nothing"
	case opcode < websocket.CloseFrame && !continued && message != 0:
		reason = "message inside a message"
	default:
		return nil
	}
	return CloseError{Code: ProtocolError, Reason: reason}
}

// control answers a ping with its pong and a close with its close (RFC 6455, section 5.5).
func (c *Conn) control(h header) error {
	payload := make([]byte, h.length)
	if _, err := io.ReadFull(c.frame, payload); err != nil {
		return err
	}
	switch h.opcode {
	case websocket.PingFrame:
		c.queue(appendFrame(nil, websocket.PongFrame, payload))
	case websocket.CloseFrame:
		return c.answerClose(payload)
	}
	return nil
}

// awaitRoom waits until the client has read enough of what it was sent: one that does not is not read from further, which
// bounds its pongs and echoes, and slows down whoever floods.
func (c *Conn) awaitRoom() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.err == nil && (c.unread > maxUnread || c.behind() > maxUnread) {
		c.wait()
	}
	return c.err
}

// checker tells early that a text is not UTF-8 (RFC 6455, section 8.1): at the first wrong byte that has arrived.
type checker struct{ checked int } // bytes known to be whole, valid runes

// valid reports whether data, which only ever grows, may still become valid UTF-8.
func (t *checker) valid(data []byte) bool {
	rest := data[t.checked:]
	whole := len(rest)
	for i := 1; i < utf8.UTFMax && i <= len(rest); i++ {
		if tail := rest[len(rest)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				whole -= i
			}
			break
		}
	}
	t.checked += whole
	return utf8.Valid(rest[:whole])
}

// input is what the frames are read from. An idle client holds no more than readBuffer; one that sends much at once is read in few reads,
// through a buffer that is borrowed for it.
type input struct{ *Conn }

var bursts = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, burstBuffer) }}

func (c input) Read(p []byte) (n int, err error) {
	if c.burst != nil || c.filled {
		return c.readBurst(p)
	}
	n, err = network(c).Read(p)
	c.filled = n == len(p)
	return n, err
}

func (c input) readBurst(p []byte) (n int, err error) {
	if c.burst == nil {
		c.burst = bursts.Get().(*bufio.Reader)
		c.burst.Reset(network(c))
	}
	n, err = c.burst.Read(p)
	if c.burst.Buffered() == 0 {
		c.filled = n == len(p)
		c.burst.Reset(nil)
		bursts.Put(c.burst)
		c.burst = nil
	}
	return n, err
}

// network is the client's bytes, and a ping to whoever is silent.
type network struct{ *Conn }

var errSilent = errors.New("no answer to a ping")

func (c network) Read(p []byte) (int, error) {
	for {
		if err := c.armReadDeadline(); err != nil {
			return 0, err
		}
		runtime.Gosched() // as in readMessage, where frames are longer than a read
		n, err := c.net.Read(p)
		if n > 0 {
			c.pinged = false
			return n, nil
		}
		if err := c.ping(err); err != nil {
			return 0, err
		}
	}
}

// ping sends a ping after a read that ended with err, if that is a first timeout.
func (c network) ping(err error) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	c.mu.Lock()
	ended, waits := c.err, len(c.own) > 0 // the ping, too: then the write's own deadline counts
	c.mu.Unlock()
	if ended != nil { // and the timeout was interrupt's
		return ended
	}
	if c.pinged && !waits {
		return errSilent
	}
	c.pinged, c.armed = true, 0
	c.queue(appendFrame[[]byte](nil, websocket.PingFrame, nil))
	return nil
}

var began = time.Now() // from which Conn.armed counts: 8 bytes for each, where a time takes 24

// armReadDeadline moves the read deadline on, once a second at most, for it costs a timer each time.
func (c network) armReadDeadline() error {
	now := time.Since(began)
	if c.armed > 0 && now-c.armed < time.Second {
		return nil
	}
	c.mu.Lock() // against interrupt, whose deadline must last
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	c.armed = now
	return c.net.SetReadDeadline(began.Add(now + pingAfter))
}

// interrupt makes a Read under way return; c.mu is held.
func (c *Conn) interrupt() {
	c.net.SetReadDeadline(time.Unix(1, 0))
	c.changed()
}
