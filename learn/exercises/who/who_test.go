package who

import (
	"testing"

	"example.com/chat/learn/exercises/internal/try"
)

func TestWhoeverAsksIsToldWhoIsHere(t *testing.T) {
	addr := try.Serve(t)
	ten := try.Join(t, addr, "/ws/10", "Client #10")
	ten.Say("/who")
	ten.Expect("Here are: 10")
	two := try.Join(t, addr, "/ws/2", "Client #2")
	again := try.Join(t, addr, "/ws/2", "Client #2")
	negative := try.Join(t, addr, "/ws/-7", "Client #-7")
	try.Reads(t, two, "Client #-7 says: hello")
	two.Say("/who")
	two.Expect("Here are: 10, 2, 2, -7")
	again.SendClose(1000, "")
	try.Reads(t, two, "Client #2 has left the chat")
	two.Say("/who")
	two.Expect("Here are: 10, 2, -7")
	two.Say("/whoever")
	two.Expect("You wrote: /whoever", "Client #2 says: /whoever")
	negative.Expect("Client #2 has left the chat", "Client #2 says: /whoever") // and no question
}
