package wsconn

import (
	"bytes"
	"net"
	"net/http/httptest"
	"slices"
	"testing"

	"golang.org/x/net/websocket"
)

// waiting is a flusher with so many connections in each queue, and with more workers than any machine has processors, all busy: it starts none.
func waiting(soon, ready int) (f *flusher, answers, others []*Conn) {
	f = &flusher{working: 1 << 20}
	for range ready {
		c := &Conn{}
		f.add(c, false)
		others = append(others, c)
	}
	for range soon {
		c := &Conn{}
		f.add(c, true)
		answers = append(answers, c)
	}
	return f, answers, others
}

func TestAnAnswerGoesBeforeTheRestOfARound(t *testing.T) {
	f, answers, others := waiting(1, 100)
	w := &worker{}
	f.take(w)
	if want := append(answers, others[:share-1]...); !slices.Equal(w.batch, want) {
		t.Error("the answer is not the first of what is written next")
	}
}

func TestAnswersDoNotKeepTheOthersFromBeingTold(t *testing.T) {
	f, answers, others := waiting(100, 100)
	w := &worker{}
	f.take(w)
	if want := append(answers[:share/2:share/2], others[:share/2]...); !slices.Equal(w.batch, want) {
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

// An answer and what everyone is told cost one write, unless there is much to copy for that.
func TestAnAnswerAndALittleOfTheLogShareAWrite(t *testing.T) {
	for size, together := range map[int]bool{100: true, copySize: false} {
		server, client := net.Pipe()
		defer server.Close()
		defer client.Close()
		c := newConn(server, nil, &flusher{}, httptest.NewRequest("GET", "/", nil), DefaultMaxMessage)
		c.busy.Store(true) // the writer is this test
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
