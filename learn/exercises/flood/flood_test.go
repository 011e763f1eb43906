package flood

import (
	"fmt"
	"testing"
	"time"

	"example.com/chat/learn/exercises/internal/try"
	"example.com/chat/internal/wstest"
)

func TestAfterTwentyAFloodIsCutOffAndNothingMoreOfItIsToldToAnyone(t *testing.T) {
	addr := try.Serve(t)
	listener := try.Join(t, addr, "/ws/1", "Client #1")
	flooder := wstest.Dial(t, addr, "/ws/2")
	say(flooder, 100)
	for i := range 20 {
		flooder.Expect(fmt.Sprint("You wrote: ", i), fmt.Sprint("Client #2 says: ", i))
		listener.Expect(fmt.Sprint("Client #2 says: ", i))
	}
	f := flooder.Read()
	if f.First != wstest.Fin|wstest.Close || f.Payload != "\x03\xf0too many messages" {
		t.Errorf("after 20 messages the flooder read %q, want a close with 1008 and the reason", f.Payload)
	}
	listener.Expect("Client #2 has left the chat")
	listener.Say("peace")
	listener.Expect("You wrote: peace", "Client #1 says: peace")
}

func TestTwentyAtOnceAreNoFlood(t *testing.T) {
	addr := try.Serve(t)
	talker := wstest.Dial(t, addr, "/ws/1")
	for range 3 { // a second apart
		say(talker, 20)
		hear(t, talker, 20)
		time.Sleep(time.Second)
	}
	say(talker, 1)
	hear(t, talker, 1)
}

// Not the seconds of the clock, nor those since the first message.
func TestAnySecondCounts(t *testing.T) {
	addr := try.Serve(t)
	flooder := wstest.Dial(t, addr, "/ws/1")
	say(flooder, 1)
	hear(t, flooder, 1)
	time.Sleep(800 * time.Millisecond)
	say(flooder, 19)
	hear(t, flooder, 19)
	time.Sleep(300 * time.Millisecond)
	say(flooder, 2) // with the 19, 21 in the last 300 ms
	flooder.Expect("You wrote: 0", "Client #1 says: 0")
	if got := flooder.Read(); got.Payload != "\x03\xf0too many messages" {
		t.Errorf("the 21st message in a second was answered %q, want a close with 1008 and the reason", got.Payload)
	}
}

func say(c *wstest.Client, n int) {
	for i := range n {
		c.Say(fmt.Sprint(i))
	}
}

func hear(t *testing.T, c *wstest.Client, n int) {
	t.Helper()
	for i := range n {
		try.Reads(t, c, fmt.Sprint("Client #1 says: ", i))
	}
}
