//go:build unix

package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/chat/compare/conversation"
	"example.com/chat/compare/servers"
)

// standstill is how long nothing must come before a test believes that
// nothing will.
const standstill = 5 * time.Second

// proofs do what a row says and return what came of it, in the table's words.
var proofs = map[string]func(t *testing.T, s *servers.Server) string{
	"origin": func(t *testing.T, s *servers.Server) string {
		_, response := conversation.Try(t, s, "/ws/1", conversation.Header("Origin", "https://evil.example"))
		return status(response)
	},
	"rebinding": func(t *testing.T, s *servers.Server) string {
		_, response := conversation.Try(t, s, "/ws/1", conversation.Header("Host", "evil.example:8000"),
			conversation.Header("Origin", "http://evil.example:8000"))
		return status(response)
	},
	"compression": func(t *testing.T, s *servers.Server) string {
		_, response := conversation.Try(t, s, "/ws/1", conversation.Compression)
		if taken := response.Header.Get("Sec-WebSocket-Extensions"); taken != "" {
			name, _, _ := strings.Cut(taken, ";")
			return "taken: `" + name + "`"
		}
		return "not taken"
	},
	"plain get": func(t *testing.T, s *servers.Server) string {
		return status(conversation.Request(t, s, "GET /ws/1"))
	},
	"version": func(t *testing.T, s *servers.Server) string {
		head := conversation.Upgrade("/ws/1")
		for i, line := range head {
			head[i] = strings.Replace(line, "Version: 13", "Version: 12", 1)
		}
		return status(conversation.Request(t, s, head...))
	},
	"no route": func(t *testing.T, s *servers.Server) string {
		return status(conversation.Request(t, s, conversation.Upgrade("/nothing")...))
	},
	"post": func(t *testing.T, s *servers.Server) string {
		return status(conversation.Request(t, s, "POST /ws/1", "Content-Length: 0"))
	},
	"head": func(t *testing.T, s *servers.Server) string {
		return status(conversation.Request(t, s, "HEAD /"))
	},
	"huge id": func(t *testing.T, s *servers.Server) string {
		return idAs(t, s, "9223372036854775808")
	},
	"python id": func(t *testing.T, s *servers.Server) string {
		first, second, third := idAs(t, s, "1_000"), idAs(t, s, "1.0"), idAs(t, s, "%201")
		if first == second && second == third {
			return first + ", each"
		}
		return strings.ReplaceAll(first+", "+second+", "+third, ", let in as", ",")
	},
	"two slashes": func(t *testing.T, s *servers.Server) string {
		return status(conversation.Request(t, s, conversation.Upgrade("//ws/1")...))
	},
	"docs": func(t *testing.T, s *servers.Server) string {
		return status(conversation.Request(t, s, "GET /docs"))
	},
	"policy": func(t *testing.T, s *servers.Server) string {
		policy := conversation.Request(t, s, "GET /").Header.Get("Content-Security-Policy")
		if policy == "" {
			return "none"
		}
		return "`" + strings.Split(policy, ";")[0] + "` and what the page needs"
	},
	"server header": func(t *testing.T, s *servers.Server) string {
		if name := conversation.Request(t, s, conversation.Upgrade("/ws/1")...).Header.Get("Server"); name != "" {
			return "`Server: " + name + "`"
		}
		return "no `Server`"
	},
	"long cookie": func(t *testing.T, s *servers.Server) string {
		cookie := "Cookie: a=" + strings.Repeat("x", 9_000)
		response, err := conversation.RequestWithin(t, s, standstill, conversation.Upgrade("/ws/1", cookie)...)
		if err != nil {
			return "no answer"
		}
		return status(response)
	},
	"binary":     binary,
	"last word":  lastWord,
	"limit":      limit,
	"not read":   notRead,
	"leave amid": leaveAmid,
	"leave as":   leaveAs,
	"stall end":  stallEnd,
	"no pong":    noPong,
	"silent":     silent,
	"no request": noRequest,
	"stop":       stop,
	"stop stuck": stopStuck,
}

func status(response *http.Response) string {
	return fmt.Sprint(response.StatusCode, " ", http.StatusText(response.StatusCode))
}

// idAs says as whom the server lets an id in.
func idAs(t *testing.T, s *servers.Server, id string) string {
	c, response := conversation.Try(t, s, "/ws/"+id)
	if c == nil {
		return status(response)
	}
	c.Say("x")
	c.Hear()
	name, _, _ := strings.Cut(c.Hear().Text, " says")
	return "let in as `" + name + "`"
}

// speak lets c say something, and tells whether the listener hears it or c is
// cut off for it.
func speak(c, listener *conversation.Client, words string) string {
	c.Say(words)
	for {
		who, e := conversation.HearFirst(c, listener)
		switch {
		case who == listener && strings.HasSuffix(e.Text, " says: "+words):
			return "is heard"
		case who == c && e.Kind == "closed":
			return fmt.Sprintf("is not heard and closed with %d", e.Code)
		}
	}
}

