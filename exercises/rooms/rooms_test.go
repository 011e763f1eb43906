package rooms

import (
	"fmt"
	"strings"
	"testing"

	"example.com/chat/exercises/internal/try"
	"example.com/chat/internal/wstest"
)

func TestOnlyThoseInTheSameRoomHearEachOther(t *testing.T) {
	addr := try.Serve(t)
	one := try.Join(t, addr, "/ws/red/1", "Client #1")
	two := try.Join(t, addr, "/ws/blue/2", "Client #2")
	three := try.Join(t, addr, "/ws/red/3", "Client #3")
	one.Expect("Client #3 says: hello") // and nothing from blue
	two.Say("in blue")
	two.Expect("You wrote: in blue", "Client #2 says: in blue")
	three.SendClose(1000, "")
	one.Expect("Client #3 has left the chat")
	two.Say("still blue")
	two.Expect("You wrote: still blue", "Client #2 says: still blue")
}

// The last one leaves a room while two others come in: these must always meet.
func TestARoomIsNeverSplit(t *testing.T) {
	addr := try.Serve(t)
	for i := range 200 {
		room := fmt.Sprintf("/ws/room%d/", i%3)
		last := wstest.Dial(t, addr, room+"0")
		last.SendClose(1000, "")
		one, two := wstest.Dial(t, addr, room+"1"), wstest.Dial(t, addr, room+"2")
		one.Say("in")
		try.Reads(t, one, "Client #1 says: in")
		two.Say("in")
		try.Reads(t, two, "Client #2 says: in")
		try.Reads(t, one, "Client #2 says: in")
		for _, c := range []*wstest.Client{one, two} {
			c.SendClose(1000, "")
			c.ExpectClose()
		}
	}
}

func TestEmptyRoomsAreForgotten(t *testing.T) {
	addr, memory := try.ServeLean(t)
	text := strings.Repeat("x", 60_000)
	visit := func(n int) int64 {
		for i := range n {
			c := wstest.Dial(t, addr, fmt.Sprintf("/ws/%d-%d/1", n, i))
			c.Say(text)
			c.Expect("You wrote: "+text, "Client #1 says: "+text)
			c.SendClose(1000, "")
			c.ExpectClose()
			c.Close()
		}
		return memory()
	}
	before := visit(200)
	const visits, most = 1000, 30 << 20 // a room that is kept keeps its last message, too: 60 MB in all
	if grown := visit(visits) - before; grown > most {
		t.Errorf("%d rooms that were left take %d MB", visits, grown>>20)
	}
}
