//go:build unix

package questions

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/chat/compare/conversation"
	"example.com/chat/compare/servers"
)

// silence is how long nothing must come before a test believes that nothing will.
const silence = 5 * time.Second

// fill lets client 2 talk while client 3 does not read, until client 4 behind it hears nothing more,
// or all is said. It tells how many bytes were said until client 3 had left, if it did.
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
}
