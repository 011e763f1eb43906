package wsconn

import (
	"bufio"
	"io"
	"net"
	"slices"
	"sync/atomic"

	"golang.org/x/net/websocket"
)

const (
	readBuffer = 512 // bytes, held by each connection as long as it lives: a dozen short messages
	firstRead  = 512 // bytes: a message's buffer starts so small, and doubles as bytes arrive
)

// reader reads a client's frames and makes messages of them. One goroutine at a time uses it, but
// for waiting and heard.
type reader struct {
	conn       net.Conn
	ws         *websocket.Conn // reads each frame's header, and unmasks its payload
	buf        *bufio.Reader   // of which ws reads
	maxMessage int

	waiting atomic.Bool // for bytes
	heard   atomic.Bool // bytes have come since it was cleared

	frame   io.Reader // the payload of the frame that is being read
	left    int64     // bytes of it that are not read yet
	closed  bool      // a close frame has come, right or wrong
	under   byte      // opcode of the message that is under way after this frame; 0: none is
	message message
}

// message is what has come of one.
type message struct {
	opcode byte
	data   []byte
	text   textChecker
}

// init makes r read what was read ahead of the handshake, and then the network.
func (r *reader) init(conn net.Conn, early *bufio.Reader, maxMessage int) {
	r.conn, r.maxMessage = conn, maxMessage
	from := io.Reader(network{r})
	if n := early.Buffered(); n > 0 {
		from = io.MultiReader(io.LimitReader(early, int64(n)), from)
	}
	r.buf = bufio.NewReaderSize(from, readBuffer)
}

// network is the client's bytes, and notes that some have come.
type network struct{ r *reader }

func (n network) Read(p []byte) (read int, err error) {
	n.r.waiting.Store(true)
	read, err = n.r.conn.Read(p)
	n.r.waiting.Store(false)
	if read > 0 {
		n.r.heard.Store(true)
	}
	return read, err
}

// awaitHeader waits for the next frame's header, after what is left of the last frame. It takes
// nothing of the new one.
func (r *reader) awaitHeader() (h header, err error) {
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
	return h, nil
}

// begin takes the header that was waited for.
func (r *reader) begin(h header) (err error) {
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
	return err
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

// readControl reads a control frame.
func (r *reader) readControl(h header) ([]byte, error) {
	payload, err := make([]byte, h.length), r.begin(h)
	if err == nil {
		_, err = io.ReadFull(r, payload)
	}
	return payload, err
}

// readData reads a frame of a message (RFC 6455, section 5.4). It reports whether the message is
// whole.
func (r *reader) readData(h header, binary bool) (whole bool, err error) {
	m := &r.message
	if h.opcode != websocket.ContinuationFrame {
		m.opcode = h.opcode
	}
	switch {
	case h.opcode == websocket.BinaryFrame && !binary:
		return false, CloseError{Code: UnsupportedData, Reason: "only text messages are accepted"}
	case h.length > int64(r.maxMessage-len(m.data)):
		return false, CloseError{Code: MessageTooBig, Reason: "message too big"}
	}
	for err = r.begin(h); r.left > 0; err = r.readPart() {
		if err != nil {
			return false, err
		}
	}
	if err == nil && h.final && m.opcode == websocket.TextFrame && m.text.checked < len(m.data) {
		err = CloseError{Code: InvalidPayload, Reason: "text ends inside a character"}
	}
	return h.final, err
}

// readPart reads what has arrived of the frame. The message grows as bytes arrive, whatever the
// header promises.
func (r *reader) readPart() error {
	m := &r.message
	if len(m.data) == cap(m.data) {
		m.data = slices.Grow(m.data, int(min(int64(max(len(m.data), firstRead)), r.left)))
	}
	n, err := r.Read(m.data[len(m.data):cap(m.data)])
	m.data = m.data[:len(m.data)+n]
	if m.opcode == websocket.TextFrame && !m.text.valid(m.data) {
		return CloseError{Code: InvalidPayload, Reason: "text is not UTF-8"}
	}
	return err
}

// take hands out a message that is whole.
func (r *reader) take() (opcode byte, data []byte) {
	m := r.message
	r.message = message{}
	return m.opcode, m.data
}

// awaitClose drops all until the client's close frame, or until nothing more can be read.
func (r *reader) awaitClose() {
	for err := error(nil); !r.closed && err == nil; {
		var h header
		if h, err = r.awaitHeader(); err == nil {
			err = r.begin(h)
		}
	}
}
