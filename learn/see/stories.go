package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/chat/compare/servers"
	"github.com/gobwas/ws"
)

const (
	wordSize  = 32 << 10
	floodSize = 16 << 20 // bytes; more than the kernel holds for a client that does not read
)

// words are long messages, each different.
func words(yield func(string) bool) {
	for i := range floodSize / wordSize {
		if !yield(fmt.Sprintf("%d %s", i, strings.Repeat("w", wordSize))) {
			return
		}
	}
}

// In each room of the stories the list is: client 1, before; then those that the story is about;
// and the last, behind.

// stopsReading is told to its end: a minute is more than any server takes to ping and to give up.
func stopsReading(s *servers.Server) (string, error) {
	room, err := join(s, 4)
	if err != nil {
		return "", err
	}
	before, speaker, slow, behind := room[0], room[1], room[2], room[3]
	outcome := ""
	for word := range words {
		speaker.say(word)
		if !before.hears("Client #2 says: "+word) || !speaker.hears("Client #2 says: "+word) {
			return "", errors.New("those before the one that does not read hear nothing")
		}
		if !behind.hears("Client #2 says: " + word) {
			outcome = standstill(before, speaker, behind)
			break
		}
	}
	if outcome == "" {
		outcome = "the others hear every word;\nthe one that does not read " + slow.fate()
	}
	newcomer, _, err := dial(s, "5", "http://"+s.Addr)
	if err != nil {
		return "", err
	}
	newcomer.say("hi")
	return outcome + ";\nwhoever comes later " + heardBy("Client #5 says: hi", before, behind), nil
}

// standstill tells what becomes of those who speak on.
func standstill(before, speaker, behind *client) string {
	speaker.say("is anybody there?")
	behind.say("one")
	behind.say("two")
	outcome := "nobody hears anything more"
	if before.hears("Client #4 says: one") {
		outcome = "those behind it in the list hear nothing more;\n"
		if before.hears("Client #4 says: two") {
			outcome += "those before it hear every word"
		} else {
			outcome += "those before it hear one more word of each who speaks"
		}
	}
	if code := speaker.endsWithin(time.Minute, before, behind); code != 0 {
		return fmt.Sprintf("%s;\nthe speaker is closed with %d within a minute", outcome, code)
	}
	return outcome + ";\nthe speaker still waits after a minute"
}

// heardBy says who hears the text, of one before and one behind the place where something is wrong.
func heardBy(text string, before, behind *client) string {
	var first, last bool
	var both sync.WaitGroup
	both.Go(func() { first = before.hears(text) })
	both.Go(func() { last = behind.hears(text) })
	both.Wait()
	switch {
	case first && last:
		return "is heard"
	case first:
		return "is heard only by those before it"
	case last:
		return "is heard only by those behind it"
	}
	return "is not heard"
}

// speak lets c say something, and says who hears it and what becomes of c.
func speak(c *client, before, behind *client) string {
	c.say("hello again")
	fate := ""
	for h := c.hear(); !strings.HasSuffix(h.text, " says: hello again") && !h.silent; h = c.hear() {
		if h.closed != 0 {
			fate = fmt.Sprintf(", and is closed with %d", h.closed)
			break
		}
	}
	outcome := heardBy("Client #3 says: hello again", before, behind) + fate
	if fate != "" && before.hears("Client #3 has left the chat") {
		outcome += ";\nthose before it read that it has left"
	}
	return outcome
}

func lastWord(s *servers.Server) (string, error) {
	room, err := join(s, 4)
	if err != nil {
		return "", err
	}
	before, leaver, next, behind := room[0], room[1], room[2], room[3]
	leaver.send(ws.NewTextFrame([]byte("bye")), closeFrame())
	outcome := lastWordAt(before)
	if other := lastWordAt(behind); other != outcome {
		outcome += " before it in the list; " + other + " behind it"
	}
	return outcome + ";\nthe next to speak " + speak(next, before, behind), nil
}

// lastWordAt tells what c reads of it.
func lastWordAt(c *client) string {
	word := "the last word is lost"
	for h := c.hear(); !h.silent && h.closed == 0; h = c.hear() {
		if h.text == "Client #2 says: bye" {
			word = "the last word is heard"
		}
		if h.text == "Client #2 has left the chat" {
			return word + ", the leaving is told"
		}
	}
	return word + ", the leaving is not told"
}

func binaryMessage(s *servers.Server) (string, error) {
	room, err := join(s, 4)
	if err != nil {
		return "", err
	}
	before, sender, next, behind := room[0], room[1], room[2], room[3]
	sender.send(ws.NewBinaryFrame([]byte("\xff\x00")))
	outcome := ""
	if h := sender.hear(); h.closed != 0 {
		outcome = fmt.Sprintf("the sender is closed with %d", h.closed)
	} else if h := before.hear(); strings.HasPrefix(h.text, "Client #2 says: ") {
		outcome = fmt.Sprintf("the others read %q as text", h.text)
	}
	return outcome + ";\nthe next to speak " + speak(next, before, behind), nil
}

// crossing lets two speak at once, while one between those who listen reads slowly.
func crossing(s *servers.Server) (string, error) {
	const messages = 200
	room, err := join(s, 4)
	if err != nil {
		return "", err
	}
	long := strings.Repeat("w", 60<<10)
	for _, speaker := range room[:2] {
		go func() {
			for i := range messages {
				speaker.say(fmt.Sprint(i, " ", long))
			}
		}()
	}
	orders := make([][]string, len(room))
	var all sync.WaitGroup
	for i, c := range room {
		all.Go(func() {
			for h := c.hear(); !h.silent && h.closed == 0; h = c.hear() {
				if i == 2 {
					time.Sleep(2 * time.Millisecond)
				}
				if strings.Contains(h.text, " says: ") {
					orders[i] = append(orders[i], h.text)
				}
				if len(orders[i]) == 2*messages {
					break
				}
			}
		})
	}
	all.Wait()
	// A server with queues may drop one who reads, when the machine is busy. What was read before
	// counts.
	read := min(len(orders[0]), len(orders[3]))
	if read < messages/4 {
		return "", fmt.Errorf("only %d messages are read", read)
	}
	if slices.Equal(orders[0][:read], orders[3][:read]) {
		return "all read one order", nil
	}
	return "one before it in the list and one behind it read different orders", nil
}

// foreignPage says where it comes from, as a browser does.
func foreignPage(s *servers.Server) (string, error) {
	_, status, err := dial(s, "1", "https://evil.example")
	return fmt.Sprint(status, " ", http.StatusText(status)), err
}

func ctrlC(s *servers.Server) (string, error) {
	room, err := join(s, 1)
	if err != nil {
		return "", err
	}
	s.Signal(os.Interrupt)
	end := room[0].hear()
	<-s.Done()
	outcome := fmt.Sprintf("the client reads %d", end.closed)
	if end.text != "" {
		outcome += fmt.Sprintf(" and %q", end.text)
	} else if end.closed == 1006 {
		outcome += ", a broken line"
	}
	return outcome + "; " + s.Ending(), nil
}
