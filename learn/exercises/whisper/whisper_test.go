package whisper

import (
	"slices"
	"testing"

	"example.com/chat/internal/wstest"
	"example.com/chat/learn/exercises/internal/try"
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
	for _, leaves := range []*wstest.Client{again, seven} {
		leaves.SendClose(1000, "")
		one.Expect("Client #7 has left the chat")
		eight.Expect("Client #7 has left the chat")
	}
	one.Say("/to 7 hello")
	one.Expect("There is no #7 here")

	one.Say("/to 1 note to myself") // who whispers to itself reads both, in either order
	got := []string{one.Read().Payload, one.Read().Payload}
	slices.Sort(got)
	want := []string{"Client #1 whispers: note to myself", "You whispered to #1: note to myself"}
	if !slices.Equal(got, want) {
		t.Fatalf("read %q, want %q", got, want)
	}

	one.Say("/to 008 as a number") // 008 is 8
	one.Expect("You whispered to #8: as a number")
	one.Say("/to 9 ") // an empty text is one, too
	one.Expect("There is no #9 here")
	for _, text := range []string{"/to", "/to 7", "/to seven hello", "/to  7 hello"} {
		one.Say(text)
		one.Expect("A whisper is: /to 7 hello")
	}

	one.Say("to 8 hello")
	one.Expect("You wrote: to 8 hello", "Client #1 says: to 8 hello")
	eight.Expect("Client #1 whispers: as a number", "Client #1 says: to 8 hello")
}

func TestThePageTakesTheAnswerForOne(t *testing.T) {
	addr := try.Serve(t)
	page := try.Open(t, addr, "/")
	page.Say("/to 9 hello")
	page.Shows("unknown", "There is no #9 here")
	page.WaitsForNothing()
}
