package main

import (
	"fmt"
	"testing"
	"time"
)

// TestAFloodOfEventsNeitherStopsAProgramNorGrowsWithoutBound lets a client speak until there are
// 100,000 events, while a page reads nothing.
func TestAFloodOfEventsNeitherStopsAProgramNorGrowsWithoutBound(t *testing.T) {
	for _, name := range []string{"main", "go"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const events = 100_000
			r := startRoom(t, name)
			s := &stage{side: r.sides[0]}
			ctx := soon(t)
			s.come(ctx, 1, 2, 3)
			c := s.client(1)
			for n := 0; total(s.journal) < events; n++ {
				words := fmt.Sprint("message ", n)
				c.do(func() { c.says(words); c.flood() })
				if err := c.hears(ctx, fmt.Sprint("says: ", floodOf, " of ", floodOf)); err != nil {
					t.Fatalf("after %d events: %v", total(s.journal), err)
				}
			}
			s.settle(ctx)
			sum, kept, _ := s.journal.From(0)
			if len(kept) >= 2*keptEvents || sum.Dropped+len(kept) < events {
				t.Errorf("%d events are kept, and %d were dropped", len(kept), sum.Dropped)
			}
			places := len(sum.Last)
			if places > 100 {
				t.Errorf("the sum of the dropped ones has %d places", places)
			}
			counted := sum.Counts[s.lineOf(s.Send)]
			for _, e := range kept {
				if e.counts() && e.Line() == s.lineOf(s.Send) {
					counted++
				}
			}
			if counted%3 != 0 || counted < 3*floodOf {
				t.Errorf("the line that sends ran %d times: not for three clients", counted)
			}
			listener := s.client(3)
			for len(listener.heard) > 0 { // it is full, and what comes then is dropped
				<-listener.heard
			}
			s.act(2, "hello")
			if err := listener.hears(ctx, "Client #2 says: hello"); err != nil {
				t.Error(err)
			}
			s.settle(ctx)
			agrees(t, s.side)
		})
	}
}

func total(j *Journal) int {
	sum, kept, _ := j.From(0)
	return sum.Dropped + len(kept)
}

func TestAPageThatComesLateIsToldWhatTheDroppedEventsComeTo(t *testing.T) {
	j := newJournal()
	j.Add(Event{Kind: "list", List: []int{1, 2}})
	j.Add(Event{Kind: "line", Client: 2, Lines: []int{34}})
	_, _, changed := j.From(2)
	for range 2 * keptEvents {
		j.Add(Event{Kind: "line", Client: 1, Lines: []int{50}})
	}
	select {
	case <-changed:
	case <-time.After(patience):
		t.Fatal("a reader that waits is not told")
	}
	sum, events, _ := j.From(2)
	if sum == nil || sum.Dropped+len(events) != 2*keptEvents+2 || sum.Counts[34] != 1 ||
		sum.Counts[50]+len(events) != 2*keptEvents {
		t.Fatalf("%+v and %d events", sum, len(events))
	}
	got := fmt.Sprint(sum.Last[0].List, sum.Last[1].Lines, sum.Last[2].Lines)
	if got != "[1 2] [34] [50]" {
		t.Errorf("the last of each place: %s", got)
	}
	if again, rest, _ := j.From(sum.Dropped + len(events)); again != nil || len(rest) != 0 {
		t.Errorf("a reader that has all is told %v and %d events", again, len(rest))
	}
}
