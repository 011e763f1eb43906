package rooms

import (
	"fmt"
	"testing"

	"example.com/chat/internal/wstest"
	"example.com/chat/learn/exercises/internal/try"
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

func TestThePageEntersTheRoomInItsAddress(t *testing.T) {
	addr := try.Serve(t)
	red := try.Join(t, addr, "/ws/red/1", "Client #1")
	lobby := try.Join(t, addr, "/ws/lobby/2", "Client #2")
	inRed := try.Open(t, addr, "/?room=red")
	red.Say("in red")
	inRed.Shows("other", "Client #1 says: in red")
	inRed.Tries("Go away without waiting", "has left the chat")
	inLobby := try.Open(t, addr, "/")
	lobby.Say("in the lobby")
	inLobby.Shows("other", "Client #2 says: in the lobby")
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
	wstest.Dial(t, addr, "/ws/short/1").Close() // without rooms it fails here, with a short message
	// bytes of a room's name, which is kept as long as the room is
	const size = 4_000
	visit := func(rooms int) int64 {
		for i := range rooms {
			c := wstest.Dial(t, addr, fmt.Sprintf("/ws/%0*d/1", size, i))
			c.SendClose(1000, "")
			c.ExpectClose()
			c.Close()
		}
		return memory()
	}
	before := visit(500)
	const visits = 4000
	if grown := visit(visits) - before; grown > visits*size/2 {
		t.Errorf("%d rooms that were left take %d MB", visits, grown>>20)
	}
}
