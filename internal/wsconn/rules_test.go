// columns: a table keeps one line for each entry

package wsconn_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
)

const (
	fin   = wstest.Fin
	more  = 0 // in place of fin: another fragment follows
	text  = wstest.Text
	bin   = wstest.Binary
	cont  = wstest.Continuation
	cls   = wstest.Close
	ping  = wstest.Ping
	pong  = wstest.Pong
	limit = wsconn.DefaultMaxMessage
)

var frame = wstest.Encode

// rules in the order of the RFC: what is asked of a handshake, of a frame, of a message, of a
// close.
var rules = []rule{
	{name: "key", section: "4.2.1", what: "a `Sec-WebSocket-Key` that is not 16 bytes in base64",
		plain: "answers 101", ours: "answers 400", cases: []attempt{
			{name: "too short", edit: instead(key, "c2hvcnQ=")},
			{name: "no base64", edit: instead(key, "??????????????????????==")},
		}},
	{name: "no_key", section: "4.2.1", what: "no `Sec-WebSocket-Key`",
		plain: "answers 400", ours: "answers 400", cases: []attempt{{name: "none", edit: instead("Sec-WebSocket-Key: "+key+"\r\n", "")}}},
	{name: "two_keys", section: "11.3.1", what: "two keys",
		plain: "answers 101", ours: "answers 400", cases: []attempt{{name: "two", edit: with("Sec-WebSocket-Key: " + key)}}},
	{name: "version", section: "4.2.2", what: "another version than 13",
		plain: "answers 400", ours: "answers 426", cases: []attempt{
			{name: "8", edit: instead("Version: 13", "Version: 8")},
			{name: "none", edit: instead("Sec-WebSocket-Version: 13\r\n", "")},
		}},
	{name: "http10", section: "4.2.1", what: "HTTP/1.0",
		plain: "answers 101", ours: "answers 426", cases: []attempt{{name: "1.0", edit: instead("HTTP/1.1", "HTTP/1.0")}}},
	{name: "http2", section: "4.2.1", what: "a request over HTTP/2",
		plain: "panics", ours: "answers 426", overHTTP2: true, cases: []attempt{{name: "GET"}}},
	{name: "post", section: "4.2.1", what: "another method than GET",
		plain: "answers 405", ours: "answers 405", cases: []attempt{{name: "POST", edit: instead("GET", "POST")}}},
	{name: "upgrade", section: "4.2.1", what: "no `Upgrade: websocket`",
		plain: "answers 400", ours: "answers 426", cases: []attempt{
			{name: "none", edit: instead("Upgrade: websocket\r\n", "")},
			{name: "another", edit: instead("Upgrade: websocket", "Upgrade: h2c")},
		}},
	{name: "upgrade_list", section: "4.2.1", what: "a choice of upgrades with `websocket` in it",
		plain: "answers 400", ours: "answers 101", cases: []attempt{{name: "list", edit: instead("Upgrade: websocket", "Upgrade: h2c, WebSocket")}}},
	{name: "connection", section: "4.2.1", what: "a `Connection` that has `upgrade` only inside another word",
		plain: "answers 101", ours: "answers 426", cases: []attempt{{name: "word", edit: instead("Connection: Upgrade", "Connection: no-upgrades")}}},
	{name: "foreign_origin", section: "10.2", what: "the Origin of another site's page",
		plain: "answers 101", ours: "answers 403", cases: []attempt{
			{name: "evil", edit: instead("Origin: http://HOST", "Origin: https://evil.example")},
			{name: "alike", edit: instead("Origin: http://HOST", "Origin: http://evil.HOST")},
		}},
	{name: "null_origin", section: "10.2", what: "`Origin: null`",
		plain: "answers 403", ours: "answers 403", cases: []attempt{{name: "null", edit: instead("Origin: http://HOST", "Origin: null")}}},
	{name: "no_origin", section: "4.2.1", what: "no Origin, being no browser",
		plain: "answers 403", ours: "answers 101", cases: []attempt{{name: "none", edit: instead("Origin: http://HOST\r\n", "")}}},
	{name: "subprotocol", section: "4.2.2", what: "an offer of a subprotocol that nobody here speaks",
		plain: `answers 101, subprotocol "soap"`, ours: "answers 101", cases: []attempt{{name: "soap", edit: with("Sec-WebSocket-Protocol: soap")}}},
	{name: "subprotocols", section: "4.2.2", what: "an offer of two subprotocols",
		plain: "answers 400", ours: "answers 101", cases: []attempt{{name: "two", edit: with("Sec-WebSocket-Protocol: soap, wamp")}}},
	{name: "early", section: "4.1", what: "a message in one write with the handshake",
		plain: "passes on the same", ours: "passes on the same", cases: []attempt{
			{name: "short", early: true, sent: writes(frame(fin|text, "hi")), same: `"hi"`},
			{name: "long", early: true, sent: writes(frame(fin|text, strings.Repeat("x", 40_000))), same: `40000 × "x"`},
		}},

	{name: "message", section: "5.6", what: "a text message",
		plain: "passes on the same", ours: "passes on the same", cases: messages(
			"", "hi", "\x00", "Grüße, 世界 🙂", "\ufffe\uffff\U0010ffff", strings.Repeat("x", 125), strings.Repeat("y", 126), strings.Repeat("ü", 20_000))},
	{name: "pipelined", section: "5.2", what: "many frames in one write",
		plain: `passes on "a"; pong "p"; passes on "b"`, ours: `passes on "a"; pong "p"; passes on "b"`,
		cases: []attempt{{name: "three", sent: writes(join(frame(fin|text, "a"), frame(fin|ping, "p"), frame(fin|text, "b")))}}},
	{name: "masking", section: "5.1", what: "a frame without a mask",
		plain: "closes with 1002", ours: "closes with 1002", cases: opcodes(func(first byte) []byte { return []byte{first, 2, 3, 232} }, fin|text, fin|ping, fin|pong, fin|cls, fin|cont)},
	{name: "rsv", section: "5.2", what: "a frame with a reserved bit set",
		plain: `passes on "hi"`, ours: "closes with 1002", cases: opcodes(hi, fin|0x40|text, fin|0x20|text, fin|0x10|text, fin|0x70|text)},
	{name: "rsv_ping", section: "5.2", what: "a ping with a reserved bit set",
		plain: `pong "hi"`, ours: "closes with 1002", cases: opcodes(hi, fin|0x40|ping, fin|0x20|ping, fin|0x10|ping)},
	{name: "opcode", section: "5.2", what: "a reserved opcode",
		plain: `passes on "hi"`, ours: "closes with 1002", cases: opcodes(hi, fin|3, fin|4, fin|5, fin|6, fin|7, fin|11, fin|12, fin|13, fin|14, fin|15)},
	{name: "shortest", section: "5.2", what: "a length not in its shortest form",
		plain: "passes on the same", ours: "closes with 1002", cases: []attempt{
			{name: "2 in 16 bits", sent: writes(lengthened(fin|text, 126, 2, "hi")), same: `"hi"`},
			{name: "2 in 64 bits", sent: writes(lengthened(fin|text, 127, 2, "hi")), same: `"hi"`},
			{name: "0 in 64 bits", sent: writes(lengthened(fin|text, 127, 0, "")), same: `""`},
			{name: "125 in 16 bits", sent: writes(lengthened(fin|text, 126, 125, strings.Repeat("x", 125))), same: `125 × "x"`},
			{name: "65,535 in 64 bits", sent: writes(lengthened(fin|text, 127, 65_535, strings.Repeat("x", 65_535))), same: `65535 × "x"`},
		}},
	{name: "top_bit", section: "5.2", what: "a 64-bit length with its top bit set",
		plain: `waits, then passes on 70000 × "x"`, ours: "closes with 1002", cases: []attempt{
			{name: "2^63 + 70,000", sent: writes(lengthened(fin|text, 127, 1<<63|70_000, "")), rest: masked(strings.Repeat("x", 70_000))},
		}},

	{name: "fragments", section: "5.4", what: "a message in two fragments",
		plain: `passes on "a"; passes on "b"`, ours: `passes on "ab"`,
		cases: []attempt{{name: "two", sent: writes(frame(more|text, "a"), frame(fin|cont, "b"))}}},
	{name: "empty_fragments", section: "5.4", what: "a message whose first and last fragment are empty",
		plain: `passes on ""; passes on "hi"; passes on ""`, ours: `passes on "hi"`,
		cases: []attempt{{name: "three", sent: writes(frame(more|text, ""), frame(more|cont, "hi"), frame(fin|cont, ""))}}},
	{name: "ping_between", section: "5.4", what: "a ping between two fragments",
		plain: `passes on "a"; pong "p", then passes on "b"`, ours: `pong "p", then passes on "ab"`,
		cases: []attempt{{name: "ping", sent: writes(frame(more|text, "a"), frame(fin|ping, "p")), rest: frame(fin|cont, "b")}}},
	{name: "continuation", section: "5.4", what: "a continuation of nothing",
		plain: `passes on "hi"`, ours: "closes with 1002", cases: opcodes(hi, fin|cont, more|cont)},
	{name: "continuation_after", section: "5.4", what: "a continuation after a message's last frame",
		plain: `passes on "hi"; passes on "more"`, ours: `passes on "hi"; closes with 1002`, cases: []attempt{
			{name: "whole", sent: writes(frame(fin|text, "hi"), frame(fin|cont, "more"))},
		}},
	{name: "inside", section: "5.4", what: "a new message inside an unfinished one",
		plain: `passes on "a"; passes on "hi"`, ours: "closes with 1002", cases: opcodes(
			func(first byte) []byte { return join(frame(more|text, "a"), frame(first, "hi")) },
			fin|text, more|text, fin|bin)},
	{name: "cut", section: "5.2", what: "a frame cut short by the connection's end",
		plain: `passes on "par"; ends`, ours: "ends", cases: []attempt{{name: "text", sent: writes(frame(fin|text, "part")[:9]), cut: true}}},
	{name: "cut_message", section: "5.4", what: "a message whose last fragments never come",
		plain: `passes on "par"; ends`, ours: "ends", cases: []attempt{{name: "text", sent: writes(frame(more|text, "par")), cut: true}}},
	{name: "cut_header", section: "5.2", what: "a header cut short by the connection's end",
		plain: "ends", ours: "ends", cases: []attempt{
			{name: "1 byte", sent: writes(frame(fin|text, "hi")[:1]), cut: true},
			{name: "5 bytes", sent: writes(frame(fin|text, "hi")[:5]), cut: true},
			{name: "length", sent: writes(lengthened(fin|text, 127, 70_000, "")[:6]), cut: true},
		}},

	{name: "ping", section: "5.5.2", what: "a ping of up to 125 bytes",
		plain: "pong the same", ours: "pong the same", cases: []attempt{
			{name: "0", sent: writes(frame(fin|ping, "")), same: `""`},
			{name: "bytes", sent: writes(frame(fin|ping, "\x00\xff\xfe")), same: `"\x00\xff\xfe"`},
			{name: "125", sent: writes(frame(fin|ping, strings.Repeat("p", 125))), same: `125 × "p"`},
		}},
	{name: "pong", section: "5.5.3", what: "a pong that nobody asked for",
		plain: "stays open", ours: "stays open", cases: opcodes(hi, fin|pong)},
	{name: "ping_long", section: "5.5", what: "a ping of 126 bytes",
		plain: `pong 125 × "p"`, ours: "closes with 1002", cases: []attempt{{name: "126", sent: writes(frame(fin|ping, strings.Repeat("p", 126)))}}},
	{name: "ping_fragment", section: "5.5", what: "a ping in fragments",
		plain: `pong "hi"`, ours: "closes with 1002", cases: opcodes(hi, more|ping)},
	{name: "pong_bad", section: "5.5", what: "a pong of 126 bytes, or in fragments",
		plain: "stays open", ours: "closes with 1002", cases: []attempt{
			{name: "126", sent: writes(frame(fin|pong, strings.Repeat("p", 126)))},
			{name: "fragment", sent: writes(frame(more|pong, ""))},
		}},
	{name: "close_bad", section: "5.5", what: "a close of 126 bytes, or in fragments",
		plain: "ends", ours: "closes with 1002", cases: closing([]attempt{
			{name: "126", sent: writes(frame(fin|cls, "\x03\xe8"+strings.Repeat("r", 124)))},
			{name: "fragment", sent: writes(frame(more|cls, "\x03\xe8"))},
		})},

	{name: "utf8", section: "8.1", what: "a text that is not UTF-8",
		plain: "passes on the same", ours: "closes with 1007", cases: messages(invalidUTF8...)},
	{name: "utf8_split", section: "8.1", what: "a character split over fragments",
		plain: `passes on "\xe2"; passes on "\x82"; passes on "\xac"`, ours: `passes on "€"`,
		cases: []attempt{{name: "euro", sent: writes(frame(more|text, "\xe2"), frame(more|cont, "\x82"), frame(fin|cont, "\xac"))}}},
	{name: "utf8_frame", section: "8.1", what: "the first bytes of a frame, and they are not UTF-8",
		plain: "waits, then passes on the same", ours: "closes with 1007", cases: []attempt{
			unfinished("\xff", "234567890"), unfinished("ok\xc0", "4567890"),
			unfinished("\xed\xa0", "34567890"), unfinished("\xf4\x90", "34567890")}},
	{name: "utf8_fragment", section: "8.1", what: "a first fragment that no other can make UTF-8",
		plain: `passes on "\xff", then passes on "b"`, ours: "closes with 1007",
		cases: []attempt{{name: "ff", sent: writes(frame(more|text, "\xff")), rest: frame(fin|cont, "b")}}},
	{name: "utf8_end", section: "8.1", what: "a message whose last fragment ends inside a character",
		plain: `passes on "a\xe2"; passes on "\x82"`, ours: "closes with 1007",
		cases: []attempt{{name: "euro", sent: writes(frame(more|text, "a\xe2"), frame(fin|cont, "\x82"))}}},
	{name: "binary", section: "7.4.1", what: "the header of a binary message, where only text makes sense",
		plain: `waits, then passes on "\xff\x00"`, ours: "closes with 1003", cases: []attempt{
			{name: "whole", sent: writes(frame(fin|bin, "\xff\x00")[:6]), rest: frame(fin|bin, "\xff\x00")[6:]},
			{name: "fragment", sent: writes(frame(more|bin, "\xff\x00")[:6]), rest: frame(fin|bin, "\xff\x00")[6:]},
		}},

	{name: "limit", section: "7.4.1", what: "a message of exactly 65,536 bytes",
		plain: `passes on 65536 × "x"`, ours: `passes on 65536 × "x"`, cases: messages(strings.Repeat("x", limit))},
	{name: "limit_fragments", section: "7.4.1", what: "65,536 bytes in two fragments",
		plain: `passes on 32768 × "x"; passes on 32768 × "x"`, ours: `passes on 65536 × "x"`, cases: []attempt{
			{name: "halves", sent: writes(frame(more|text, strings.Repeat("x", limit/2)), frame(fin|cont, strings.Repeat("x", limit/2)))},
		}},
	{name: "too_big", section: "7.4.1", what: "the header of a message of 65,537 bytes",
		plain: `waits, then passes on 65537 × "x"`, ours: "closes with 1009", cases: []attempt{
			{name: "header", sent: writes(lengthened(fin|text, 127, limit+1, "")), rest: masked(strings.Repeat("x", limit+1))},
		}},
	{name: "too_big_fragments", section: "7.4.1", what: "a message whose fragments are 65,537 bytes together",
		plain: `passes on 65536 × "x"; passes on "y"`, ours: "closes with 1009", cases: []attempt{
			{name: "last", sent: writes(frame(more|text, strings.Repeat("x", limit)), frame(fin|cont, "y"))},
		}},
	{name: "huge", section: "7.4.1", what: "a header that promises 2^62 bytes",
		plain: "ends", ours: "closes with 1009", cases: []attempt{{name: "header", sent: writes(lengthened(fin|text, 127, 1<<62, "")), endless: true}}},

	{name: "close", section: "5.5.1", what: "a close with a code that may be sent",
		plain: "ends", ours: "closes with the same", cases: closing(codes(1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999))},
	{name: "close_empty", section: "5.5.1", what: "a close without a code",
		plain: "ends", ours: "closes with no code", cases: closing([]attempt{{name: "empty", sent: writes(frame(fin|cls, ""))}})},
	{name: "close_reason", section: "5.5.1", what: "a close with a reason",
		plain: "ends", ours: "closes with 1000", cases: closing([]attempt{
			{name: "short", sent: writes(frame(fin|cls, "\x03\xe8Grüße"))},
			{name: "123 bytes", sent: writes(frame(fin|cls, "\x03\xe8"+strings.Repeat("r", 123)))},
		})},
	{name: "close_code", section: "7.4", what: "a close with a code that must not be sent",
		plain: "ends", ours: "closes with 1002", cases: closing(codes(0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535))},
	{name: "close_byte", section: "5.5.1", what: "a close with half a code",
		plain: "ends", ours: "closes with 1002", cases: closing([]attempt{{name: "1 byte", sent: writes(frame(fin|cls, "\x03"))}})},
	{name: "close_utf8", section: "5.5.1", what: "a close with a reason that is not UTF-8",
		plain: "ends", ours: "closes with 1007", cases: closing([]attempt{
			{name: "invalid", sent: writes(frame(fin|cls, "\x03\xe8\xff"))},
			{name: "unfinished", sent: writes(frame(fin|cls, "\x03\xe8\xe2\x82"))},
		})},
	{name: "close_inside", section: "5.4", what: "a close between two fragments",
		plain: `passes on "a"; ends`, ours: "closes with 1000", cases: closing([]attempt{
			{name: "close", sent: writes(frame(more|text, "a"), frame(fin|cls, "\x03\xe8"))},
		})},
	{name: "after_close", section: "5.5.1", what: "a message, a ping or another close after a close",
		plain: "ends", ours: "closes with 1000", cases: closing(opcodes(
			func(first byte) []byte {
				return join(frame(fin|cls, "\x03\xe8"),
					frame(first, "\x03\xe9"))
			}, fin|text, fin|ping, fin|cls))},
}

