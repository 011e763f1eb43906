package room

import "time"

// A node that dies leaves thousands of leavings to be told, each to everyone. Told at once they
// would keep the room silent for a minute, and drop whoever reads slower than that. Told one by one
// they would cost each client a write for each.
const (
	turn     = 500 * time.Millisecond // by the stream's clock
	turnMost = 250                    // leavings that are told in one turn, all together
)

// leavings are owed to this node's clients, in the stream's order. The stream's clock says when how
// many are told, so that every node tells them at the same place in the stream.
type leavings struct {
	owed []int64 // ids of those who have left
	turn int64   // the number of the last turn in which some were told
}

func (l *leavings) add(id int64) { l.owed = append(l.owed, id) }

// due takes out what is to be told now, once in each turn.
func (l *leavings) due(now time.Time) []int64 {
	t := now.UnixNano() / int64(turn)
	n := min(len(l.owed), turnMost)
	if t == l.turn || n == 0 { // otherwise t may be less: a new leader's clock is behind
		return nil
	}
	due := l.owed[:n:n]
	l.owed, l.turn = l.owed[n:], t
	return due
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
