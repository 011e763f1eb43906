package wsconn

import (
	"bytes"
	"net"
	"net/http/httptest"
	"slices"
	"testing"

	"golang.org/x/net/websocket"
)

// waiting is a flusher for whom so many connections wait that are owed what everyone is. More workers than any machine has processors are
// busy, so that it starts none.
func waiting(n int) (f *flusher, conns []*Conn) {
	f = &flusher{working: 1 << 20}
	for range n {
		c := &Conn{flusher: f}
		c.Flush()
		conns = append(conns, c)
	}
	return f, conns
}

func TestAnAnswerGoesBeforeTheRestOfARound(t *testing.T) {
	f, others := waiting(1000)
	late, last := &Conn{flusher: f}, others[999] // who does not wait yet, and who does
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
	f, others := waiting(100)
	for range 100 {
		(&Conn{flusher: f}).Send("to one alone")
	}
	w := &worker{}
	f.take(w)
	if !slices.Equal(w.batch[share/2:], others[:share/2]) {
		t.Error("half of what is written next are not the others")
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
	c := newConn(server, nil, &flusher{}, httptest.NewRequest("GET", "/", nil), DefaultMaxMessage)
	c.busy.Store(true)
	return c
}

// A close that is sent in place of all that a client is owed must not take the place of its 101, too.
func TestOneWhoIsClosedWhenFarBehindStillReadsIts101(t *testing.T) {
	c := unwritten(t)
	const accepted = "HTTP/1.1 101 Switching Protocols\r\n\r\n"
	answer{c}.Write([]byte(accepted))
	var log Log
	c.Follow(&log)
	for c.behind() <= maxUnread {
		log.Append("what it will not read")
	}
	c.Close(GoingAway, "")
	want := appendFrame([]byte(accepted), websocket.CloseFrame, closePayload(GoingAway, ""))
	if got := c.gather(nil); !bytes.Equal(got, want) {
		t.Errorf("it reads %q first, want %q", got, want)
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
		if got := c.gather(nil); !bytes.Equal(got, want) {
			t.Errorf("with %d bytes in the log %d are written at once, want %d", size, len(got), len(want))
		}
	}
}
