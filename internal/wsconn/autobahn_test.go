// columns: a table keeps one line for each entry

package wsconn_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http/httptest"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"example.com/chat/internal/echo"
	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
)

// These are the cases of the Autobahn test suite for servers (its fuzzing client), groups 1 to 7, 9
// and 10, under their own numbers. They are written anew from its public description, and are not
// the suite itself (compare/autobahn runs that): where it lets a server choose (an echoed close
// code or 1000, failing fast or later) they ask for the strict choice, and where that waits for a
// second they wait for the answer.
const autobahnCases = 301

// autobahnCase is a conversation with an echo server.
type autobahnCase struct {
	id     string
	talk   func() []exchange // made when it is needed: some are large
	code   int               // of the server's close frame; 0 when the client closes at the end
	closes bool              // the client has sent its close in the talk
	rest   []byte            // of a frame that was refused before it was whole
}

// exchange is what is sent, and what must then come before anything else is sent.
type exchange struct {
	sent [][]byte // each in a write of its own
	want []wstest.Frame
}

func TestAutobahn(t *testing.T) {
	server := httptest.NewServer(echo.NewHandler(&wsconn.Server{MaxMessage: echo.MaxMessage}))
	t.Cleanup(server.Close)
	groups := slices.Concat(framing(), pings(), reservedBits(), reservedOpcodes(), fragmentation(),
		utf8Handling(), utf8Tables(), closeHandling(), limits())
	if len(groups) != autobahnCases {
		t.Errorf("%d cases, want %d", len(groups), autobahnCases)
	}
	for _, c := range groups {
		t.Run(c.id, func(t *testing.T) {
			t.Parallel()
			client := wstest.Dial(t, server.Listener.Addr().String(), "/")
			for _, e := range c.talk() {
				for _, b := range e.sent {
					// where the server has had enough before, what is read will tell
					client.Write(b)
				}
				for _, want := range e.want {
					if got, err := client.Next(); got != want {
						t.Fatalf("read %#x %.60q (%d bytes), %v; want %#x %.60q (%d)", got.First,
							got.Payload, len(got.Payload), err, want.First, want.Payload,
							len(want.Payload))
					}
				}
			}
			c.end(t, client)
		})
	}
}

// end does the closing handshake, from the side whose turn it is, and waits for the server to end
// TCP.
func (c autobahnCase) end(t *testing.T, client *wstest.Client) {
	t.Helper()
	code := c.code
	if code == 0 && !c.closes {
		code = 1000
		client.SendClose(code, "")
	}
	want := ""
	if code != 0 {
		want = string(binary.BigEndian.AppendUint16(nil, uint16(code)))
	}
	got, err := client.Next()
	if err != nil || got.First != fin|cls || !strings.HasPrefix(got.Payload, want) ||
		(got.Payload == "") != (want == "") {
		t.Fatalf("read %#x %.60q, %v; want a close with %d", got.First, got.Payload, err, code)
	}
	if c.code != 0 && !c.closes {
		client.SendRaw(c.rest)
		client.SendClose(1000, "")
	}
	if f, err := client.Next(); err != io.EOF {
		t.Errorf("read %#x %.60q, %v; want the end of the connection", f.First, f.Payload, err)
	}
}

// say is the usual case: all is sent, and all that is wanted comes.
func say(id string, sent [][]byte, want ...wstest.Frame) autobahnCase {
	return autobahnCase{id: id, talk: func() []exchange { return []exchange{{sent, want}} }}
}

// fails is a case that the server must end with a code.
func fails(code int, c autobahnCase) autobahnCase {
	c.code = code
	return c
}

// closed is a case in which the client closes, and has its code (0 for none) back.
func closed(code int, c autobahnCase) autobahnCase {
	c.code, c.closes = code, true
	return c
}

func got(opcode byte, payload string) wstest.Frame {
	return wstest.Frame{First: fin | opcode, Payload: payload}
}

// chop returns the writes that bring b in pieces of n bytes.
func chop(n int, b []byte) [][]byte { return slices.Collect(slices.Chunk(b, n)) }

