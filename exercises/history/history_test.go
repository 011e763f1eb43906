package history

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/chat/exercises/internal/try"
	"example.com/chat/internal/wstest"
)

func TestWhoComesLateReadsTheLastTenMessages(t *testing.T) {
	addr := try.Serve(t)
	first := wstest.Dial(t, addr, "/ws/1")
	for i := range 3 {
		first.Say(fmt.Sprint(i))
		first.Expect(fmt.Sprint("You wrote: ", i), fmt.Sprint("Client #1 says: ", i))
	}
	second := wstest.Dial(t, addr, "/ws/2")
	second.Say("3")
	second.Expect("Client #1 says: 0", "Client #1 says: 1", "Client #1 says: 2", "You wrote: 3", "Client #2 says: 3")
	first.Expect("Client #2 says: 3")
	for i := 4; i < 15; i++ {
		first.Say(fmt.Sprint(i))
		try.Reads(t, first, fmt.Sprint("Client #1 says: ", i))
	}
	third := wstest.Dial(t, addr, "/ws/3")
	third.Say("new")
	for i := 5; i < 15; i++ {
		third.Expect(fmt.Sprint("Client #1 says: ", i))
	}
	third.Expect("You wrote: new", "Client #3 says: new")
}

func TestNothingIsMissedOrReadTwiceWhileOthersTalk(t *testing.T) {
	const talkers, late = 8, 150
	addr := try.Serve(t)
	listener := try.Join(t, addr, "/ws/100", "Client #100")
	var talking, coming sync.WaitGroup
	var everyoneIsHere atomic.Bool
	for id := range talkers {
		c := wstest.Dial(t, addr, fmt.Sprint("/ws/", id))
		talking.Go(func() {
			for i := 0; !everyoneIsHere.Load(); i++ {
				c.Say(fmt.Sprint(i))
				try.Reads(t, c, fmt.Sprintf("Client #%d says: %d", id, i)) // it goes on as fast as it is heard
			}
		})
	}
	var everything []string
	coming.Go(func() { everything = untilTheEnd(listener) })
	heard := make([][]string, late)
	for i := range late {
		c := wstest.Dial(t, addr, fmt.Sprint("/ws/", 200+i))
		coming.Go(func() { heard[i] = untilTheEnd(c) })
	}
	everyoneIsHere.Store(true)
	talking.Wait()
	listener.Say("the end")
	coming.Wait()
	everything = append([]string{"Client #100 says: hello"}, everything...)
	for i, h := range heard {
		if len(h) < min(10, len(everything)) && i > 0 || !slices.Equal(h, everything[max(0, len(everything)-len(h)):]) {
			t.Errorf("late client %d read %d messages, which are not the last of the %d", i, len(h), len(everything))
		}
	}
}

// untilTheEnd returns what c is told to the end, without its own echoes.
func untilTheEnd(c *wstest.Client) (texts []string) {
	for {
		text := c.Read().Payload
		if text != "You wrote: the end" {
			texts = append(texts, text)
		}
		if text == "Client #100 says: the end" {
			return texts
		}
	}
}
