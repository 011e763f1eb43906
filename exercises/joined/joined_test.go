package joined

import (
	"testing"

	"example.com/chat/exercises/internal/try"
	"example.com/chat/internal/wstest"
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
