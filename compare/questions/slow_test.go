//go:build unix

package questions

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/chat/compare/conversation"
	"example.com/chat/compare/servers"
)

// silence is how long nothing must come before a test believes that nothing will.
const silence = 5 * time.Second

// fill lets client 2 talk while client 3 does not read, until client 4 behind it hears nothing
// more, or client 3 has left. It tells how many bytes were said until then; 0: it has not left.
func fill(t *testing.T, s *servers.Server) (before, behind *conversation.Client, cutOffAt int) {
	before = conversation.Join(t, s, "1")
	speaker := conversation.Join(t, s, "2")
	conversation.Join(t, s, "3")
	behind = conversation.Join(t, s, "4")
	said := 0
	for said < 16<<20 {
		text := fmt.Sprint(said, " ", strings.Repeat("w", 32<<10))
		speaker.Say(text)
		said += len(text)
		before.HearUntil("Client #2 says: " + text)
		speaker.HearUntil("Client #2 says: " + text)
		for {
			e, ok := behind.HearWithin(silence)
			if !ok {
				return before, behind, 0
			}
			if e.Text == "Client #3 has left the chat" {
				return before, behind, said
			}
			if e.Text == "Client #2 says: "+text {
				break
			}
		}
	}
	t.Fatal("16 MiB go to a client that does not read")
	return nil, nil, 0
}

func TestOneThatDoesNotReadIsCutOffInAFloodBefore4MiBAreSaid(t *testing.T) {
	t.Parallel()
	_, _, said := fill(t, start(t, servers.Go, nil))
	if said == 0 || said > 4<<20 {
		t.Errorf("cut off after %d bytes", said)
	}
	t.Logf("cut off after %d bytes", said)
}

func TestALockAloneMakesEveryoneDeafWhereOneDoesNotRead(t *testing.T) {
	t.Parallel()
	s := start(t, servers.FastAPI, nil,
		change{"fastapi/main.py", "from pathlib", "import asyncio\nfrom pathlib"},
		change{"fastapi/main.py", "list[WebSocket] = []",
			"list[WebSocket] = []\n        self.lock = asyncio.Lock()"},
		change{"fastapi/main.py", "        for connection in self.active_connections:\n" +
			"            await connection.send_text(message)",
			"        async with self.lock:\n" +
				"            for connection in self.active_connections:\n" +
				"                await connection.send_text(message)"})
	before, behind, _ := fill(t, s)
	behind.Say("is anybody there?") // without the lock, the one before hears this
	for name, c := range map[string]*conversation.Client{"before": before, "behind": behind} {
		for e, ok := c.HearWithin(silence); ok; e, ok = c.HearWithin(silence) {
			if e.Text != "You wrote: is anybody there?" {
				t.Errorf("one %s the stuck client hears %s", name, e)
			}
		}
	}
}

// 20 s after the last pong uvicorn pings again, and 20 s later it gives a client up.
func TestUvicornGivesAStuckClientUpAndThenWaitsForIt(t *testing.T) {
	t.Parallel()
	s := start(t, servers.FastAPI, []string{"--log-level", "trace"})
	before, behind, _ := fill(t, s)
	for _, c := range []*conversation.Client{before, behind} {
		go func() { // so that it answers pings
			for e, ok := c.HearWithin(conversation.Limit); ok && e.Kind != "closed"; {
				e, ok = c.HearWithin(conversation.Limit)
			}
		}()
	}
	gaveUp := regexp.MustCompile(`(\S+) - WebSocket keepalive ping timeout`)
	client, err := s.Line(gaveUp, time.Minute)
	if err != nil {
		t.Fatalf("nobody is given up: %v\n%s", err, s.Output())
	}
	lost := regexp.MustCompile(regexp.QuoteMeta(client[1]) + ` - WebSocket connection lost`)
	if _, err := s.Line(lost, 2*silence); err == nil {
		t.Error("who is given up is gone")
	}
	if all := gaveUp.FindAllString(s.Output(), -1); len(all) > 1 {
		t.Errorf("others are given up, too, which have said nothing more:\n%s", s.Output())
	}
}

// With short queues, so that broadcasts wait often, and more patience than a test takes.
func TestFixedPyNeedsItsLock(t *testing.T) {
	short := []change{{"fastapi/fixed.py", "QUEUE = 256", "QUEUE = 2"},
		{"fastapi/fixed.py", "PATIENCE = 0.1", "PATIENCE = 60"}}
	unlocked := change{"fastapi/fixed.py", "async with self.lock:", "if True:"}
	for name, changes := range map[string][]change{
		"with it": short, "without it": append(short, unlocked),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, last := orders(t, start(t, servers.Fixed, nil, changes...))
			if oneOrder := slices.Equal(first, last); oneOrder != (name == "with it") {
				t.Errorf("that the first and the last client hear one order is %t", oneOrder)
			}
		})
	}
}

// orders lets three of six clients talk while the next two read with pauses. It returns what the
// first and the last client hear.
func orders(t *testing.T, s *servers.Server) (first, last []string) {
	const speakers, clients, messages = 3, 6, 250
	var room []*conversation.Client
	for id := range clients {
		room = append(room, conversation.Join(t, s, fmt.Sprint(id)))
	}
	heard := make([][]string, clients)
	var all sync.WaitGroup
	for id, c := range room {
		if id < speakers {
			all.Go(func() {
				for i := range messages {
					c.Say(fmt.Sprint(i, " ", strings.Repeat("w", 30<<10)))
				}
			})
		}
		all.Go(func() {
			for len(heard[id]) < speakers*messages {
				e, ok := c.HearWithin(conversation.Limit)
				if !ok || e.Kind == "closed" {
					t.Errorf("client %d hears %d messages", id, len(heard[id]))
					return
				}
				if id == speakers || id == speakers+1 {
					time.Sleep(rand.N(5 * time.Millisecond))
				}
				if strings.Contains(e.Text, " says: ") {
					heard[id] = append(heard[id], e.Text)
				}
			}
		})
	}
	all.Wait()
	return heard[0], heard[clients-1]
}
