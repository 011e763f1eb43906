package room

import (
	"testing"
	"time"
)

// judge is a node that reads beats of a stream whose clock is the test's.
type judge struct {
	*Manager
	start   time.Time
	numbers map[string]uint64
}

func newJudge() *judge {
	m := &Manager{node: "judge", presence: presence{nodes: map[string]*node{}}}
	m.out = newPublisher(nil, nil, m.node, Options{AwayLimit: time.Hour})
	return &judge{m, time.Now(), map[string]uint64{}}
}

// reads has the stream hold the beats of nodes from one second of its clock to another.
func (j *judge) reads(from, to float64, nodes ...string) {
	for at := from; at < to; at += beatEvery.Seconds() {
		for _, name := range nodes {
			j.numbers[name]++
			b := batch{Node: name, Number: j.numbers[name], Entries: []entry{{Kind: present}}}
			j.take(&b, j.start.Add(time.Duration(at*float64(time.Second))))
		}
	}
}

// buried reports whether the judge has told that a node is gone.
func (j *judge) buried(name string) bool {
	for _, i := range j.out.queue {
		if i.entry.Kind == gone && i.entry.Dead == name {
			return true
		}
	}
	return false
}

func TestANodeThatDiesIsBuriedWithinFifteenSeconds(t *testing.T) {
	for name, still := range map[string]float64{"while the stream goes on": 0, "with the stream's leader, until another is chosen": 9} {
		j := newJudge()
		j.reads(0, 5, "judge", "other")
		j.reads(5+still, 18.5, "judge")
		if j.buried("other") {
			t.Errorf("%s: buried after 13.5 s, when it may come back from 10 s away", name)
		}
		j.reads(18.5, 20, "judge")
		if !j.buried("other") {
			t.Errorf("%s: not buried after 15 s", name)
		}
	}
}

func TestANodeIsNotBuriedForASilenceInWhichTheStreamStoodStill(t *testing.T) {
	j := newJudge()
	j.reads(0, 5, "judge", "other")
	j.reads(5, 15, "judge") // the other stands still; when it goes on, the stream's keepers choose a new leader
	j.reads(21, 23, "judge")
	if j.buried("other") {
		t.Error("buried before it had a moment to come back")
	}
	j.reads(23, 30, "other", "judge")
	if j.buried("other") {
		t.Error("buried though it came back")
	}
}