// invalidUTF8 has one of each kind.
var invalidUTF8 = []string{
	"\xff", "a\x80", "\xc0\xaf", "\xc3(", "\xe0\x80\xaf", "\xed\xa0\x80", "\xed\xaf\xbf\xed\xbf\xbf", "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
	"\xe2\x82", strings.Repeat("x", 40) + "\xf0\x9f\x99",
}

const key = "dGhlIHNhbXBsZSBub25jZQ=="

// instead and with make another handshake of the one that wstest makes.
func instead(old, new string) func(string) string {
	return func(request string) string { return strings.Replace(request, old, new, 1) }
}

func with(line string) func(string) string {
	return instead("\r\n\r\n", "\r\n"+line+"\r\n\r\n")
}

func writes(each ...[]byte) [][]byte { return each }

func join(frames ...[]byte) []byte { return bytes.Join(frames, nil) }

func hi(first byte) []byte { return frame(first, "hi") }

// lengthened returns a frame whose header has the length n written in the long form 126 or 127.
func lengthened(first, form byte, n uint64, payload string) []byte {
	length := binary.BigEndian.AppendUint64(nil, n)
	if form == 126 {
		length = length[6:]
	}
	return wstest.Mask(append([]byte{first, 0x80 | form}, length...), payload)
}

