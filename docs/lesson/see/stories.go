package main

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"

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

func routes(s *servers.Server) (string, error) {
	var lines []string
	for _, r := range []struct{ method, path string }{{"GET", "/"}, {"HEAD", "/"}, {"POST", "/"}, {"GET", "/nothing"}, {"GET", "/ws/1"}, {"POST", "/ws/1"}} {
		status, err := request(s, r.method, r.path)
		if err != nil {
			return "", err
		}
		lines = append(lines, fmt.Sprintf("%-13s %s", r.method+" "+r.path, status))
	}
	return strings.Join(lines, "\n"), nil
}

func ids(s *servers.Server) (string, error) {
	var lines []string
	for _, id := range []string{"007", "-5", "one", "1.5", "1_000", "9223372036854775807", "9223372036854775808"} {
		c, status, err := dial(s, id, "http://"+s.Addr)
		if err != nil {
			return "", err
		}
		outcome := fmt.Sprint(status, " ", http.StatusText(status))
		if c != nil {
			c.say("x")
			c.hear()
			name, _, _ := strings.Cut(c.hear().text, " says")
			outcome = "let in as " + name
		}
		lines = append(lines, fmt.Sprintf("%-19s  %s", id, outcome))
	}
	return strings.Join(lines, "\n"), nil
}

func slowClient(s *servers.Server) (string, error) {
	room, err := join(s, 3)
	if err != nil {
		return "", err
	}
	speaker, slow, listener := room[0], room[1], room[2]
	for word := range words {
		speaker.say(word)
		if speaker.hears("Client #1 says: "+word) && listener.hears("Client #1 says: "+word) {
			continue
		}
		newcomer, _, err := dial(s, "4", "http://"+s.Addr)
		if err != nil {
			return "", err
		}
		newcomer.say("hi")
		if newcomer.hears("Client #4 says: hi") {
			return "the others hear nothing more, a newcomer does", nil
		}
		return "the others hear nothing more, and a newcomer is not heard", nil
	}
	return "the others hear every word; the slow one " + slow.fate(), nil
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

func deadClient(s *servers.Server) (string, error) {
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

func leaveAmid(s *servers.Server) (string, error) {
	room, err := join(s, 5)
	if err != nil {
		return "", err
	}
	speaker, leaver, slow, fourth, fifth := room[0], room[1], room[2], room[3], room[4]
	word, stuck := "", false
	for word = range words {
		speaker.say(word)
		speaker.hears("Client #1 says: " + word)
		leaver.hears("Client #1 says: " + word)
		if stuck = !fourth.hears("Client #1 says: "+word) || !fifth.hears("Client #1 says: "+word); stuck {
			break
		}
	}
	if !stuck {
		word = "nobody waits for anybody"
		speaker.say(word)
	}
	leaver.send(closeFrame())
	leaver.fate()
	speaker.hears("Client #2 has left the chat")
	go func() {
		for h := slow.hear(); h.closed == 0; h = slow.hear() {
		}
	}()
	speaker.say("end")
	missed := ""
	for i, c := range []*client{fourth, fifth} {
		if !hearsBeforeEnd(word, c) {
			missed += fmt.Sprintf("client %d never hears what was being said", i+4)
		}
	}
	if missed != "" {
		return missed, nil
	}
	if stuck {
		return "everyone hears everything, but only when the slow client reads again", nil
	}
	return "everyone hears everything", nil
}

// hearsBeforeEnd reads up to the end that client 1 says, and tells whether the word came before it.
func hearsBeforeEnd(word string, c *client) (before bool) {
	for {
		h := c.hear()
		if h.silent || h.closed != 0 || h.text == "Client #1 says: end" {
			return before
		}
		before = before || h.text == "Client #1 says: "+word
	}
}

func foreignOrigin(s *servers.Server) (string, error) {
	_, status, err := dial(s, "1", "https://evil.example")
	return fmt.Sprint(status, " ", http.StatusText(status)), err
}

func longMessage(s *servers.Server) (string, error) {
	const part = 64 << 10
	var lines []string
	for _, m := range []struct {
		name   string
		frames []ws.Frame
	}{
		{"65,536 bytes", inFrames(65_536, 65_536)},
		{"65,537 bytes", inFrames(65_537, 65_537)},
		{"1 MiB in 16 fragments", inFrames(1<<20, part)},
	} {
		room, err := join(s, 2)
		if err != nil {
			return "", err
		}
		go room[0].send(m.frames...) // the server may refuse before it has read all
		go func() {
			for h := room[0].hear(); !h.silent && h.closed == 0; h = room[0].hear() {
			}
		}()
		messages, bytes := 0, 0
		for h := room[1].hear(); !h.silent && h.closed == 0; h = room[1].hear() {
			if h.text == "Client #1 has left the chat" {
				break
			}
			messages++
			bytes += len(h.text) - len("Client #1 says: ")
		}
		outcome := "refused: nobody else hears of it"
		if messages > 0 {
			outcome = fmt.Sprintf("passed on: %d bytes in %d message(s)", bytes, messages)
		}
		lines = append(lines, fmt.Sprintf("%-21s  %s", m.name, outcome))
		room[0].Close()
		room[1].Close()
	}
	return strings.Join(lines, "\n"), nil
}

// inFrames is a text message of size bytes in frames of at most part bytes.
func inFrames(size, part int) (frames []ws.Frame) {
	opcode := ws.OpText
	for rest := size; rest > 0; rest -= part {
		frames = append(frames, ws.NewFrame(opcode, rest <= part, []byte(strings.Repeat("x", min(rest, part)))))
		opcode = ws.OpContinuation
	}
	return frames
}

// listen is what the second client makes of what the first one sends.
func listen(s *servers.Server, frames ...ws.Frame) (string, error) {
	room, err := join(s, 2)
	if err != nil {
		return "", err
	}
	room[0].send(frames...)
	var all []string
	for h := room[1].hear(); !h.silent && h.closed == 0; h = room[1].hear() {
		if strings.HasPrefix(h.text, "Client #1 says") {
			all = append(all, fmt.Sprintf("%q", h.text))
		}
		if strings.HasPrefix(h.text, "Client #1 has left") {
			break
		}
	}
	if len(all) == 0 {
		return "the others hear nothing of it; the sender " + room[0].fate(), nil
	}
	return "the others read " + strings.Join(all, " and "), nil
}

func fragments(s *servers.Server) (string, error) {
	euro := "€uro"
	return listen(s, ws.NewFrame(ws.OpText, false, []byte(euro[:2])), ws.NewFrame(ws.OpContinuation, true, []byte(euro[2:])))
}

func invalidUTF8(s *servers.Server) (string, error) {
	return listen(s, ws.NewTextFrame([]byte("caf\xe9"))) // café in Latin-1
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

func shutdown(s *servers.Server) (string, error) {
	room, err := join(s, 1)
	if err != nil {
		return "", err
	}
	s.Signal(syscall.SIGTERM)
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
