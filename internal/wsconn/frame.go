package wsconn

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"golang.org/x/net/websocket"
)

// The bits of a frame's first two bytes (RFC 6455, section 5.2).
const (
	finalBit     = 0x80
	reservedBits = 0x70
	opcodeMask   = 0x0f
	maskBit      = 0x80
	lengthMask   = 0x7f
)

const maxControl = 125 // bytes of a control frame's payload (RFC 6455, section 5.5)

// Close codes (RFC 6455, section 7.4.1).
const (
	NormalClosure   = 1000
	GoingAway       = 1001
	ProtocolError   = 1002
	UnsupportedData = 1003
	NoStatus        = 1005 // stands for a close frame without a code; it is never sent
	InvalidPayload  = 1007
	PolicyViolation = 1008
	MessageTooBig   = 1009
	InternalError   = 1011
	TryAgainLater   = 1013
)

// Frame is a message, encoded once and sent to any number of clients. It never changes.
type Frame struct{ bytes []byte }

// cost is the memory that a frame takes in a queue, in bytes.
func (f *Frame) cost() int { return len(f.bytes) + frameCost }

// TextFrame returns a text message, ready to be sent (RFC 6455, section 5.6).
func TextFrame(message string) *Frame { return newFrame(websocket.TextFrame, message) }

// BinaryFrame returns a binary message, ready to be sent (RFC 6455, section 5.6).
func BinaryFrame(message []byte) *Frame { return newFrame(websocket.BinaryFrame, message) }

// Together returns messages as one piece, which takes one place in each client's queue. It should
// not be longer than a message may be: Send waits for what is longer than a queue.
func Together(messages ...*Frame) *Frame {
	all := &Frame{}
	for _, m := range messages {
		all.bytes = append(all.bytes, m.bytes...)
	}
	return all
}

// newFrame encodes a server's frame: final and not masked (RFC 6455, section 5.2).
func newFrame[T string | []byte](opcode byte, payload T) *Frame {
	b := append(make([]byte, 0, 10+len(payload)), finalBit|opcode) // 10 is the longest header
	switch n := len(payload); {
	case n <= maxControl:
		b = append(b, byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return &Frame{append(b, payload...)}
}

// closeFrame returns a close frame, empty for NoStatus. Its reason is cut to what fits after the
// code's two bytes, and is UTF-8.
func closeFrame(code int, reason string) *Frame {
	if code == NoStatus {
		return newFrame(websocket.CloseFrame, "")
	}
	for len(reason) > maxControl-2 || !utf8.ValidString(reason) {
		reason = reason[:len(reason)-1]
	}
	payload := binary.BigEndian.AppendUint16(nil, uint16(code))
	return newFrame(websocket.CloseFrame, append(payload, reason...))
}

// header is a frame's header (RFC 6455, section 5.2).
type header struct {
	final  bool
	opcode byte
	length int64 // bytes of the payload
}

// parseHeader reads the header at the start of b and checks it as soon as it can. It returns the
// header's size, key included. If that is more than len(b), h is not whole: try again with as
// many bytes. message is the opcode of the message that is under way, or 0.
func parseHeader(b []byte, message byte) (h header, size int, err error) {
	const first = 2 // bytes, which tell how many follow
	if len(b) < first {
		return h, first, nil
	}
	if reason := headerFault(b[0], b[1], message); reason != "" {
		return h, first, CloseError{Code: ProtocolError, Reason: reason}
	}
	h = header{b[0]&finalBit != 0, b[0] & opcodeMask, int64(b[1] & lengthMask)}
	extra, shortest := 0, int64(0)
	switch h.length {
	case 126:
		extra, shortest, h.length = 2, maxControl+1, 0
	case 127:
		extra, shortest, h.length = 8, 1<<16, 0
	}
	size = first + extra + 4 // bytes of the masking key
	if len(b) < first+extra {
		return h, size, nil
	}
	for _, digit := range b[first : first+extra] {
		h.length = h.length<<8 | int64(digit) // negative when it has over 63 bits
	}
	if h.length < shortest {
		err = CloseError{Code: ProtocolError,
			Reason: "length over 63 bits, or not in its shortest form"}
	}
	return h, size, err
}

// headerFault says what is wrong with a client's header, as far as its first two bytes tell.
func headerFault(b0, b1, message byte) string {
	opcode := b0 & opcodeMask
	control, continued := opcode >= websocket.CloseFrame, opcode == websocket.ContinuationFrame
	switch {
	case b0&reservedBits != 0:
		return "reserved bit set"
	case opcode > websocket.BinaryFrame && !control, opcode > websocket.PongFrame:
		return "reserved opcode"
	case b1&maskBit == 0:
		return "frame not masked"
	case control && b0&finalBit == 0:
		return "control frame in fragments"
	case control && b1&lengthMask > maxControl:
		return "control frame too long"
	case continued && message == 0:
		return "continuation of nothing"
	case !control && !continued && message != 0:
		return "message inside a message"
	}
	return ""
}

// CloseError is how a connection was closed (FastAPI's WebSocketDisconnect, with its code and
// reason).
type CloseError struct {
	Code   int
	Reason string
	Remote bool // the client closed it
}

func (e CloseError) Error() string {
	text := fmt.Sprintf("closed with %d", e.Code)
	if e.Remote {
		text = "client " + text
	}
	if e.Reason != "" {
		text += fmt.Sprintf(" (%s)", e.Reason)
	}
	return text
}

// parseClose reads a client's close frame, and returns it with the code to answer. That is its own,
// or NoStatus for none (RFC 6455, section 5.5.1). For a frame that breaks the rules, it returns the
// close that we send.
func parseClose(payload []byte) CloseError {
	if len(payload) == 0 {
		return CloseError{Code: NoStatus, Remote: true}
	}
	if len(payload) == 1 || !mayBeSent(int(binary.BigEndian.Uint16(payload))) {
		return CloseError{Code: ProtocolError, Reason: "close without a valid code"}
	}
	if !utf8.Valid(payload[2:]) {
		return CloseError{Code: InvalidPayload, Reason: "close reason is not UTF-8"}
	}
	code := int(binary.BigEndian.Uint16(payload))
	return CloseError{Code: code, Reason: string(payload[2:]), Remote: true}
}

// mayBeSent reports whether a close frame may carry code: RFC 6455, sections 7.4.1 and 7.4.2, and
// the codes registered since, up to 1014.
func mayBeSent(code int) bool {
	return code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 ||
		code >= 3000 && code <= 4999
}

// textChecker tells early that a text is not UTF-8 (RFC 6455, section 8.1): at the first wrong
// byte that has arrived.
type textChecker struct{ checked int } // bytes known to be whole, valid characters

// valid reports whether text, which only grows from call to call, may still become valid UTF-8.
func (t *textChecker) valid(text []byte) bool {
	for t.checked < len(text) {
		rest := text[t.checked:]
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			return !utf8.FullRune(rest)
		}
		t.checked += size
	}
	return true
}
