package room

import "time"

// A node that dies leaves thousands of leavings to be told, each to everyone. Told at once they
// would keep the room silent for a minute, and drop whoever reads slower than that.
const (
	turn     = 500 * time.Millisecond // by the stream's clock
	turnMost = 250                    // leavings that are told in one turn
)

// leavings are owed to this node's clients, in the stream's order. The stream's clock says when how
// many are told, so that every node tells them at the same place in the stream.
type leavings struct {
	owed []int64 // ids of those who have left
	turn int64   // the number of the last turn in which some were told
	told int     // in that turn
}

func (l *leavings) add(id int64) { l.owed = append(l.owed, id) }

// due takes out what is to be told now.
func (l *leavings) due(now time.Time) []int64 {
	if t := now.UnixNano() / int64(turn); t != l.turn { // also when a new leader's clock is behind
		l.turn, l.told = t, 0
	}
	n := min(len(l.owed), turnMost-l.told)
	due := l.owed[:n:n]
	l.owed, l.told = l.owed[n:], l.told+n
	return due
}

// tellLeavings tells this node's clients which leavings are due at this time of the stream.
func (r *Room) tellLeavings(now time.Time) {
	for _, id := range r.leavings.due(now) {
		r.hear(leaving(id))
	}
}
