package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
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

// stopsReading is told to its end: a minute is more than any server takes to ping and to give up.
func stopsReading(s *servers.Server) (string, error) {
	room, err := join(s, 3)
	if err != nil {
		return "", err
	}
	speaker, slow, listener := room[0], room[1], room[2]
	outcome := "the others hear every word"
	for word := range words {
		speaker.say(word)
		if !speaker.hears("Client #1 says: "+word) || !listener.hears("Client #1 says: "+word) {
			outcome = "the others hear nothing more"
			break
		}
	}
	if outcome == "the others hear nothing more" {
		speaker.say("is anybody there?")
		if code := speaker.endsWithin(time.Minute); code != 0 {
			outcome += fmt.Sprintf(";\nthe speaker is closed with %d within a minute", code)
		} else {
			outcome += ";\nthe speaker still waits after a minute"
		}
	} else {
		outcome += ";\nthe one that does not read " + slow.fate()
	}
	newcomer, _, err := dial(s, "4", "http://"+s.Addr)
	if err != nil {
		return "", err
	}
	newcomer.say("hi")
	if newcomer.hears("Client #4 says: hi") {
		return outcome + ";\nwhoever comes later is heard", nil
	}
	return outcome + ";\nwhoever comes later is not heard", nil
}

// speak lets c say something, and says whether listener hears it.
func speak(c, listener *client, words string) string {
	c.say(words)
	for {
		switch h := listener.hear(); {
		case strings.HasSuffix(h.text, " says: "+words):
			return "is heard"
		case h.silent || h.closed != 0:
			return "is not heard, and " + c.fate()
		}
	}
}

func lastWord(s *servers.Server) (string, error) {
	room, err := join(s, 3)
	if err != nil {
		return "", err
	}
	room[0].send(ws.NewTextFrame([]byte("bye")), closeFrame())
	room[0].fate()
	word, leaving := "the last word is lost", "the leaving is not told"
	for h := room[1].hear(); !h.silent && h.closed == 0; h = room[1].hear() {
		if h.text == "Client #1 says: bye" {
			word = "the last word is heard"
		}
		if h.text == "Client #1 has left the chat" {
			leaving = "the leaving is told"
			break
		}
	}
	return word + ", " + leaving + ";\nthe next to speak " + speak(room[1], room[2], "hello again"), nil
}

func binaryMessage(s *servers.Server) (string, error) {
	room, err := join(s, 3)
	if err != nil {
		return "", err
	}
	room[0].send(ws.NewBinaryFrame([]byte("\xff\x00")))
	outcome := "the sender " + room[0].fate()
	for h := room[1].hear(); !h.silent && h.closed == 0; h = room[1].hear() {
		if strings.HasPrefix(h.text, "Client #1 says") {
			outcome = fmt.Sprintf("the others read %q as text", h.text)
		}
	}
	return outcome + ";\nthe next to speak " + speak(room[1], room[2], "hello again"), nil
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
