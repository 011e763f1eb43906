//go:build unix

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/chat/compare/conversation"
	"example.com/chat/compare/servers"
)

const (
	wordSize  = 32 << 10
	floodSize = 16 << 20 // more than the kernel's buffers of a connection hold
)

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

// room are clients 1 to 4 in the order of the list.
type room struct{ before, speaker, stuck, behind *conversation.Client }

// flood lets the speaker talk to a client that does not read and to those around it, until those
// behind it hear nothing more or all is said. It tells how long that took.
func flood(t *testing.T, s *servers.Server) (r room, standsStill bool, took time.Duration) {
	r.before, r.speaker = conversation.Join(t, s, "1"), conversation.Join(t, s, "2")
	r.stuck, r.behind = conversation.Join(t, s, "3"), conversation.Join(t, s, "4")
	began := time.Now()
	for word := range words {
		text := "Client #2 says: " + word
		r.speaker.Say(word)
		if !everyoneHears(text, r.before, r.speaker) {
			t.Fatal("those before the one that does not read hear nothing more")
		}
		if !everyoneHears(text, r.behind) {
			return r, true, time.Since(began)
		}
	}
	return r, false, time.Since(began)
}

// notRead tells who still hears what while a client does not read.
func notRead(t *testing.T, s *servers.Server) string {
	r, standsStill, took := flood(t, s)
	if !standsStill {
		ending(r.stuck) // with 1008, or with 1006 if it reads on too late for that
		if took > 30*time.Second {
			return fmt.Sprintf("it is cut off within %v, the others hear everything", took)
		}
		return "it is cut off within 30 s, the others hear everything"
	}
	r.behind.Say("one")
	r.behind.Say("two")
	one := everyoneHears("Client #4 says: one", r.before)
	two := everyoneHears("Client #4 says: two", r.before)
	if !one || two || everyoneHears("Client #4 says: one", r.behind) {
		return fmt.Sprintf("those before it hear %t, %t", one, two)
	}
	return "those behind it in the list hear nothing more, " +
		"those before it one more word of each who speaks"
}

// stallEnd waits for the end of what a client that does not read has brought about.
func stallEnd(t *testing.T, s *servers.Server) string {
	r, standsStill, _ := flood(t, s)
	outcome := ""
	if standsStill {
		r.speaker.Say("is anybody there?") // from now on the server does not read from it
		outcome = "the speaker is " + ending(r.speaker) + " within a minute"
	} else {
		ending(r.stuck)
		outcome = "it is cut off"
	}
	newcomer := conversation.Join(t, s, "5")
	newcomer.Say("hi")
	text := "Client #5 says: hi"
	switch before, behind := everyoneHears(text, r.before), everyoneHears(text, r.behind); {
	case before && behind && everyoneHears(text, newcomer):
		return outcome + "; whoever comes later is heard"
	case before && !behind:
		return outcome + "; whoever comes later is heard only by those before it in the list"
	}
	return outcome + "; whoever comes later is not heard"
}

const saidASecond, wordSaid = 200 << 10, 10 << 10 // bytes

// slowReader lets a client read so many bytes a second where more is said; 0 is one that does not
// read.
func slowReader(rate int) func(*testing.T, *servers.Server) string {
	return func(t *testing.T, s *servers.Server) string {
		speaker, slow := conversation.Join(t, s, "1"), conversation.Join(t, s, "2")
		behind := conversation.Join(t, s, "3")
		done, closed := make(chan struct{}), make(chan struct{})
		defer close(done)
		if rate > 0 {
			go paced(rate, done, func() (goOn bool) {
				e, ok := slow.HearWithin(slowLimit)
				return ok && e.Kind != "closed"
			})
		}
		go func() {
			for e, ok := speaker.HearWithin(slowLimit); ok; e, ok = speaker.HearWithin(slowLimit) {
				if e.Kind == "closed" {
					close(closed)
					return
				}
			}
		}()
		go paced(saidASecond, done, func() (goOn bool) {
			speaker.Say(strings.Repeat("w", wordSaid))
			return true
		})
		return slowOutcome(behind, closed)
	}
}