// masked returns a payload as it follows a header of frame or lengthened.
func masked(payload string) []byte { return wstest.Mask(nil, payload)[4:] }

// unfinished sends the first bytes of a text frame.
func unfinished(begin, end string) attempt {
	whole := frame(fin|text, begin+end)
	split := len(whole) - len(end)
	return attempt{name: fmt.Sprintf("%q", begin), sent: writes(whole[:split]), rest: whole[split:],
		same: quote(begin + end)}
}

// closing marks cases in which the client sends its close.
func closing(cases []attempt) []attempt {
	for i := range cases {
		cases[i].closes = true
	}
	return cases
}

func messages(texts ...string) (cases []attempt) {
	for i, payload := range texts {
		cases = append(cases, attempt{name: fmt.Sprint(i), sent: writes(frame(fin|text, payload)),
			same: quote(payload)})
	}
	return cases
}

func opcodes(sent func(first byte) []byte, firsts ...byte) (cases []attempt) {
	for _, first := range firsts {
		cases = append(cases, attempt{name: fmt.Sprintf("%#02x", first), sent: writes(sent(first))})
	}
	return cases
}

func codes(codes ...uint16) (cases []attempt) {
	for _, code := range codes {
		payload := binary.BigEndian.AppendUint16(nil, code)
		cases = append(cases, attempt{name: fmt.Sprint(code),
			sent: writes(frame(fin|cls, string(payload))), same: fmt.Sprint(code)})
	}
	return cases
}
