//go:build linux

package load

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Talk is what clients 1 to Senders do, and for how long.
type Talk struct {
	Senders int
	// Window is how many own broadcasts a sender may wait for; 0 is no limit:
	// it writes whenever its socket takes something.
	Window int
	// Rate is messages per second of all senders together; 0 is as fast as
	// Window allows.
	Rate     int
	Size     int // bytes of a message
	Warmup   time.Duration
	Duration time.Duration
	Drain    time.Duration // limit for what is under way at the end to arrive
	// Done, when it is not nil, ends the talk early.
	Done func() bool
}

// Result is what a Talk came to.
type Result struct {
	Deliveries int64 // in Elapsed
	Elapsed    time.Duration
	Usage      Usage           // in Elapsed
	Waits      []time.Duration // from sending to reading, sorted, with a Rate only
	Sent       int             // messages, the warm-up's and the drain's too
	Dropped    int             // clients that were cut off
	Closes     map[int]int     // how many of them by which code; 0 is none
	Lost       int64           // deliveries to connected clients that were left out
	Late       int64           // deliveries to connected clients that had not come after the Drain
	// Silence is the longest that a client that reads heard nothing while
	// somebody talked.
	Silence time.Duration
	// Wait is the longest that a delivery took, those that never came
	// included; with a Rate only.
	Wait time.Duration
}

// Run lets the clients talk and checks what they read. An error means that
// the server did something that it must not do.
func (r *Room) Run(talk Talk) (Result, error) {
	if err := r.start(talk); err != nil {
		return Result{}, err
	}
	err := r.talk(talk, talk.Warmup)
	if err != nil {
		return Result{}, err
	}
	r.silence, r.delivered, r.waits = 0, 0, r.waits[:0]
	for _, c := range r.clients {
		c.heardAt = r.now
	}
	began, before := time.Now(), r.usage()
	if err := r.talk(talk, talk.Duration); err != nil {
		return Result{}, err
	}
	result := Result{Deliveries: r.delivered, Elapsed: time.Since(began),
		Usage: r.usage().minus(before)}
	for _, c := range r.clients {
		if c.counts() {
			r.silence = max(r.silence, r.now-c.heardAt)
		}
	}
	result.Silence = time.Duration(r.silence)
	return r.finish(talk, result)
}

func (r *Room) usage() Usage {
	if r.options.Meter == nil {
		return Usage{}
	}
	return r.options.Meter()
}

// start makes the senders' frames ready and lets them begin.
func (r *Room) start(talk Talk) error {
	r.senders, r.window = r.clients[:talk.Senders], talk.Window
	r.recording = talk.Rate > 0
	r.now = int64(time.Since(r.began))
	for _, c := range r.senders {
		c.frame = clientTemplate(talk.Size)
		c.wrote = serverTemplate(wrotePrefix, talk.Size)
		c.says = serverTemplate(saysPrefix(c.id), talk.Size)
	}
	if talk.Rate > 0 {
		return r.every(time.Second / time.Duration(talk.Rate))
	}
	r.flooding = true
	for _, c := range r.senders {
		r.pump(c)
		r.flush(c)
	}
	return nil
}

// every sets the timer; 0 stops it.
func (r *Room) every(d time.Duration) error {
	r.ticks = 0
	each := unix.NsecToTimespec(int64(d))
	return unix.TimerfdSettime(r.timer, 0, &unix.ItimerSpec{Interval: each, Value: each}, nil)
}

// tick takes what the timer has counted; a client with a pace reads then.
func (r *Room) tick() error {
	var count [8]byte
	n, err := unix.Read(r.timer, count[:])
	if err == unix.EAGAIN || n < len(count) {
		return nil
	}
	ticks := int(binary.NativeEndian.Uint64(count[:]))
	r.ticks += ticks
	c := r.clients[len(r.clients)-1]
	if c.pace > 0 && c.alive {
		_, err := r.read(c, min(ticks*c.pace, readSize))
		return err
	}
	return nil
}

func (r *Room) talk(talk Talk, d time.Duration) error {
	if d == 0 {
		return nil
	}
	err := r.until(d, func() bool {
		for ; r.ticks > 0 && talk.Rate > 0; r.ticks-- {
			r.sayNext()
		}
		return talk.Done != nil && talk.Done()
	})
	if err == errLimit {
		return nil
	}
	return err
}

