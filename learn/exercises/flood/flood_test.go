package flood

import (
	"fmt"
	"testing"
	"time"

	"example.com/chat/internal/wstest"
	"example.com/chat/learn/exercises/internal/try"
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
	isCutOff(t, flooder)
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
	isCutOff(t, flooder)
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

func isCutOff(t *testing.T, c *wstest.Client) {
	t.Helper()
	want := wstest.Frame{First: wstest.Fin | wstest.Close, Payload: "\x03\xf0too many messages"}
	if got := c.Read(); got != want {
		t.Fatalf("read %s, want %s", got, want)
	}
}
