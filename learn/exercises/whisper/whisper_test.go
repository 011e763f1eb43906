package whisper

import (
	"testing"

	"example.com/chat/learn/exercises/internal/try"
	"example.com/chat/internal/wstest"
)

func TestAWhisperReachesThoseWithTheIDAndNobodyElse(t *testing.T) {
	addr := try.Serve(t)
	one := try.Join(t, addr, "/ws/1", "Client #1")
	seven := try.Join(t, addr, "/ws/7", "Client #7")
	again := try.Join(t, addr, "/ws/7", "Client #7")
	eight := try.Join(t, addr, "/ws/8", "Client #8")
	everyone := []*wstest.Client{one, seven, again, eight}
	for _, c := range everyone[:3] {
		try.Reads(t, c, "Client #8 says: hello")
	}

	one.Say("/to 7 hello, you two")
	one.Expect("You whispered to #7: hello, you two")
	seven.Expect("Client #1 whispers: hello, you two")
	again.Expect("Client #1 whispers: hello, you two")

	one.Say("/to 9 hello")
	one.Expect("There is no #9 here")
	again.SendClose(1000, "")
	seven.SendClose(1000, "")
	one.Expect("Client #7 has left the chat", "Client #7 has left the chat")
	one.Say("/to 7 hello")
	one.Expect("There is no #7 here")

	one.Say("to 8 hello")
	one.Expect("You wrote: to 8 hello", "Client #1 says: to 8 hello")
	eight.Expect("Client #7 has left the chat", "Client #7 has left the chat", "Client #1 says: to 8 hello")
}
