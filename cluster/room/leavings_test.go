package room

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// When a newcomer begins to read the stream, it does not know what is owed, or who left last.
func TestANewcomerTellsLeavingsWhereAllOthersDo(t *testing.T) {
	// These are times between leavings: regular ones near a turn, and random ones, up to the most
	// that can be told.
	for _, regular := range []time.Duration{turn / 2, turn, turn + time.Millisecond,
		turn * 101 / 100, 2 * turn} {
		tellsWhereOthersDo(t, func(*rand.Rand) time.Duration { return regular })
	}
	for _, mean := range []time.Duration{20 * turn, 2 * turn, turn, turn / 2, turn / 40,
		turn / 200} {
		tellsWhereOthersDo(t, func(random *rand.Rand) time.Duration {
			return time.Duration(random.ExpFloat64() * float64(mean))
		})
	}
}

func tellsWhereOthersDo(t *testing.T, between func(*rand.Rand) time.Duration) {
	t.Helper()
	const messages = 50 * time.Millisecond // between two of the stream, at most
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		old := leavings{owed: make([]int64, 2*turnMost)} // a node has died
		var newcomer leavings
		begin := time.Unix(1_700_000_000, random.Int64N(int64(turn)))
		next := begin
		for now := begin; now.Before(begin.Add(lookBack + 10*time.Second)); {
			now = now.Add(time.Duration(random.Int64N(int64(messages))))
			others, own := old.due(now), newcomer.due(now)
			for ; next.Before(now); next = next.Add(between(random)) {
				id := random.Int64()
				if old.add(id) {
					others = append(others, id)
				}
				if newcomer.add(id) {
					own = append(own, id)
				}
			}
			if now.After(begin.Add(lookBack)) && !slices.Equal(others, own) {
				t.Fatalf("others tell %v, and the newcomer %v", others, own)
			}
		}
	}
}

func TestANewcomerAfterAClockThatWasAheadTellsLeavingsWhereAllOthersDo(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	var old, newcomer leavings
	old.due(now.Add(time.Hour))
	old.add(0)
	for range 3 { // a new leader's clock is an hour behind
		now = now.Add(turn)
		old.due(now)
		newcomer.due(now)
	}
	if others, own := old.add(1), newcomer.add(1); !others || !own {
		t.Errorf("told at once by the others: %v, by the newcomer: %v, want both", others, own)
	}
}