// sayNext sends one message of the sender that has sent the least.
func (r *Room) sayNext() {
	c := slices.MinFunc(r.senders, func(a, b *client) int { return a.outgoing - b.outgoing })
	r.now = int64(time.Since(r.began))
	r.say(c)
	r.flush(c)
}

// pump gives the client as many messages to send as its window has room for.
func (r *Room) pump(c *client) {
	if !r.flooding || c.id > len(r.senders) {
		return
	}
	n := r.window - (c.outgoing - c.heard)
	if r.window == 0 {
		n = (writeSize - len(c.out)) / len(c.frame.frame)
	}
	for range n {
		r.say(c)
	}
}

// writeSize is how many bytes a sender without a window hands over at a time.
const writeSize = 64 << 10

// say makes one more message of the client wait in out.
func (r *Room) say(c *client) {
	c.outgoing++
	c.out = append(c.out, c.frame.number(c.outgoing)...)
	c.sentAt = append(c.sentAt, r.now)
}

// finish waits for what is under way, and counts what does not come.
func (r *Room) finish(talk Talk, result Result) (Result, error) {
	r.flooding = false
	if err := r.every(0); err != nil {
		return result, err
	}
	for _, c := range r.senders {
		r.watch(c)
	}
	if err := r.until(max(talk.Drain, time.Millisecond), r.complete); err != nil &&
		err != errLimit {
		return result, err
	}
	result.Lost = r.lost
	for _, c := range r.clients {
		if c.counts() {
			result.Late += r.missing(c)
		}
	}
	for _, c := range r.senders {
		result.Sent += c.outgoing
	}
	result.Closes = make(map[int]int)
	for _, c := range r.clients {
		if !c.alive {
			result.Dropped++
			result.Closes[c.closeCode]++
		}
	}
	result.Waits = r.sortedWaits()
	if n := len(result.Waits); n > 0 {
		result.Wait = result.Waits[n-1]
	}
	result.Wait = max(result.Wait, r.oldestMissing())
	return result, r.wronglyLeft()
}

func (r *Room) sortedWaits() []time.Duration {
	waits := make([]time.Duration, len(r.waits))
	for i, w := range r.waits {
		waits[i] = time.Duration(w)
	}
	slices.Sort(waits)
	return waits
}

// complete says whether every client that reads has read all that was sent.
func (r *Room) complete() bool {
	for _, c := range r.clients {
		if c.counts() && r.missing(c) > 0 {
			return false
		}
	}
	return true
}

// missing is how many messages the client has still to read.
func (r *Room) missing(c *client) int64 {
	var n int64
	for i, sender := range r.senders {
		sent := sender.outgoing
		if !sender.alive {
			sent = sender.accepted // what it sent before it was cut off may be lost with it
		}
		n += int64(sent)
		switch {
		case !r.options.PerSender:
			n -= int64(sender.accepted)
		case i < len(c.seen):
			n -= int64(c.seen[i])
		}
	}
	if !r.options.PerSender {
		n += int64(r.history.messages() - c.next)
	}
	return n
}

// oldestMissing is how long the longest wait for a message of a sender alone
// in its room has lasted that is not over yet.
func (r *Room) oldestMissing() time.Duration {
	oldest := r.now
	for _, c := range r.senders {
		if r.recording && c.alive && c.accepted < c.outgoing {
			oldest = min(oldest, c.sentAt[c.accepted])
		}
	}
	for _, c := range r.clients {
		if r.recording && c.counts() && c.next < r.history.messages() {
			if sent := r.history.sent[c.next-r.history.first]; sent > 0 {
				oldest = min(oldest, sent)
			}
		}
	}
	return time.Duration(r.now - oldest)
}

// wronglyLeft says whether a leaving was told of a client that is still there.
func (r *Room) wronglyLeft() error {
	for id := range r.leftAt {
		if id <= len(r.clients) && r.clients[id-1].counts() {
			return errors.New("a leaving was told of a client that is connected")
		}
	}
	return nil
}
