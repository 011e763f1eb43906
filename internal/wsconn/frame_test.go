// columns: a table keeps one line for each entry

package wsconn

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/websocket"
)

const key = "abcd"

func TestAHeaderIsReadOrRefusedAsSoonAsItCanBe(t *testing.T) {
	const inText = websocket.TextFrame
	for _, row := range []struct {
		name    string
		bytes   string
		message byte
		want    header
		size    int
		fault   string // a part of the reason
	}{
		{"nothing yet", "", 0, header{}, 2, ""},
		{"one byte", "\x81", 0, header{}, 2, ""},
		{"without its key", "\x81\x85", 0, header{true, 1, 5}, 6, ""},
		{"whole", "\x81\x85" + key, 0, header{true, 1, 5}, 6, ""},
		{"with its payload", "\x82\x85" + key + "xxxxx", 0, header{true, 2, 5}, 6, ""},
		{"first fragment", "\x01\x80" + key, 0, header{false, 1, 0}, 6, ""},
		{"continuation", "\x80\x81" + key, inText, header{true, 0, 1}, 6, ""},
		{"ping inside a message", "\x89\xfd" + key, inText, header{true, 9, 125}, 6, ""},
		{"16 bits without their bytes", "\x81\xfe\x00", 0, header{true, 1, 0}, 8, ""},
		{"16 bits", "\x81\xfe\x01\x00" + key, 0, header{true, 1, 256}, 8, ""},
		{"64 bits", "\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00" + key, 0, header{true, 1, 1 << 16}, 14, ""},
		{"63 bits", "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff" + key, 0, header{true, 1, 1<<63 - 1}, 14, ""},
		{"64 bits too many", "\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00", 0, header{}, 0, "over 63 bits"},
		{"125 in 16 bits", "\x81\xfe\x00\x7d", 0, header{}, 0, "shortest"},
		{"65535 in 64 bits", "\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff", 0, header{}, 0, "shortest"},
		{"reserved bit", "\xc1\x80", 0, header{}, 0, "reserved bit"},
		{"reserved opcode", "\x83\x80", 0, header{}, 0, "reserved opcode"},
		{"reserved control", "\x8b\x80", 0, header{}, 0, "reserved opcode"},
		{"no mask", "\x81\x00", 0, header{}, 0, "not masked"},
		{"control in fragments", "\x09\x80", 0, header{}, 0, "in fragments"},
		{"long control", "\x89\xfe", 0, header{}, 0, "too long"},
		{"continuation of nothing", "\x80\x80", 0, header{}, 0, "of nothing"},
		{"message in a message", "\x81\x80", inText, header{}, 0, "inside a message"},
	} {
		h, size, err := parseHeader([]byte(row.bytes), row.message)
		refused, _ := errors.AsType[CloseError](err)
		switch {
		case row.fault == "" && (h != row.want || size != row.size || err != nil):
			t.Errorf("%s: %+v, %d, %v; want %+v, %d", row.name, h, size, err, row.want, row.size)
		case row.fault != "" && (refused.Code != ProtocolError ||
			!strings.Contains(refused.Reason, row.fault)):
			t.Errorf("%s: %v, want 1002 and %q", row.name, err, row.fault)
		}
	}
}

// A header means the same however many bytes of it are there at first.
func FuzzHeader(f *testing.F) {
	f.Add([]byte("\x81\xfe\x01\x00"+key), byte(0))
	f.Add([]byte("\x80\xff\x00\x00\x00\x00\x00\x01\x00\x00"+key), byte(1))
	f.Add([]byte("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00"), byte(0))
	f.Fuzz(func(t *testing.T, b []byte, message byte) {
		message %= 3
		want, size, err := parseHeader(b, message)
		if size < 2 || size > 14 {
			t.Fatalf("a header of %d bytes", size)
		}
		if err == nil && size <= len(b) {
			again := wireHeader(want)
			if string(again) != string(b[:size-len(key)]) {
				t.Errorf("% x is read as %+v, which is % x", b[:size], want, again)
			}
		}
		for n := range min(len(b), size) {
			h, needs, early := parseHeader(b[:n], message)
			if early != nil && early != err || early == nil && needs <= n && h != want {
				t.Errorf("%d of its bytes are read as %+v, %v, all as %+v, %v", n, h, early, want,
					err)
			}
			if early == nil && needs > size {
				t.Errorf("%d of its %d bytes ask for %d", n, size, needs)
			}
		}
	})
}

