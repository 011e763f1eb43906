package tick

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/chat/internal/wstest"
	"example.com/chat/learn/exercises/internal/try"
)

const layout = "It is 15:04:05"

// isTick reports whether the text says what the time is now, with a few seconds' grace.
func isTick(text string) bool {
	says, err := time.ParseInLocation(layout, text, time.Local)
	now := time.Now()
	late := now.Sub(time.Date(now.Year(), now.Month(), now.Day(),
		says.Hour(), says.Minute(), says.Second(), 0, time.Local))
	const day = 24 * time.Hour // midnight may be near
	return err == nil && says.Format(layout) == text &&
		min(late.Abs(), (late+day).Abs()) < 5*time.Second
}

func TestEachClientIsSentTheTimeOnceASecondWhileItTalks(t *testing.T) {
	addr := try.Serve(t)
	begin := time.Now()
	talks, listens := wstest.Dial(t, addr, "/ws/1"), wstest.Dial(t, addr, "/ws/2")
	for i := range 35 { // 3.5 seconds: three ticks
		talks.Say(fmt.Sprint(i))
		time.Sleep(100 * time.Millisecond)
	}
	for _, c := range []*wstest.Client{talks, listens} {
		ticks, said, other := 0, 0, ""
		for text := ""; text != "Client #1 says: 34"; {
			switch text = c.Read().Payload; {
			case isTick(text):
				ticks++
			case strings.HasPrefix(text, "It is"):
				other = fmt.Sprintf(", and %q", text)
			case text == fmt.Sprint("Client #1 says: ", said):
				said++
			}
		}
		// One less, because a machine with much to do may be late.
		if seconds := int(time.Since(begin).Seconds()); ticks < 2 || ticks > seconds {
			t.Errorf("in %d seconds read the time %d times%s, want %d times",
				seconds, ticks, other, seconds)
		}
		if said != 35 {
			t.Errorf("read %d messages, want 35", said)
		}
	}
}

func TestTheWorkForAClientEndsWhenItLeaves(t *testing.T) {
	const leavers = 50
	addr, count := try.ServeCounted(t)
	stays := wstest.Dial(t, addr, "/ws/1")
	for i := range leavers {
		c := try.Join(t, addr, "/ws/2", "Client #2")
		if i%2 == 0 {
			c.SendClose(1000, "")
			c.ExpectClose()
			c.Close()
		} else {
			c.Reset()
		}
		try.Reads(t, stays, "Client #2 has left the chat")
	}
	time.Sleep(1500 * time.Millisecond) // the next tick is late enough to notice
	if got := count(); len(got) > 5 {
		t.Errorf("%d clients left, one is here, one goroutine or task is in %s: read %d, want 2",
			leavers, got[len(got)-1], len(got))
	} else if len(got) < 1 {
		t.Errorf("read no goroutine or task at all")
	}
}
