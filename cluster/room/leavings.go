package room

import "time"

// A node that dies leaves thousands of leavings to be told, each to everyone. Told at once, 5,000
// of them would be 180 KB for each client, before all that is said next. In turns they are 18 KB a
// second, which a client on a slow line can read.
const (
	turn     = 500 * time.Millisecond // by the stream's clock
	turnMost = 250                    // leavings that are told in one turn, all together
)

// leavings are owed to this node's clients. All here follows from the last two turns of the stream,
// and from what is owed: so every node tells a leaving at the same place, also one that began to
// read a moment ago.
type leavings struct {
	owed []int64 // ids of those who have left
	turn int64   // the number of the last message's turn
	left int64   // the last turn in which somebody left
}

// due takes out what is to be told before a message of this time, the first in its turn.
func (l *leavings) due(now time.Time) []int64 {
	t := now.UnixNano() / int64(turn)
	if t == l.turn { // t may also be less than l.turn: a new leader's clock may be behind
		return nil
	}
	l.turn, l.left = t, min(l.left, t)
	n := min(len(l.owed), turnMost)
	due := l.owed[:n:n]
	l.owed = l.owed[n:]
	return due
}

// add notes a leaving. It reports whether that is told at once, because nobody has left in this
// turn or the one before. Otherwise it is owed, and shares a write with others.
func (l *leavings) add(id int64) (atOnce bool) {
	atOnce = l.left < l.turn-1
	if l.left = l.turn; !atOnce {
		l.owed = append(l.owed, id)
	}
	return atOnce
}

// tellLeavings tells this node's clients which leavings are due at this time of the stream.
func (r *Room) tellLeavings(now time.Time) {
	var texts []string
	for _, id := range r.leavings.due(now) {
		texts = append(texts, leaving(id))
	}
	if len(texts) > 0 {
		r.hear(texts...)
	}
}

// tellLeaving tells this node's clients that one has left, now or in one of the next turns.
func (r *Room) tellLeaving(id int64) {
	if r.leavings.add(id) {
		r.hear(leaving(id))
	}
}
