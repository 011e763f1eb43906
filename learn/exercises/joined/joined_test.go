package joined

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"example.com/chat/internal/wstest"
	"example.com/chat/learn/exercises/internal/try"
)

func TestTheOthersAreToldWhoComes(t *testing.T) {
	addr := try.Serve(t)
	first := wstest.Dial(t, addr, "/ws/1")
	first.Say("hello")
	first.Expect("You wrote: hello", "Client #1 says: hello") // and not of its own coming
	second := wstest.Dial(t, addr, "/ws/2")
	second.Say("hello")
	second.Expect("You wrote: hello", "Client #2 says: hello")
	first.Expect("Client #2 has joined the chat", "Client #2 says: hello")
	wstest.Dial(t, addr, "/ws/3").SendClose(1000, "")
	for _, c := range []*wstest.Client{first, second} {
		c.Expect("Client #3 has joined the chat", "Client #3 has left the chat")
	}
}

func TestOfTwoWhoComeAtOnceTheFirstIsToldOfTheSecondAlone(t *testing.T) {
	const rounds, comers = 40, 60
	addr := try.Serve(t)
	for range rounds {
		var lines []net.Conn
		for id := range comers { // each request but its last byte, so that all come at once
			line, request := wstest.DialTCP(t, addr), wstest.Request(addr, fmt.Sprint("/ws/", id))
			fmt.Fprint(line, request[:len(request)-1])
			lines = append(lines, line)
		}
		for _, line := range lines {
			fmt.Fprint(line, "\n")
		}
		var clients []*wstest.Client
		for _, line := range lines {
			_, c, err := wstest.Answer(t, line)
			if err != nil {
				t.Fatal(err)
			}
			clients = append(clients, c)
		}
		clients[0].Say("We are all here")
		told := 0
		for _, c := range clients {
			for text := ""; text != "Client #0 says: We are all here"; {
				if text = c.Read().Payload; strings.HasSuffix(text, " has joined the chat") {
					told++
				}
			}
		}
		if pairs := comers * (comers - 1) / 2; told != pairs {
			t.Fatalf("%d clients came at once: read %d times that one has joined, want %d",
				comers, told, pairs)
		}
		for _, c := range clients {
			c.SendClose(1000, "")
			c.ExpectClose()
		}
	}
}
