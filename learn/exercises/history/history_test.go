package history

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/chat/internal/wstest"
	"example.com/chat/learn/exercises/internal/try"
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
	second.Expect("Client #1 says: 0", "Client #1 says: 1", "Client #1 says: 2")
	second.Expect("You wrote: 3", "Client #2 says: 3")
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
	const talkers, comers, visits = 4, 8, 60
	const enough = 15 // messages of each visit: five are new
	addr := try.Serve(t)
	listener := try.Join(t, addr, "/ws/1000", "Client #1000")
	var talking, listening, coming sync.WaitGroup
	var everyoneWasHere atomic.Bool
	for id := range talkers {
		c := wstest.Dial(t, addr, fmt.Sprint("/ws/", id))
		talking.Go(func() {
			for i := 0; !everyoneWasHere.Load(); i++ {
				c.Say(fmt.Sprint(i))
				// It goes on as fast as it is heard.
				try.Reads(t, c, fmt.Sprintf("Client #%d says: %d", id, i))
			}
		})
	}
	position := map[string]int{"Client #1000 says: hello": 0}
	listening.Go(func() {
		for text := ""; text != "Client #1000 says: the end"; {
			if text = listener.Read().Payload; text != "You wrote: the end" {
				position[text] = len(position)
			}
		}
	})
	heard := make([][visits][enough]string, comers)
	for comer := range comers {
		coming.Go(func() {
			for visit := range visits {
				c := wstest.Dial(t, addr, fmt.Sprint("/ws/", 2000+comer*visits+visit))
				for i := range enough {
					heard[comer][visit][i] = c.Read().Payload
				}
				c.Close()
			}
		})
	}
	coming.Wait()
	everyoneWasHere.Store(true)
	talking.Wait()
	listener.Say("the end")
	listening.Wait()
	for _, visit := range heard {
		for _, texts := range visit {
			for i, text := range texts {
				at, ok := position[text]
				if !ok {
					t.Fatalf("read %q, want what the others read, too", text)
				}
				if after := at - position[texts[0]]; after != i {
					t.Fatalf("after %q: read %q as message %d, but the others read it %d places "+
						"later (less than 0: earlier)",
						texts[0], text, i, after-i)
				}
			}
		}
	}
}
