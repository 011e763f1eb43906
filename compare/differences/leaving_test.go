//go:build unix

package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/chat/compare/conversation"
	"example.com/chat/compare/servers"
)

// binary lets the second of five send a binary message, and then two of the others speak.
func binary(t *testing.T, s *servers.Server) string {
	first := conversation.Join(t, s, "1")
	sender := conversation.Join(t, s, "2")
	third, fourth := conversation.Join(t, s, "3"), conversation.Join(t, s, "4")
	last := conversation.Join(t, s, "5")
	sender.SayBinary([]byte{1})
	end := sender.Hear()
	next := speak(third, "hello", first, last)
	after := speak(fourth, "hi", first, last)
	if after == next {
		after = "too"
	}
	return fmt.Sprintf("%s; the next to speak %s; the one after %s", end, next, after)
}

// speak lets c say something. It tells who hears it, of a client before and one behind the place in
// the list at which something happened, and what becomes of c.
func speak(c *conversation.Client, words string, before, behind *conversation.Client) string {
	c.Say(words)
	fate := ""
	for e, ok := c.HearWithin(standstill); ok; e, ok = c.HearWithin(standstill) {
		if e.Kind == "closed" {
			fate = " and " + e.String()
			break
		}
	}
	switch heardBefore, heardBehind := hearsOf(before, words), hearsOf(behind, words); {
	case heardBefore && heardBehind:
		return "is heard" + fate
	case heardBefore:
		return "is heard only by those before it in the list" + fate
	case heardBehind:
		return "is heard only by those behind it in the list" + fate
	}
	return "is not heard" + fate
}

// hearsOf reads what there is, and tells whether the words were among it.
func hearsOf(c *conversation.Client, words string) (heard bool) {
	for e, ok := c.HearWithin(standstill); ok; e, ok = c.HearWithin(standstill) {
		if strings.HasSuffix(e.Text, " says: "+words) {
			return true
		}
		if e.Kind == "closed" {
			break
		}
	}
	return false
}

// lastWord sends a message and a close together.
func lastWord(t *testing.T, s *servers.Server) string {
	before, a := conversation.Join(t, s, "1"), conversation.Join(t, s, "2")
	b, behind := conversation.Join(t, s, "3"), conversation.Join(t, s, "4")
	a.SayRaw([]byte("\x81\x83\x00\x00\x00\x00bye\x88\x82\x00\x00\x00\x00\x03\xe8"))
	outcome := lastWordAt(before)
	if other := lastWordAt(behind); other != outcome {
		outcome += " before it, " + other + " behind it"
	}
	return outcome + "; the next to speak " + speak(b, "hello", before, behind)
}

// lastWordAt tells what a client reads of it.
func lastWordAt(c *conversation.Client) string {
	word := "word unheard"
	for e, ok := c.HearWithin(standstill); ok; e, ok = c.HearWithin(standstill) {
		if e.Text == "Client #2 says: bye" {
			word = "word heard"
		}
		if e.Text == "Client #2 has left the chat" {
			return word + ", leaving told"
		}
	}
	return word + ", leaving not told"
}

// leaveAs lets the second of four leave in the moment in which the third speaks: the server finds
// both at once.
func leaveAs(t *testing.T, s *servers.Server) string {
	first, leaver := conversation.Join(t, s, "1"), conversation.Join(t, s, "2")
	speaker, last := conversation.Join(t, s, "3"), conversation.Join(t, s, "4")
	s.Signal(syscall.SIGSTOP)
	speaker.Say("hello")
	leaver.Leave(1000, "")
	s.Signal(syscall.SIGCONT)
	word := "nobody hears the word"
	switch before, behind := hearsOf(first, "hello"), hearsOf(last, "hello"); {
	case before && behind:
		word = "everyone hears the word"
	case before:
		word = "only those before it in the list hear the word"
	case behind:
		word = "only those behind it in the list hear the word"
	}
	for e, ok := speaker.HearWithin(standstill); ok; e, ok = speaker.HearWithin(standstill) {
		if e.Kind == "closed" {
			return word + "; who said it is " + e.String()
		}
	}
	return word + "; who said it stays"
}

// pingPatience is more than both servers wait for the answer to a ping, with the time before it.
const pingPatience = 50 * time.Second

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

// after says how much time has passed, roughly: the machine may be busy.
func after(began time.Time) string {
	return fmt.Sprintf(" after %v s", time.Since(began).Round(10*time.Second).Seconds())
}

// ending reads up to the end of the connection.
func ending(c *conversation.Client) string {
	for {
		if e := c.Hear(); e.Kind == "closed" {
			return e.String()
		}
	}
}
