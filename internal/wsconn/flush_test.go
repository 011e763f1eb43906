package wsconn

import (
	"bytes"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/websocket"
)

// waiting is a Handler for whose flusher so many connections wait that are owed what everyone is. As many workers are busy as there may be,
// so that it starts none.
func waiting(n int) (h *Handler, conns []*Conn) {
	h = &Handler{}
	h.flusher.working = h.flusher.limit()
	for range n {
		c := &Conn{handler: h}
		c.Flush()
		conns = append(conns, c)
	}
	return h, conns
}

func TestAnAnswerGoesBeforeTheRestOfARound(t *testing.T) {
	h, others := waiting(1000)
	f := &h.flusher
	late, last := &Conn{handler: h}, others[999] // who does not wait yet, and who does
	late.Send("to one alone")
	last.Send("to one alone")
	last.Send("another")
	w := &worker{}
	f.take(w)
	if want := append([]*Conn{late, last}, others[:share-2]...); !slices.Equal(w.batch, want) {
		t.Error("the answers are not the first of what is written next")
	}
	taken := map[*Conn]bool{}
	for {
		for _, c := range w.batch {
			if taken[c] {
				t.Fatal("one is written to twice")
			}
			taken[c] = true
		}
		if !f.take(w) {
			break
		}
	}
	if len(taken) != 1001 {
		t.Errorf("%d of 1001 were written to", len(taken))
	}
}

func TestAnswersDoNotKeepTheOthersFromBeingTold(t *testing.T) {
	h, others := waiting(100)
	for range 100 {
		(&Conn{handler: h}).Send("to one alone")
	}
	w := &worker{}
	h.flusher.take(w)
	if !slices.Equal(w.batch[share/2:], others[:share/2]) {
		t.Error("half of what is written next are not the others")
	}
}

func TestForAMomentAfterALullAllProcessorsWriteToAFew(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	for _, row := range []struct {
		calm  time.Duration // is left
		conns int
		want  int
	}{
		{time.Hour, few, 8},
		{time.Hour, 2*few + 1, 4},
		{-time.Nanosecond, few, 4},
	} {
		h, _ := waiting(row.conns)
		f := &h.flusher
		f.calm = time.Now().Add(row.calm)
		f.working = 8 // of whom those must stop that are too many
		for range f.working {
			f.take(&worker{})
		}
		if f.working != row.want {
			t.Errorf("%+v: %d workers go on", row, f.working)
		}
	}
}

func TestThereIsALullWhenNothingWasToBeWrittenForLong(t *testing.T) {
	for rested, want := range map[time.Duration]bool{-2 * lull: true, time.Hour: false} { // the hour is for a slow machine
		c := unwritten(t)
		c.silent = true // it is owed nothing
		f := &c.handler.flusher
		f.rested = time.Now().Add(rested)
		f.add(c, false)
		if got := !f.calm.IsZero(); got != want {
			t.Errorf("workers rested since %v: a lull is %v", rested, got)
		}
	}
}

func TestEveryoneWhoWaitsIsTakenOnceAndInOrder(t *testing.T) {
	var q queue
	var in, out []*Conn
	for round := range 200 {
		for range round % 37 {
			c := &Conn{}
			q.add(c)
			in = append(in, c)
		}
		out = append(out, q.take(nil, share)...)
		if len(q.conns) > 2*q.len()+share {
			t.Fatalf("%d places are kept for %d who wait", len(q.conns), q.len())
		}
	}
	for q.len() > 0 {
		out = append(out, q.take(nil, share)...)
	}
	if !slices.Equal(in, out) {
		t.Errorf("%d were taken of %d, or in another order", len(out), len(in))
	}
}

// unwritten is a connection whose writer is the test.
func unwritten(t *testing.T) *Conn {
	server, client := net.Pipe()
	t.Cleanup(func() { server.Close(); client.Close() })
	c := newConn(&Handler{maxMessage: DefaultMaxMessage}, server, nil)
	c.busy.Store(true)
	return c
}

// A close that is sent in place of all that a client is owed must not take the place of its 101, too.
func TestOneWhoIsClosedWhenFarBehindStillReadsIts101(t *testing.T) {
	for name, closes := range map[string]func(c *Conn){
		"closed":  func(c *Conn) { c.Close(GoingAway, "") },
		"cut off": func(c *Conn) { c.mu.Lock(); c.cutOff(); c.mu.Unlock() },
	} {
		c := unwritten(t)
		const accepted = "HTTP/1.1 101 Switching Protocols\r\n\r\n"
		answer{c}.Write([]byte(accepted))
		var log Log
		c.Follow(&log)
		c.Send("nor this")
		for c.behind() <= maxUnread {
			log.Append("what it will not read")
		}
		closes(c)
		closed := c.err.(CloseError)
		want := appendFrame([]byte(accepted), websocket.CloseFrame, closePayload(closed.Code, closed.Reason))
		if got, _ := c.gather(nil); !bytes.Equal(got, want) {
			t.Errorf("%s: it reads %q first, want %q", name, got, want)
		}
	}
}

// An answer and what everyone is told cost one write, unless there is much to copy for that.
func TestAnAnswerAndALittleOfTheLogShareAWrite(t *testing.T) {
	for size, together := range map[int]bool{100: true, copySize: false} {
		c := unwritten(t)
		var log Log
		c.Follow(&log)
		text := string(bytes.Repeat([]byte("x"), size))
		c.Send("mine")
		log.Append(text)
		want := appendFrame(nil, websocket.TextFrame, "mine")
		if together {
			want = appendFrame(want, websocket.TextFrame, text)
		}
		if got, _ := c.gather(nil); !bytes.Equal(got, want) {
			t.Errorf("with %d bytes in the log %d are written at once, want %d", size, len(got), len(want))
		}
	}
}