// fragments returns a message in fragments of n bytes; the last may be shorter.
func fragments(opcode byte, n int, payload string) (frames [][]byte) {
	for len(payload) > n {
		frames = append(frames, frame(opcode, payload[:n]))
		payload, opcode = payload[n:], cont
	}
	return append(frames, frame(fin|opcode, payload))
}

// inEachChop makes three cases: all in one write, frame by frame, and byte by byte. Each id has a
// %d for first, first+1, first+2.
func inEachChop(id string, first int, make func(id string, sent [][]byte) autobahnCase,
	frames ...[]byte) []autobahnCase {
	all := bytes.Join(frames, nil)
	return []autobahnCase{
		make(fmt.Sprintf(id, first), writes(all)),
		make(fmt.Sprintf(id, first+1), frames),
		make(fmt.Sprintf(id, first+2), chop(1, all)),
	}
}

const hello = "Hello, world!"

// framing: 1.1 and 1.2.
func framing() (cases []autobahnCase) {
	for group, opcode := range []byte{text, bin} {
		for i, n := range []int{0, 125, 126, 127, 128, 65_535, 65_536, 65_536} {
			payload := strings.Repeat("*", n)
			if opcode == bin {
				payload = strings.Repeat("\xfe", n)
			}
			sent := writes(frame(fin|opcode, payload))
			if i == 7 {
				sent = chop(997, sent[0])
			}
			cases = append(cases, say(fmt.Sprintf("1.%d.%d", group+1, i+1), sent,
				got(opcode, payload)))
		}
	}
	return cases
}

// pings: 2.
func pings() []autobahnCase {
	full := strings.Repeat("\xfe", 125)
	var ten []byte
	var pongs []wstest.Frame
	for i := range 10 {
		ten = append(ten, frame(fin|ping, fmt.Sprint("payload-", i))...)
		pongs = append(pongs, got(pong, fmt.Sprint("payload-", i)))
	}
	return []autobahnCase{
		say("2.1", writes(frame(fin|ping, "")), got(pong, "")),
		say("2.2", writes(frame(fin|ping, hello)), got(pong, hello)),
		say("2.3", writes(frame(fin|ping, "\x00\xff\xfe\xfd\xfc\xfb\x00\xff")),
			got(pong, "\x00\xff\xfe\xfd\xfc\xfb\x00\xff")),
		say("2.4", writes(frame(fin|ping, full)), got(pong, full)),
		fails(1002, say("2.5", writes(frame(fin|ping, full+"\xfe")))),
		say("2.6", chop(1, frame(fin|ping, full)), got(pong, full)),
		say("2.7", writes(frame(fin|pong, ""))),
		say("2.8", writes(frame(fin|pong, "unsolicited pong payload"))),
		say("2.9", writes(frame(fin|pong, "unsolicited pong payload"),
			frame(fin|ping, "ping payload")), got(pong, "ping payload")),
		say("2.10", writes(ten), pongs...),
		say("2.11", chop(1, ten), pongs...),
	}
}

// between sends a bad frame after a good message and before a ping: the message is echoed, the ping
// is not answered.
func between(id string, bad []byte) autobahnCase {
	return fails(1002, say(id, writes(frame(fin|text, hello), bad, frame(fin|ping, "")),
		got(text, hello)))
}

// reservedBits: 3.
func reservedBits() []autobahnCase {
	rsv := func(bits, opcode byte, payload string) []byte {
		return frame(fin|bits<<4|opcode,
			payload)
	}
	return []autobahnCase{
		fails(1002, say("3.1", writes(rsv(1, text, hello)))),
		fails(1002, say("3.2", writes(join(frame(fin|text, hello), rsv(2, text, hello),
			frame(fin|ping, ""))), got(text, hello))),
		between("3.3", rsv(3, text, hello)),
		fails(1002, say("3.4", chop(1, join(frame(fin|text, hello), rsv(4, text, hello),
			frame(fin|ping, ""))), got(text, hello))),
		fails(1002, say("3.5", writes(rsv(5, bin, "\x00\xff\xfe\xfd\xfc\xfb\x00\xff")))),
		fails(1002, say("3.6", writes(rsv(6, ping, hello)))),
		closed(1002, say("3.7", writes(rsv(7, cls, "\x03\xe8")))),
	}
}

