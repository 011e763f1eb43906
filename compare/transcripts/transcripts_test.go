// Package transcripts has the same conversations with the FastAPI server and
// with the Go server: every client must read the same from both.
package transcripts

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/chat/compare/conversation"
	"example.com/chat/compare/servers"
)

func TestMain(m *testing.M) {
	defer servers.Cleanup()
	m.Run()
}

// talk is one conversation under way, and what has been read in it.
type talk struct {
	t     *testing.T
	s     *servers.Server
	lines []string
}

func (k *talk) join(id string) *conversation.Client { return conversation.Join(k.t, k.s, id) }

// hear notes the next n things that a client reads.
func (k *talk) hear(who string, c *conversation.Client, n int) {
	k.t.Helper()
	for range n {
		k.lines = append(k.lines, who+" reads "+c.Hear().String())
	}
}

func (k *talk) note(format string, args ...any) {
	k.lines = append(k.lines, fmt.Sprintf(format, args...))
}

// conversations end with what each is to read by the protocol.
var conversations = []struct {
	name string
	have func(k *talk)
	want []string
}{
	{"one client hears itself", func(k *talk) {
		a := k.join("1")
		a.Say("hello")
		k.hear("1", a, 2)
	}, []string{
		`1 reads text "You wrote: hello"`,
		`1 reads text "Client #1 says: hello"`,
	}},
	{"three in turns", func(k *talk) {
		a, b, c := k.join("1"), k.join("2"), k.join("3")
		for _, turn := range []struct {
			c    *conversation.Client
			text string
		}{{a, "first"}, {b, "second"}, {c, "third"}} {
			turn.c.Say(turn.text)
			turn.c.Hear()
			for _, each := range []*conversation.Client{a, b, c} {
				k.hear("each", each, 1)
			}
		}
	}, []string{
		`each reads text "Client #1 says: first"`, `each reads text "Client #1 says: first"`,
		`each reads text "Client #1 says: first"`,
		`each reads text "Client #2 says: second"`, `each reads text "Client #2 says: second"`,
		`each reads text "Client #2 says: second"`,
		`each reads text "Client #3 says: third"`, `each reads text "Client #3 says: third"`,
		`each reads text "Client #3 says: third"`,
	}},
	{"texts of every kind", func(k *talk) {
		a := k.join("1")
		for _, text := range []string{
			"", "Grüße, 世界 👋", "<b>\x00\r\n\"'",
			strings.Repeat("ÿ", 100), strings.Repeat("x", 65_536),
		} {
			a.Say(text)
			k.hear("1", a, 2)
		}
	}, []string{
		`1 reads text "You wrote: "`,
		`1 reads text "Client #1 says: "`,
		`1 reads text "You wrote: Grüße, 世界 👋"`,
		`1 reads text "Client #1 says: Grüße, 世界 👋"`,
		`1 reads text "You wrote: <b>\x00\r\n\"'"`,
		`1 reads text "Client #1 says: <b>\x00\r\n\"'"`,
		`1 reads text of 211 bytes: You wrote: ÿÿÿÿ` + "\xc3…" + `ÿÿÿÿÿÿÿÿÿÿ`,
		`1 reads text of 216 bytes: Client #1 says: ÿÿ…ÿÿÿÿÿÿÿÿÿÿ`,
		`1 reads text of 65547 bytes: You wrote: xxxxxxxxx…xxxxxxxxxxxxxxxxxxxx`,
		`1 reads text of 65552 bytes: Client #1 says: xxxx…xxxxxxxxxxxxxxxxxxxx`,
	}},
	{"a message in fragments, one of them empty, one inside a character", func(k *talk) {
		a := k.join("1")
		a.SayInParts("one, ", "", "tw\xc3", "\xb6", ", three")
		k.hear("1", a, 2)
	}, []string{
		`1 reads text "You wrote: one, twö, three"`,
		`1 reads text "Client #1 says: one, twö, three"`,
	}},
	{"a ping between two messages", func(k *talk) {
		a := k.join("1")
		a.Say("before")
		a.Ping()
		a.Say("after")
		kinds := map[string]int{}
		for range 5 {
			kinds[a.Hear().Kind]++
		}
		k.note("%d texts, %d pong", kinds["text"], kinds["pong"])
	}, []string{`4 texts, 1 pong`}},
	{"two connections with the same id", func(k *talk) {
		a, b := k.join("5"), k.join("5")
		a.Say("twins")
		k.hear("first", a, 2)
		k.hear("second", b, 1)
		a.Leave(1000, "")
		k.hear("first", a, 1)
		k.hear("second", b, 1)
		b.Say("alone")
		k.hear("second", b, 2)
	}, []string{
		`first reads text "You wrote: twins"`,
		`first reads text "Client #5 says: twins"`,
		`second reads text "Client #5 says: twins"`,
		`first reads closed with 1000`,
		`second reads text "Client #5 has left the chat"`,
		`second reads text "You wrote: alone"`,
		`second reads text "Client #5 says: alone"`,
	}},
	{"ids as integers may be written", func(k *talk) {
		b := k.join("1")
		for _, id := range []string{
			"0", "-5", "-0", "007", "+7", "9223372036854775807", "-9223372036854775808",
		} {
			a := k.join(id)
			a.Say(id)
			k.hear("1", b, 1)
			a.Leave(1000, "")
			for a.Hear().Kind != "closed" {
			}
			k.hear("1", b, 1)
		}
	}, []string{
		`1 reads text "Client #0 says: 0"`, `1 reads text "Client #0 has left the chat"`,
		`1 reads text "Client #-5 says: -5"`, `1 reads text "Client #-5 has left the chat"`,
		`1 reads text "Client #0 says: -0"`, `1 reads text "Client #0 has left the chat"`,
		`1 reads text "Client #7 says: 007"`, `1 reads text "Client #7 has left the chat"`,
		`1 reads text "Client #7 says: +7"`, `1 reads text "Client #7 has left the chat"`,
		`1 reads text "Client #9223372036854775807 says: 9223372036854775807"`,
		`1 reads text "Client #9223372036854775807 has left the chat"`,
		`1 reads text "Client #-9223372036854775808 says: -9223372036854775808"`,
		`1 reads text "Client #-9223372036854775808 has left the chat"`,
	}},
	{"ids that are no integers", func(k *talk) {
		// The last is ١, an Arabic one.
		for _, id := range []string{"abc", "1.5", "0x10", "1e3", "--1", "%00", "%D9%A1"} {
			_, response := conversation.Try(k.t, k.s, "/ws/"+id)
			k.note("%s: %d", id, response.StatusCode)
		}
	}, []string{
		`abc: 403`, `1.5: 403`, `0x10: 403`, `1e3: 403`, `--1: 403`, `%00: 403`, `%D9%A1: 403`,
	}},
	{"leaving with a code and a reason", func(k *talk) {
		b := k.join("2")
		for _, code := range []int{1000, 1001, 3000, 4999} {
			a := k.join("1")
			a.Leave(code, "bye")
			k.hear("1", a, 1)
			k.hear("2", b, 1)
		}
	}, []string{
		`1 reads closed with 1000`, `2 reads text "Client #1 has left the chat"`,
		`1 reads closed with 1001`, `2 reads text "Client #1 has left the chat"`,
		`1 reads closed with 3000`, `2 reads text "Client #1 has left the chat"`,
		`1 reads closed with 4999`, `2 reads text "Client #1 has left the chat"`,
	}},
	{"leaving by a lost TCP connection", func(k *talk) {
		a, b := k.join("1"), k.join("2")
		a.Cut()
		k.hear("2", b, 1)
		b.Say("still here")
		k.hear("2", b, 2)
	}, []string{
		`2 reads text "Client #1 has left the chat"`,
		`2 reads text "You wrote: still here"`,
		`2 reads text "Client #2 says: still here"`,
	}},
	{"what RFC 6455 forbids", func(k *talk) {
		b := k.join("2")
		for _, bad := range []struct{ name, bytes string }{
			{"text that is not UTF-8", "\x81\x82\x00\x00\x00\x00\xff\xfe"},
			{"an unmasked frame", "\x81\x01x"},
			{"a reserved opcode", "\x83\x80\x00\x00\x00\x00"},
			{"a reserved bit", "\xc1\x80\x00\x00\x00\x00"},
			{"a continuation of nothing", "\x80\x80\x00\x00\x00\x00"},
			{"a new message inside one", "\x01\x81\x00\x00\x00\x00x\x81\x81\x00\x00\x00\x00y"},
			{"a ping in fragments", "\x09\x80\x00\x00\x00\x00"},
			{"a close with half a code", "\x88\x81\x00\x00\x00\x00\x03"},
		} {
			a := k.join("1")
			a.SayRaw([]byte(bad.bytes))
			k.hear(bad.name+": 1", a, 1)
			k.hear("2", b, 1)
		}
	}, []string{
		`text that is not UTF-8: 1 reads closed with 1007`,
		`2 reads text "Client #1 has left the chat"`,
		`an unmasked frame: 1 reads closed with 1002`, `2 reads text "Client #1 has left the chat"`,
		`a reserved opcode: 1 reads closed with 1002`, `2 reads text "Client #1 has left the chat"`,
		`a reserved bit: 1 reads closed with 1002`, `2 reads text "Client #1 has left the chat"`,
		`a continuation of nothing: 1 reads closed with 1002`,
		`2 reads text "Client #1 has left the chat"`,
		`a new message inside one: 1 reads closed with 1002`,
		`2 reads text "Client #1 has left the chat"`,
		`a ping in fragments: 1 reads closed with 1002`,
		`2 reads text "Client #1 has left the chat"`,
		`a close with half a code: 1 reads closed with 1002`,
		`2 reads text "Client #1 has left the chat"`,
	}},
	{"subprotocols offered", func(k *talk) {
		const header = "Sec-WebSocket-Protocol"
		offer := conversation.Header(header, "chat, superchat")
		_, response := conversation.Try(k.t, k.s, "/ws/1", offer)
		k.note("status %d, protocol %q", response.StatusCode, response.Header.Get(header))
	}, []string{`status 101, protocol ""`}},
	{"what the page loads", func(k *talk) {
		for _, path := range []string{
			"/", "/static/chat.js", "/static/chat.css", "/static/bootstrap.min.css",
			"/static/nothing.js", "/nothing",
		} {
			response := conversation.Request(k.t, k.s, "GET "+path)
			kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
			if response.StatusCode != 200 {
				kind = "" // the words of an error are each server's own
			}
			k.note("%s: %d %s", path, response.StatusCode, kind)
		}
	}, []string{
		`/: 200 text/html`, `/static/chat.js: 200 text/javascript`,
		`/static/chat.css: 200 text/css`, `/static/bootstrap.min.css: 200 text/css`,
		`/static/nothing.js: 404 `, `/nothing: 404 `,
	}},
	{"an upgrade without a key", func(k *talk) {
		head := conversation.Upgrade("/ws/1")
		head = slices.DeleteFunc(head, func(line string) bool {
			return strings.HasPrefix(line, "Sec-WebSocket-Key")
		})
		k.note("%d", conversation.Request(k.t, k.s, head...).StatusCode)
	}, []string{`400`}},
}

func TestEveryConversationReadsTheSameOnBothServers(t *testing.T) {
	for _, name := range []string{servers.FastAPI, servers.Fixed, servers.Go} {
		t.Run(name, func(t *testing.T) {
			for _, c := range conversations {
				t.Run(c.name, func(t *testing.T) {
					if servers.IsPython(name) {
						servers.NeedFastAPI(t)
					}
					s, err := servers.Start(name)
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(s.Kill)
					k := &talk{t: t, s: s}
					c.have(k)
					if !slices.Equal(k.lines, c.want) {
						got, want := strings.Join(k.lines, "\n\t"), strings.Join(c.want, "\n\t")
						t.Errorf("got\n\t%s\nwant\n\t%s", got, want)
					}
				})
			}
		})
	}
}