// binary sends a binary message, and then lets the others speak.
func binary(t *testing.T, s *servers.Server) string {
	a, b, c := conversation.Join(t, s, "1"), conversation.Join(t, s, "2"), conversation.Join(t, s, "3")
	a.SayBinary([]byte{1})
	return fmt.Sprintf("%s; the next to speak %s; the one after %s", a.Hear(), speak(b, c, "hello"), speak(c, b, "hi"))
}

// lastWord sends a message and a close together.
func lastWord(t *testing.T, s *servers.Server) string {
	a, b, c := conversation.Join(t, s, "1"), conversation.Join(t, s, "2"), conversation.Join(t, s, "3")
	a.SayRaw([]byte("\x81\x83\x00\x00\x00\x00bye\x88\x82\x00\x00\x00\x00\x03\xe8"))
	word, leaving := "unheard", "not told"
	for leaving == "not told" {
		e, ok := b.HearWithin(standstill)
		if !ok || e.Kind == "closed" {
			break
		}
		switch e.Text {
		case "Client #1 says: bye":
			word = "heard"
		case "Client #1 has left the chat":
			leaving = "told"
		}
	}
	return fmt.Sprintf("word %s, leaving %s; the next to speak %s", word, leaving, speak(b, c, "hello"))
}

// limit looks for the longest message that passes.
func limit(t *testing.T, s *servers.Server) string {
	b := conversation.Join(t, s, "2")
	longest := 0
	for _, size := range []int{65_536, 65_537, 16 << 20, 16<<20 + 1} {
		a := conversation.Join(t, s, "1")
		word := strings.Repeat("x", size)
		go a.Say(word) // the server may refuse before it has read all
		if e := a.Hear(); e.Kind == "closed" {
			return fmt.Sprintf("%s bytes pass, more is %s", thousands(longest), e)
		}
		if !b.HearUntil("Client #1 says: "+word) || !a.HearUntil("Client #1 says: "+word) {
			return fmt.Sprintf("%s bytes are not passed on", thousands(size))
		}
		longest = size
		a.Leave(1000, "")
		for a.Hear().Kind != "closed" {
		}
		b.HearUntil("Client #1 has left the chat")
	}
	return "no limit found"
}

