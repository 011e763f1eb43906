package who

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"example.com/chat/internal/wstest"
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

// The race detector sees whether the list is read without its lock.
func TestManyMayAskWhileOthersComeAndGo(t *testing.T) {
	const comers, visits = 10, 10
	addr := try.Serve(t)
	var all sync.WaitGroup
	for id := range comers {
		all.Go(func() {
			for range visits {
				c := wstest.Dial(t, addr, fmt.Sprint("/ws/", id))
				c.Say("/who")
				text := c.Read().Payload
				for strings.HasSuffix(text, " has left the chat") {
					text = c.Read().Payload
				}
				ids, ok := strings.CutPrefix(text, "Here are: ")
				if !ok || !strings.Contains(", "+ids+", ", fmt.Sprintf(", %d, ", id)) {
					t.Errorf("read %q, want a list with %d in it", text, id)
				}
				c.SendClose(1000, "")
				c.ExpectClose()
			}
		})
	}
	all.Wait()
}
