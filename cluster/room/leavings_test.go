package room

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// When a newcomer begins to read the stream, it does not know what is owed, or what was told last.
func TestANewcomerTellsLeavingsWhereAllOthersDo(t *testing.T) {
	const between = 25 * time.Millisecond // of the stream's messages
	take := func(l *leavings, now time.Time, left []int64) []int64 {
		told := l.due(now)
		for _, id := range left {
			l.add(id)
		}
		return append(told, l.due(now)...)
	}
	for _, perSecond := range []float64{0.1, 1, 2, 4, 80, 400} {
		for seed := range uint64(20) {
			random := rand.New(rand.NewPCG(seed, 0))
			old := leavings{owed: make([]int64, 2*turnMost)} // a node has died
			var newcomer leavings
			next, begin := 0.0, time.Unix(1_700_000_000, random.Int64N(int64(turn)))
			for at := time.Duration(0); at < lookBack+10*time.Second; {
				at += time.Duration(random.Int64N(int64(2 * between)))
				var left []int64
				for ; next < at.Seconds(); next += random.ExpFloat64() / perSecond {
					left = append(left, random.Int64())
				}
				others, own := take(&old, begin.Add(at), left), take(&newcomer, begin.Add(at), left)
				if at > lookBack && !slices.Equal(others, own) {
					t.Fatalf("%v leave each second: others tell %v, and the newcomer %v",
						perSecond, others, own)
				}
			}
		}
	}
}
