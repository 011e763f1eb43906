//go:build linux

package load

import "time"

// Stall makes the last n clients stop reading; their connections stay open.
func (r *Room) Stall(n int) {
	for _, c := range r.clients[len(r.clients)-n:] {
		c.reading = false
		r.watch(c)
	}
}

// Pace makes the last client read no more than rate bytes a second. It needs
// a Talk with a Rate, whose ticks it uses.
func (r *Room) Pace(rate, ticks int) {
	c := r.clients[len(r.clients)-1]
	c.pace = rate / ticks
	r.watch(c)
}

// Left is when the leaving of the client was told, counted from since.
func (r *Room) Left(id int, since time.Time) (time.Duration, bool) {
	at, told := r.leftAt[id]
	return time.Duration(at) - since.Sub(r.began), told
}

// LeftCount is of how many clients the leaving was told.
func (r *Room) LeftCount() int { return len(r.leftAt) }

// Alive says whether the server has not cut off the client.
func (r *Room) Alive(id int) bool { return r.clients[id-1].alive }