// paced does something with so many bytes a second, a word of wordSaid each time.
func paced(rate int, done <-chan struct{}, do func() (goOn bool)) {
	tick := time.NewTicker(time.Second * wordSaid / time.Duration(rate))
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			if !do() {
				return
			}
		}
	}
}

// slowLimit is more than the kernel takes to fill, and the server to give up, at that speed.
const slowLimit = 2 * time.Minute

// slowOutcome listens until the slow client has left, or for long enough to know that it stays.
func slowOutcome(behind *conversation.Client, speakerClosed <-chan struct{}) string {
	const long = 20 * time.Second
	began, last, longest := time.Now(), time.Now(), time.Duration(0)
	closed := ""
	for time.Since(began) < slowLimit && (closed == "" || longest < long) {
		e, ok := behind.HearWithin(time.Second)
		longest = max(longest, time.Since(last))
		if ok {
			last = time.Now()
		}
		if e.Text == "Client #2 has left the chat" {
			break
		}
		select {
		case <-speakerClosed:
			closed = ", and the speaker is closed"
		default:
		}
	}
	waits := fmt.Sprintf("those behind it wait for %v", longest)
	if longest > long {
		waits = "those behind it hear nothing for 20 s and longer"
	} else if longest < 3*time.Second {
		waits = "those behind it never wait for 3 s"
	}
	if closed != "" {
		return waits + closed
	}
	for _, limit := range []time.Duration{20 * time.Second, time.Minute} {
		if took := time.Since(began); took < limit {
			return fmt.Sprintf("it is cut off within %.0f s, %s", limit.Seconds(), waits)
		}
	}
	return "it stays, " + waits
}

// cross lets two speak at once while a client between those who listen does not read for a while.
// It compares what one before that client hears of the two, and one behind it.
func cross(t *testing.T, s *servers.Server) string {
	r, _, _ := flood(t, s)
	first, second := r.speaker, r.before // the flood's last word may be under way
	words := []string{
		"Client #1 says: second, one", "Client #2 says: first, two", "Client #1 says: second, two",
	}
	second.Say("second, one")
	var before []string
	if everyoneHears(words[0], first) { // its broadcast is under way
		before = words[:1:1]
	}
	// The pong tells that the message before the ping is read.
	first.SayRaw([]byte("\x81\x8a\x00\x00\x00\x00first, two\x89\x80\x00\x00\x00\x00"))
	for e := first.Hear(); e.Kind != "pong"; e = first.Hear() {
		before = append(before, e.Text)
	}
	second.Say("second, two")
	go func() {
		for e, ok := r.stuck.HearWithin(conversation.Limit); ok && e.Kind != "closed"; {
			e, ok = r.stuck.HearWithin(conversation.Limit)
		}
	}()
	if slices.Equal(hearAll(first, words, before), hearAll(r.behind, words, nil)) {
		return "all read one order"
	}
	return "one before it and one behind it read different orders"
}

// hearAll reads until c has heard all these words, and returns them in their order. Some are heard
// already.
func hearAll(c *conversation.Client, words, heard []string) []string {
	other := func(text string) bool { return !slices.Contains(words, text) }
	for heard = slices.DeleteFunc(heard, other); len(heard) < len(words); {
		if text := c.Hear().Text; !other(text) {
			heard = append(heard, text)
		}
	}
	return heard
}

// leaveAmid lets a client leave while a broadcast waits for another one that does not read for a
// while.
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
		for e, ok := slow.HearWithin(conversation.Limit); ok && e.Kind != "closed"; {
			e, ok = slow.HearWithin(conversation.Limit)
		}
	}()
	a.Say("end")
	switch next, last := hearsBeforeEnd(word, d), hearsBeforeEnd(word, e); {
	case next && last:
		return "everyone hears it"
	case last:
		return "the one after that other never gets that message"
	}
	return "nobody further on gets that message"
}

// hearsBeforeEnd reads up to the end that client 1 says, and tells whether the word came before it.
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