// wireHeader is a masked frame's header without its key, made from what newFrame makes.
func wireHeader(h header) []byte {
	b := []byte{h.opcode, maskBit}
	if h.final {
		b[0] |= finalBit
	}
	switch {
	case h.length <= maxControl:
		b[1] |= byte(h.length)
	case h.length <= 0xffff:
		b[1] |= 126
		b = binary.BigEndian.AppendUint16(b, uint16(h.length))
	default:
		b[1] |= 127
		b = binary.BigEndian.AppendUint64(b, uint64(h.length))
	}
	return b
}

func TestAFrameIsNeitherMaskedNorLongerThanItMustBe(t *testing.T) {
	for n, want := range map[int]string{
		0: "\x81\x00", 125: "\x81\x7d", 126: "\x81\x7e\x00\x7e", 65535: "\x81\x7e\xff\xff",
		65536: "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00",
	} {
		message := strings.Repeat("x", n)
		if got := TextFrame(message).bytes; string(got) != want+message {
			t.Errorf("a text of %d bytes begins % x, want % x", n, got[:min(len(got), 10)], want)
		}
	}
	if got := BinaryFrame([]byte("\xff")).bytes; string(got) != "\x82\x01\xff" {
		t.Errorf("a binary message is % x", got)
	}
}

func TestAClientsCloseIsReadOrRefused(t *testing.T) {
	for payload, want := range map[string]CloseError{
		"":                                    {Code: NoStatus, Remote: true},
		"\x03\xe8":                            {Code: 1000, Remote: true},
		"\x03\xe8bye":                         {Code: 1000, Reason: "bye", Remote: true},
		"\x0f\xa0" + strings.Repeat("r", 123): {Code: 4000, Reason: strings.Repeat("r", 123), Remote: true},
		"\x03":                                {Code: ProtocolError, Reason: "close without a valid code"},
		"\x03\xed":                            {Code: ProtocolError, Reason: "close without a valid code"}, // 1005
		"\xff\xff":                            {Code: ProtocolError, Reason: "close without a valid code"},
		"\x03\xe8\xff":                        {Code: InvalidPayload, Reason: "close reason is not UTF-8"},
		"\x03\xe8" + "\xe2\x82":               {Code: InvalidPayload, Reason: "close reason is not UTF-8"},
	} {
		got := parseClose([]byte(payload))
		if got != want {
			t.Errorf("%q is %v, want %v", payload, got, want)
		}
	}
}

func TestACloseCodeMayBeSentOrNot(t *testing.T) {
	for _, span := range []struct {
		from, to int
		may      bool
	}{
		{-1, 999, false}, {1000, 1003, true}, {1004, 1006, false}, {1007, 1014, true}, {1015, 2999, false},
		{3000, 4999, true}, {5000, 70000, false},
	} {
		for code := span.from; code <= span.to; code++ {
			if mayBeSent(code) != span.may {
				t.Errorf("%d may be sent: %v", code, !span.may)
			}
		}
	}
}

func TestACloseReasonIsCutBetweenTwoCharacters(t *testing.T) {
	for reason, want := range map[string]string{
		"": "", "bye": "bye",
		strings.Repeat("r", 124):       strings.Repeat("r", 123),
		strings.Repeat("r", 122) + "€": strings.Repeat("r", 122),
		strings.Repeat("r", 120) + "€": strings.Repeat("r", 120) + "€",
		"whole\xe2\x82":                "whole",
		"bad\xffreason":                "bad",
	} {
		frame := closeFrame(1001, reason).bytes
		if got := string(frame[4:]); got != want ||
			!bytes.HasPrefix(frame[2:], []byte("\x03\xe9")) {
			t.Errorf("%q is sent as %q", reason, frame)
		}
	}
}

// Text is refused at the first byte that no others can make valid, however it is cut.
func FuzzText(f *testing.F) {
	for _, text := range []string{"", "Grüße, 世界 🙂", "\xff", "a\xe2\x82", "\xed\xa0\x80",
		"\xf4\x90", "\xf0\x9f\x99", "\xc0\xaf", "\xe2\x82\xac\x80"} {
		f.Add([]byte(text), uint8(1))
		f.Add([]byte(text), uint8(3))
	}
	f.Fuzz(func(t *testing.T, text []byte, chunk uint8) {
		var checker textChecker
		for n := 0; n < len(text); {
			n = min(n+int(chunk)+1, len(text))
			rest := text[:n]
			for r, size := utf8.DecodeRune(rest); r != utf8.RuneError || size > 1; r,
				size = utf8.DecodeRune(rest) {
				rest = rest[size:]
			}
			may := !utf8.FullRune(rest)
			if got := checker.valid(text[:n]); got != may {
				t.Fatalf("%q may become valid: %v", text[:n], got)
			} else if !may {
				return
			}
			if (checker.checked == n) != (len(rest) == 0) {
				t.Fatalf("%d bytes of %q are checked", checker.checked, text[:n])
			}
		}
	})
}