func thousands(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

const (
	wordSize  = 32 << 10
	floodSize = 16 << 20 // more than the kernel's buffers of a connection hold
)

// pingPatience is more than both servers wait for the answer to a ping, with the time before it.
const pingPatience = 50 * time.Second

// words are long messages, each different.
func words(yield func(string) bool) {
	for i := range floodSize / wordSize {
		if !yield(fmt.Sprintf("%d %s", i, strings.Repeat("w", wordSize))) {
			return
		}
	}
}

// everyoneHears says whether all that are given read the message.
func everyoneHears(text string, all ...*conversation.Client) bool {
	for _, c := range all {
		for {
			e, ok := c.HearWithin(standstill)
			if !ok || e.Kind == "closed" {
				return false
			}
			if e.Text == text {
				break
			}
		}
	}
	return true
}

// notRead fills a client that does not read, and watches those around it.
func notRead(t *testing.T, s *servers.Server) string {
	a := conversation.Join(t, s, "1")
	conversation.Join(t, s, "2")
	b := conversation.Join(t, s, "3")
	cut := false
	for word := range words {
		a.Say(word)
		if !everyoneHears("Client #1 says: "+word, a) {
			return "nobody hears anything more"
		}
		for {
			e, ok := b.HearWithin(standstill)
			if !ok {
				return "those behind it in the list hear nothing more"
			}
			if e.Text == "Client #2 has left the chat" {
				cut = true
			}
			if e.Text == "Client #1 says: "+word {
				break
			}
		}
	}
	if !cut {
		return "the others hear everything, it stays"
	}
	return "it is cut off, the others hear everything"
}

// leaveAmid lets a client leave while a broadcast waits for another one that
// does not read for a while.
func leaveAmid(t *testing.T, s *servers.Server) string {
	a, leaver := conversation.Join(t, s, "1"), conversation.Join(t, s, "2")
	slow := conversation.Join(t, s, "3")
	d, e := conversation.Join(t, s, "4"), conversation.Join(t, s, "5")
	word, stuck := "", false
	for word = range words {
		a.Say(word)
		everyoneHears("Client #1 says: "+word, a, leaver)
		if stuck = !everyoneHears("Client #1 says: "+word, d, e); stuck {
			break
		}
	}
	if !stuck {
		word = "nobody waits for anybody"
		a.Say(word)
	}
	leaver.Leave(1000, "")
	for leaver.Hear().Kind != "closed" {
	}
	everyoneHears("Client #2 has left the chat", a) // so the list is one shorter
	go func() {
		for e, ok := slow.HearWithin(conversation.Limit); ok && e.Kind != "closed"; e, ok = slow.HearWithin(conversation.Limit) {
		}
	}()
	a.Say("end")
	switch next, last := hearsBeforeEnd(word, d), hearsBeforeEnd(word, e); {
	case next && last:
		return "everyone hears it"
	case last:
		return "the next in the list never gets that message"
	}
	return "nobody further on gets that message"
}

// hearsBeforeEnd reads up to the end that client 1 says, and tells whether
// the word came before it.
func hearsBeforeEnd(word string, c *conversation.Client) (heard bool) {
	for {
		switch e := c.Hear(); e.Text {
		case "Client #1 says: " + word:
			heard = true
		case "Client #1 says: end":
			return heard
		}
	}
}

// leaveAs lets a client leave in the moment in which another speaks: the server finds both at once.
func leaveAs(t *testing.T, s *servers.Server) string {
	a, b, c := conversation.Join(t, s, "1"), conversation.Join(t, s, "2"), conversation.Join(t, s, "3")
	s.Signal(syscall.SIGSTOP)
	a.Say("hello")
	b.Leave(1000, "")
	s.Signal(syscall.SIGCONT)
	word, fate := "unheard", "stays"
	for e, ok := c.HearWithin(standstill); ok; e, ok = c.HearWithin(standstill) {
		if e.Text == "Client #1 says: hello" {
			word = "heard"
		}
	}
	for e, ok := a.HearWithin(standstill); ok; e, ok = a.HearWithin(standstill) {
		if e.Kind == "closed" {
			fate = fmt.Sprint("is ", e)
			break
		}
	}
	return fmt.Sprintf("the word is %s, and who said it %s", word, fate)
}

// flood lets client 1 speak to a client 2 that does not read, and to client 3, until nobody hears
// anything more or all is said.
func flood(t *testing.T, s *servers.Server) (speaker, stuck *conversation.Client, standsStill bool) {
	speaker, stuck = conversation.Join(t, s, "1"), conversation.Join(t, s, "2")
	listener := conversation.Join(t, s, "3")
	for word := range words {
		speaker.Say(word)
		if !everyoneHears("Client #1 says: "+word, speaker, listener) {
			return speaker, stuck, true
		}
	}
	return speaker, stuck, false
}

// stallEnd waits for the end of what a client that does not read has brought about.
func stallEnd(t *testing.T, s *servers.Server) string {
	speaker, stuck, standsStill := flood(t, s)
	outcome := ""
	if standsStill {
		speaker.Say("is anybody there?") // from now on the server does not read from it
		outcome = "the speaker is " + ending(speaker) + " within a minute"
	} else {
		ending(stuck) // with 1008, or with 1006 if it reads on too late for that
		outcome = "it is cut off"
	}
	newcomer := conversation.Join(t, s, "4")
	newcomer.Say("hi")
	if !everyoneHears("Client #4 says: hi", newcomer) {
		return outcome + "; whoever comes later is not heard"
	}
	return outcome + "; whoever comes later is heard"
}

// ending reads up to the end of the connection.
func ending(c *conversation.Client) string {
	for {
		if e := c.Hear(); e.Kind == "closed" {
			return e.String()
		}
	}
}

// after says how much time has passed, roughly: the machine may be busy.
func after(began time.Time) string {
	return fmt.Sprintf(" after %v s", time.Since(began).Round(10*time.Second).Seconds())
}

// noPong speaks now and then, but answers no pings.
func noPong(t *testing.T, s *servers.Server) string {
	a := conversation.Join(t, s, "1")
	a.IgnorePings()
	for began := time.Now(); time.Since(began) < pingPatience; {
		a.Say("still here")
		for e, ok := a.HearWithin(time.Second); ok; e, ok = a.HearWithin(time.Second) {
			if e.Kind == "closed" {
				return e.String() + after(began)
			}
		}
	}
	return "stays connected"
}

// silent says nothing and answers no pings.
func silent(t *testing.T, s *servers.Server) string {
	a := conversation.Join(t, s, "1")
	a.IgnorePings()
	began := time.Now()
	return ending(a) + after(began)
}

// noRequest connects and sends nothing.
func noRequest(t *testing.T, s *servers.Server) string {
	conn, began := conversation.Dial(t, s), time.Now()
	conn.SetReadDeadline(began.Add(2 * standstill))
	if _, err := conn.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		return "waits 10 s and longer"
	}
	return fmt.Sprintf("is cut off after %v s", time.Since(began).Truncate(time.Second).Seconds())
}

// stopStuck ends the server while a client does not read.
func stopStuck(t *testing.T, s *servers.Server) string {
	flood(t, s)
	s.Signal(syscall.SIGTERM)
	select {
	case <-s.Done():
		return s.Ending() + " within 10 s"
	case <-time.After(2 * standstill):
		return "runs on after 10 s"
	}
}

// stop ends the server while a client is connected.
func stop(t *testing.T, s *servers.Server) string {
	a := conversation.Join(t, s, "1")
	s.Signal(syscall.SIGTERM)
	e := a.Hear()
	<-s.Done()
	return fmt.Sprintf("%s, %s", e, s.Ending())
}
