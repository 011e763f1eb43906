package load

import (
	"encoding/binary"
	"fmt"
)

// Opcodes of RFC 6455, with the FIN bit.
const (
	opText  = 0x81
	opClose = 0x88
	opPing  = 0x89
	opPong  = 0x8a
)

// seqDigits is the width of the number that each message begins with; it
// makes every message of a sender a different one.
const seqDigits = 10

// key masks what the clients send. One key for all frames lets them be made
// ready once; the server unmasks them like any other.
var key = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// template is a frame that is ready but for its message's number.
type template struct {
	frame []byte
	seq   int // where the number stands
	mask  bool
}

// header makes a frame's header for a payload of n bytes.
func header(opcode byte, n int, mask bool) []byte {
	var bit byte
	if mask {
		bit = 0x80
	}
	switch {
	case n <= 125:
		return []byte{opcode, bit | byte(n)}
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16([]byte{opcode, bit | 126}, uint16(n))
	}
	return binary.BigEndian.AppendUint64([]byte{opcode, bit | 127}, uint64(n))
}

// clientFrame is what a client sends.
func clientFrame(opcode byte, payload []byte) []byte {
	frame := append(header(opcode, len(payload), true), key[:]...)
	for i, b := range payload {
		frame = append(frame, b^key[i%4])
	}
	return frame
}

func clientTemplate(size int) template {
	frame := clientFrame(opText, body(size))
	return template{frame: frame, seq: len(frame) - size, mask: true}
}

// serverTemplate is the frame in which a message of size bytes comes back
// behind prefix.
func serverTemplate(prefix string, size int) template {
	frame := append(header(opText, len(prefix)+size, false), prefix...)
	return template{frame: append(frame, body(size)...), seq: len(frame)}
}

func body(size int) []byte {
	payload := make([]byte, size)
	for i := range payload {
		if i < seqDigits {
			payload[i] = '0'
		} else {
			payload[i] = 'a' + byte(i%26)
		}
	}
	return payload
}

// number writes n into the frame and returns the frame.
func (t *template) number(n int) []byte {
	digits := t.frame[t.seq : t.seq+seqDigits]
	for i := seqDigits - 1; i >= 0; i-- {
		digits[i] = byte('0' + n%10)
		if t.mask {
			digits[i] ^= key[i%4]
		}
		n /= 10
	}
	return t.frame
}

// parse reads a server frame's header. ok is false when more bytes are needed
// to do so.
func parse(b []byte) (opcode byte, headerLen, payloadLen int, ok bool) {
	if len(b) < 2 {
		return 0, 0, 0, false
	}
	switch n := int(b[1]); {
	case n <= 125:
		return b[0], 2, n, true
	case n == 126 && len(b) >= 4:
		return b[0], 4, int(binary.BigEndian.Uint16(b[2:])), true
	case n == 127 && len(b) >= 10:
		return b[0], 10, int(binary.BigEndian.Uint64(b[2:])), true
	case n > 127:
		return b[0], 2, 0, true // masked: the caller finds no such frame expected
	}
	return 0, 0, 0, false
}

func saysPrefix(id int) string { return fmt.Sprintf("Client #%d says: ", id) }

const (
	wrotePrefix  = "You wrote: "
	clientPrefix = "Client #"
	leftSuffix   = " has left the chat"
)
