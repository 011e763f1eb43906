// columns: a table keeps one line for each entry

package wsconn_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/chat/internal/echo"
	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
)

const fuzzLimit = 300 // bytes of a message: small, so that the fuzzer reaches it

// model is RFC 6455 for a server that echoes, read from the whole stream at once: the frames that
// must come back, and whether the stream ends between two frames.
func model(stream []byte) (want []wstest.Frame, between bool) {
	closing := func(code int) ([]wstest.Frame, bool) {
		return append(want, wstest.Frame{First: wstest.Fin | wstest.Close,
			Payload: string(binary.BigEndian.AppendUint16(nil, uint16(code)))}), false
	}
	var opcode byte // of the message that is under way
	var message []byte
	for len(stream) > 0 {
		if len(stream) < 2 {
			return want, false
		}
		fin, op, short := stream[0]&0x80 != 0, stream[0]&0x0f, int(stream[1]&0x7f)
		control := op >= 8
		switch {
		case stream[0]&0x70 != 0, stream[1]&0x80 == 0, op > 2 && op < 8, op > 10, control &&
			(!fin || short > 125),
			op == 0 && opcode == 0, (op == 1 || op == 2) && opcode != 0:
			return closing(1002)
		}
		extra := 0
		switch short {
		case 126:
			extra = 2
		case 127:
			extra = 8
		}
		if len(stream) < 2+extra {
			return want, false
		}
		length := uint64(short)
		if extra > 0 {
			length = 0
			for _, b := range stream[2 : 2+extra] {
				length = length<<8 | uint64(b)
			}
			if extra == 2 && length < 126 || extra == 8 && length < 1<<16 || length >= 1<<63 {
				return closing(1002)
			}
		}
		if len(stream) < 2+extra+4 {
			return want, false
		}
		key := stream[2+extra:]
		stream = key[4:]
		if !control && length > uint64(fuzzLimit-len(message)) {
			return closing(1009)
		}
		whole := uint64(len(stream)) >= length
		if !whole {
			length = uint64(len(stream))
		}
		var payload []byte
		for i, b := range stream[:length] {
			payload = append(payload, b^key[i%4])
		}
		stream = stream[length:]
		if !control {
			message = append(message, payload...)
			if op != 0 {
				opcode = op
			}
			if opcode == 1 && !mayBecomeUTF8(message, whole && fin) {
				return closing(1007)
			}
		}
		if !whole {
			return want, false
		}
		switch {
		case op == 9:
			want = append(want, wstest.Frame{First: wstest.Fin | wstest.Pong,
				Payload: string(payload)})
		case op == 8 && len(payload) == 0:
			return append(want, wstest.Frame{First: wstest.Fin | wstest.Close}), false
		case op == 8:
			code := 0
			if len(payload) > 1 {
				code = int(payload[0])<<8 | int(payload[1])
			}
			if code < 1000 || code > 4999 || code > 1014 && code < 3000 || code >= 1004 &&
				code <= 1006 {
				return closing(1002)
			}
			if !utf8.Valid(payload[2:]) {
				return closing(1007)
			}
			return closing(code)
		case !control && fin:
			want = append(want, wstest.Frame{First: wstest.Fin | opcode, Payload: string(message)})
			opcode, message = 0, nil
		}
	}
	return want, true
}

// mayBecomeUTF8 tries what could follow, where text does not end here.
func mayBecomeUTF8(text []byte, ends bool) bool {
	if utf8.Valid(text) {
		return true
	}
	if ends {
		return false
	}
	for _, second := range []string{"", "\x80", "\x90", "\xa0"} {
		for _, more := range []string{"", "\x80", "\x80\x80"} {
			if utf8.Valid([]byte(string(text) + second + more)) {
				return true
			}
		}
	}
	return false
}

func FuzzFrames(f *testing.F) {
	frames := func(frames ...[]byte) (all []byte) {
		for _, frame := range frames {
			all = append(all, frame...)
		}
		return all
	}
	f.Add(frames(wstest.Encode(0x81, "hello"), wstest.Encode(0x89, "ping"),
		wstest.Encode(0x88, "\x03\xe8bye")), uint8(3))
	f.Add(frames(wstest.Encode(0x01, "Gr\xc3"), wstest.Encode(0x89, ""),
		wstest.Encode(0x00, "\xbc\xc3\x9f"), wstest.Encode(0x80, "e")), uint8(1))
	f.Add(frames(wstest.Encode(0x82, "\xff\xfe"), wstest.Encode(0x8a, "pong"),
		wstest.Encode(0x81, strings.Repeat("é", 150))), uint8(255))
	f.Add(wstest.Encode(0x81, strings.Repeat("x", 301)), uint8(9))
	f.Add([]byte("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x05abcdhello"), uint8(2))
	f.Add([]byte("\x81\xff\x40\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00hello"), uint8(20))
	f.Add([]byte("\x81\xfe\x00\x05\x00\x00\x00\x00hello"), uint8(4))
	f.Add([]byte("\x81\x84\x00\x00\x00\x00\xf0\x9f\x99"), uint8(1))
	f.Add([]byte("\x88\x81\x00\x00\x00\x00\x03"), uint8(1))
	handler := echo.NewHandler(&wsconn.Server{MaxMessage: fuzzLimit})
	f.Fuzz(func(t *testing.T, stream []byte, chunk uint8) {
		want, between := model(stream)
		if between { // the answer to this tells that nothing else is to come
			stream = append(stream[:len(stream):len(stream)],
				wstest.Encode(wstest.Fin|wstest.Ping, "the end")...)
			want = append(want, wstest.Frame{First: wstest.Fin | wstest.Pong, Payload: "the end"})
		}
		c := dialMemory(t, handler)
		defer c.Close()
		go func() {
			for rest := stream; len(rest) > 0; {
				n := min(int(chunk)+1, len(rest))
				if _, err := c.Write(rest[:n]); err != nil {
					return
				}
				rest = rest[n:]
			}
		}()
		for i, frame := range want {
			got, err := c.Next()
			if got.First == wstest.Fin|wstest.Close && len(got.Payload) > 2 {
				got.Payload = got.Payload[:2] // the reason is free
			}
			if err != nil || got != frame {
				t.Fatalf("answer %d is %x %q, %v; want %x %q", i, got.First, got.Payload, err,
					frame.First, frame.Payload)
			}
		}
	})
}
