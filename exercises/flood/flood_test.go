package flood

import (
	"fmt"
	"testing"
	"time"

	"example.com/chat/exercises/internal/try"
	"example.com/chat/internal/wstest"
)

func TestWhoFloodsIsClosed(t *testing.T) {
	addr := try.Serve(t)
	listener := try.Join(t, addr, "/ws/1", "Client #1")
	flooder := try.Join(t, addr, "/ws/2", "Client #2")
	listener.Expect("Client #2 says: hello")
	for i := range 100 {
		flooder.Say(fmt.Sprint(i))
	}
	for {
		f := flooder.Read()
		if f.First == wstest.Fin|wstest.Close {
			if f.Payload != "\x03\xf0too many messages" {
				t.Errorf("closed with %q, want 1008 and the reason", f.Payload)
			}
			break
		}
		if f.Payload == "Client #2 says: 99" {
			t.Fatal("the whole flood was passed on")
		}
	}
	heard := 0
	for listener.Read().Payload != "Client #2 has left the chat" {
		heard++
	}
	if heard > 20 {
		t.Errorf("%d messages of the flood were passed on, want 20 at most", heard)
	}
	listener.Say("peace")
	listener.Expect("You wrote: peace", "Client #1 says: peace")
}

func TestWhoTalksAndTalksIsNot(t *testing.T) {
	addr := try.Serve(t)
	talker := try.Join(t, addr, "/ws/1", "Client #1")
	pace := time.NewTicker(100 * time.Millisecond)
	defer pace.Stop()
	for i := range 30 {
		<-pace.C
		talker.Say(fmt.Sprint(i))
		talker.Expect(fmt.Sprint("You wrote: ", i), fmt.Sprint("Client #1 says: ", i))
	}
}

func TestTwentyAtOnceAreNoFlood(t *testing.T) {
	addr := try.Serve(t)
	talker := try.Join(t, addr, "/ws/1", "Client #1") // which says one word
	for i := range 19 {
		talker.Say(fmt.Sprint(i))
	}
	for i := range 19 {
		try.Reads(t, talker, fmt.Sprint("Client #1 says: ", i))
	}
}