// reservedOpcodes: 4.
func reservedOpcodes() (cases []autobahnCase) {
	for group, first := range []byte{3, 11} {
		id := func(i int) string { return fmt.Sprintf("4.%d.%d", group+1, i) }
		cases = append(cases,
			fails(1002, say(id(1), writes(frame(fin|first, "")))),
			fails(1002, say(id(2), writes(frame(fin|(first+1), "reserved opcode payload")))),
			between(id(3), frame(fin|(first+2), "")),
			between(id(4), frame(fin|(first+3), hello)),
			fails(1002, say(id(5), chop(1, join(frame(fin|text, hello), frame(fin|(first+4), hello),
				frame(fin|ping, ""))), got(text, hello))),
		)
	}
	return cases
}

// fragmentation: 5.
func fragmentation() []autobahnCase {
	two := [][]byte{frame(text, "fragment1"), frame(fin|cont, "fragment2")}
	withPing := [][]byte{two[0], frame(fin|ping, "ping payload"), two[1]}
	whole := got(text, "fragment1fragment2")
	refused := func(id string, sent [][]byte) autobahnCase { return fails(1002, say(id, sent)) }
	twice := func(first byte) [][]byte {
		once := [][]byte{frame(first|cont, "fragment1"), frame(text, "fragment2"),
			frame(fin|cont, "fragment3")}
		return append(once, once...)
	}
	five := func(id string, cut func([]byte) [][]byte) autobahnCase {
		return autobahnCase{id: id, talk: func() []exchange {
			return []exchange{
				{cut(join(frame(text, "fragment1"), frame(cont, "fragment2"), frame(fin|ping, "pongme 1!"))), []wstest.Frame{got(pong, "pongme 1!")}},
				{cut(join(frame(cont, "fragment3"), frame(cont, "fragment4"), frame(fin|ping, "pongme 2!"))), []wstest.Frame{got(pong, "pongme 2!")}},
				{cut(frame(fin|cont, "fragment5")), []wstest.Frame{got(text, "fragment1fragment2fragment3fragment4fragment5")}},
			}
		}}
	}
	return slices.Concat(
		[]autobahnCase{
			refused("5.1", writes(frame(ping, "fragment1"), frame(fin|cont, "fragment2"))),
			refused("5.2", writes(frame(pong, "fragment1"), frame(fin|cont, "fragment2"))),
		},
		inEachChop("5.%d", 3, func(id string,
			sent [][]byte) autobahnCase {
			return say(id, sent, whole)
		}, two...),
		inEachChop("5.%d", 6, func(id string,
			sent [][]byte) autobahnCase {
			return say(id, sent, got(pong, "ping payload"), whole)
		},
			withPing...),
		inEachChop("5.%d", 9, refused, frame(fin|cont, "non-continuation payload"),
			frame(fin|text, hello)),
		inEachChop("5.%d", 12, refused, frame(cont, "non-continuation payload"),
			frame(fin|text, hello)),
		[]autobahnCase{
			fails(1002, say("5.15", writes(join(two[0], two[1], frame(cont, "fragment3"),
				frame(fin|text, "fragment4"))), whole)),
			refused("5.16", twice(more)),
			refused("5.17", twice(fin)),
			refused("5.18", writes(frame(text, "fragment1"), frame(fin|text, "fragment2"))),
			five("5.19", func(b []byte) [][]byte { return writes(b) }),
			five("5.20", func(b []byte) [][]byte { return chop(1, b) }),
		})
}

