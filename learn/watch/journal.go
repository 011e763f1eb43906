package main

import (
	"fmt"
	"maps"
	"slices"
	"sync"
)

// keptEvents are kept of each program, and up to as many more.
const keptEvents = 20_000

// Journal keeps the last events of a program. Of what it drops, it keeps the sum.
type Journal struct {
	mu      sync.Mutex
	sum     sum
	events  []Event
	changed chan struct{} // closed at the next event
}

// sum is what dropped events come to: the last one of each place, and how often each line ran.
type sum struct {
	Dropped int           `json:"dropped"`
	Counts  map[int]int   `json:"counts"`
	Last    []Event       `json:"last"`
	places  map[string]at // the last event of each, and its number
}

type at struct {
	Event
	n int
}

func newJournal() *Journal {
	return &Journal{
		sum:     sum{Counts: map[int]int{}, places: map[string]at{}},
		changed: make(chan struct{}),
	}
}

// Add keeps an event. It never waits for a reader.
func (j *Journal) Add(e Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
	if len(j.events) == 2*keptEvents {
		for _, e := range j.events[:keptEvents] {
			j.sum.add(e)
		}
		j.events = slices.Clone(j.events[keptEvents:])
	}
	close(j.changed)
	j.changed = make(chan struct{})
}

func (s *sum) add(e Event) {
	s.Dropped++
	if e.counts() {
		s.Counts[e.Line()]++
	}
	s.places[place(e)] = at{e, s.Dropped}
}

// place is what an event says the newest of: where a handler is, who has a mutex, the list, …
func place(e Event) string {
	switch e.Kind {
	case "list", "hello", "gone", "fault", "asked", "armed":
		return e.Kind
	case "locked", "unlocked":
		return "mutex " + e.Name
	case "connected", "closed", "says", "hears", "stops":
		return fmt.Sprint(e.Kind, e.Client)
	case "raise", "set", "if":
		return fmt.Sprint(e.Kind, e.Line())
	}
	return fmt.Sprint("handler", e.Client, e.Part)
}

// From returns the events from number n on, and what is closed when there are more. If some of
// these are dropped, or nothing was read yet, it returns the sum of the dropped ones first.
func (j *Journal) From(n int) (first *sum, events []Event, changed <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if n == 0 || n < j.sum.Dropped {
		n = j.sum.Dropped
		last := slices.SortedFunc(maps.Values(j.sum.places), func(a, b at) int { return a.n - b.n })
		first = &sum{Dropped: n, Counts: maps.Clone(j.sum.Counts), Last: []Event{}}
		for _, l := range last {
			first.Last = append(first.Last, l.Event)
		}
	}
	return first, j.events[n-j.sum.Dropped:], j.changed // kept events never change
}