// closeHandling: 7.
func closeHandling() []autobahnCase {
	bye := func(code uint16, reason string) []byte {
		return frame(fin|cls, string(binary.BigEndian.AppendUint16(nil, code))+reason)
	}
	large := strings.Repeat("BAsd7&jh23", 256<<10/10+1)[:256<<10]
	cases := []autobahnCase{
		closed(1000, say("7.1.1", writes(frame(fin|text, "Hello World!"), bye(1000, "")),
			got(text, "Hello World!"))),
		closed(1000, say("7.1.2", writes(bye(1000, ""), bye(1000, "")))),
		closed(1000, say("7.1.3", writes(bye(1000, ""), frame(fin|ping, "")))),
		closed(1000, say("7.1.4", writes(bye(1000, ""), frame(fin|text, "Hello World!")))),
		closed(1000, say("7.1.5", writes(frame(text, "fragment1"), bye(1000, ""),
			frame(fin|cont, "fragment2")))),
		closed(1000, say("7.1.6", writes(frame(fin|text, large), frame(fin|text, "Hello World!"),
			bye(1000, ""), frame(fin|ping, "")),
			got(text, large), got(text, "Hello World!"))),
		closed(0, say("7.3.1", writes(frame(fin|cls, "")))),
		closed(1002, say("7.3.2", writes(frame(fin|cls, "a")))),
		closed(1000, say("7.3.3", writes(bye(1000, "")))),
		closed(1000, say("7.3.4", writes(bye(1000, hello)))),
		closed(1000, say("7.3.5", writes(bye(1000, strings.Repeat("*", 123))))),
		closed(1002, say("7.3.6", writes(bye(1000, strings.Repeat("*", 124))))),
		closed(1007, say("7.5.1", writes(bye(1000, "κόσμε\xed\xa0\x80edited")))),
		closed(1002, say("7.13.1", writes(bye(5000, "")))),
		closed(1002, say("7.13.2", writes(bye(65535, "")))),
	}
	for i, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999,
		4000, 4999} {
		cases = append(cases, closed(int(code),
			say(fmt.Sprintf("7.7.%d", i+1), writes(bye(code, "")))))
	}
	for i, code := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		cases = append(cases, closed(1002, say(fmt.Sprintf("7.9.%d", i+1), writes(bye(code, "")))))
	}
	return cases
}

// reduced reports whether 9 has to make do with less: with -short, and with -race, which makes
// unmasking many times slower.
func reduced() bool {
	build, _ := debug.ReadBuildInfo()
	return testing.Short() || slices.Contains(build.Settings,
		debug.BuildSetting{Key: "-race", Value: "true"})
}

// limits: 9 and 10. When reduced, the sizes of 9.1 to 9.6 are a sixteenth, and the round trips of
// 9.7 and 9.8 a tenth.
func limits() (cases []autobahnCase) {
	const KiB, MiB = 1 << 10, 1 << 20
	scale, trips := 1, 1000
	if reduced() {
		scale, trips = 16, 100
	}
	large := func(id string, opcode byte, size int, cut func(payload string) [][]byte) {
		cases = append(cases, autobahnCase{id: id, talk: func() []exchange {
			payload := strings.Repeat("BAsd7&jh23", size/10+1)[:size/scale]
			return []exchange{{cut(payload), []wstest.Frame{got(opcode, payload)}}}
		}})
	}
	for i, opcode := range []byte{text, bin} {
		for j, size := range []int{64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB} {
			large(fmt.Sprintf("9.%d.%d", 1+i, j+1), opcode, size,
				func(p string) [][]byte { return writes(frame(fin|opcode, p)) })
		}
		for j, n := range []int{64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB,
			4 * MiB} {
			large(fmt.Sprintf("9.%d.%d", 3+i, j+1), opcode, 4*MiB,
				func(p string) [][]byte { return writes(join(fragments(opcode, n, p)...)) })
		}
		for j, n := range []int{64, 128, 256, 512, KiB, 2 * KiB} {
			large(fmt.Sprintf("9.%d.%d", 5+i, j+1), opcode, MiB,
				func(p string) [][]byte { return chop(n, frame(fin|opcode, p)) })
		}
		for j, size := range []int{0, 16, 64, 256, KiB, 4 * KiB} {
			payload := strings.Repeat("*", size)
			trip := exchange{writes(frame(fin|opcode, payload)),
				[]wstest.Frame{got(opcode, payload)}}
			cases = append(cases, autobahnCase{id: fmt.Sprintf("9.%d.%d", 7+i, j+1),
				talk: func() []exchange { return slices.Repeat([]exchange{trip}, trips) }})
		}
	}
	payload := strings.Repeat("*", 65_536)
	return append(cases, say("10.1.1", fragments(text, 1300, payload), got(text, payload)))
}
