package wsconn_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
	"golang.org/x/net/websocket"
)

const lateMessages = 24 // of 32,000 bytes: a client that reads none of them is far behind

// makeLate has first say so much that anybody else in its room is far behind, and not cut off.
func makeLate(first *wstest.Client) {
	for i := range lateMessages {
		text := fmt.Sprintf("%032000d", i)
		first.Say(text)
		first.Expect("You wrote: "+text, "Client #1 says: "+text)
	}
}

func TestAClientThatIsCutOffReadsWhyAlsoAfterSomeSeconds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		first, second := two(t)
		makeLate(first)
		left := make(chan bool)
		go func() {
			for {
				f, err := first.Next()
				if f.Payload == leaving {
					close(left)
				}
				if err != nil {
					return
				}
			}
		}()
		for range 80 { // over twice what is queued before Send waits
			first.Say(strings.Repeat("x", 32_000))
			time.Sleep(50 * time.Millisecond) // until it does not seem to read any more
		}
		<-left
		time.Sleep(2500 * time.Millisecond)
		if got := second.ExpectClose(); got.Code != wsconn.PolicyViolation {
			t.Errorf("closed with %+v, want 1008", got)
		}
	})
}

// Its message is so long that it takes more than one write.
func TestAClientThatIsCutOffInsideAMessageReadsThatToItsEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const size = 200_000
		r := &room{lock: make(chan bool, 1)}
		sockets := wsconn.Server{MaxMessage: size}
		c := dialMemory(t, sockets.Handler(websocket.Server{Handler: r.serve}))
		defer c.Close()
		time.Sleep(time.Millisecond) // then it is in the room
		text := strings.Repeat("x", size)
		for range 30 {
			r.broadcast("%s", text)
			time.Sleep(100 * time.Millisecond) // until it does not seem to read any more
		}
		c.Expect(text)
		if f := c.Read(); f.First != fin|cls || !strings.HasPrefix(f.Payload, "\x03\xf0") {
			t.Errorf("%s, want a close with 1008", event(f, nil))
		}
	})
}

// What is queued for it would take memory for seconds, and it has said that it goes.
func TestWhoEndsItWhileLateIsSentNoMore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		first, second := two(t)
		makeLate(first)
		second.Conn.(side).CloseWrite()
		time.Sleep(time.Second)
		for came := 0; ; came++ {
			if _, err := second.Next(); err != nil {
				t.Logf("%d of %d messages came, and then %v", came, lateMessages, err)
				if came > lateMessages/2 {
					t.Error("it was sent what was queued")
				}
				return
			}
		}
	})
}

// It reads 15 MB a second, in large steps, as TCP has them.
func TestOneWhoReadsInStepsIsNotDroppedByAFlood(t *testing.T) {
	bubble(t, func(t *testing.T) {
		speaker, reader := two(t)
		defer speaker.Close()
		go func() {
			for message := frame(fin|text, strings.Repeat("x", 30_000)); ; {
				if _, err := speaker.Write(message); err != nil {
					return
				}
				for range 2 {
					// While it goes on and waits for nobody, the false clock stands still.
					if f, err := speaker.Next(); err != nil || f.Payload == leaving {
						return
					}
				}
			}
		}()
		for began := time.Now(); time.Since(began) < 5*time.Second; {
			time.Sleep(20 * time.Millisecond)
			for range 10 {
				if f, err := reader.Next(); f.First != fin|text {
					t.Fatalf("after %v: %s", time.Since(began), event(f, err))
				}
			}
		}
	})
}

func TestAShutdownSendsAlsoToTheLateWhatTheyAreOwed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var sockets wsconn.Server
		handler := newChat(&sockets)
		first := dialMemory(t, handler)
		defer first.Close()
		alone(first)
		second := dialMemory(t, handler)
		defer second.Close()
		makeLate(first)
		go func() { first.ExpectClose(); first.SendClose(wsconn.GoingAway, "") }()
		time.Sleep(3 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		done := make(chan error)
		go func() { done <- sockets.Shutdown(ctx) }()
		time.Sleep(3 * time.Second) // meanwhile it would have been cut off
		for i := range lateMessages {
			second.Expect(fmt.Sprintf("Client #1 says: %032000d", i))
		}
		if got := second.ExpectClose(); got.Code != wsconn.GoingAway {
			t.Errorf("closed with %+v, want 1001", got)
		}
		second.SendClose(wsconn.GoingAway, "")
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A ping waits behind what such a client has not read yet. The client has as much time for its pong
// as others have.
func TestOneWhoReadsSlowlyIsNotTakenForSilent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var sockets wsconn.Server
		heard := make(chan string, 1)
		c := dialMemory(t, sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
			c := wsconn.FromConn(ws)
			for range 2 { // one write, which takes a minute
				c.Send(wsconn.TextFrame(strings.Repeat("x", 60_000)))
			}
			text, err := c.ReceiveText()
			heard <- fmt.Sprint(text, " ", err)
		}}))
		defer c.Close()
		c.SetReadDeadline(time.Time{})
		for range 120_000 / 2048 {
			time.Sleep(time.Second)
			if _, err := io.CopyN(io.Discard, c.R, 2048); err != nil {
				t.Fatal(err)
			}
		}
		io.CopyN(io.Discard, c.R, 2*(4+60_000)-120_000/2048*2048)
		if f, err := c.Next(); f.First != fin|ping {
			t.Fatalf("read %s, %v, want a ping", event(f, nil), err)
		}
		time.Sleep(19 * time.Second)
		c.Send(fin|pong, "")
		time.Sleep(19 * time.Second)
		c.Say("still here")
		if got := <-heard; got != "still here <nil>" {
			t.Errorf("the server heard %q", got)
		}
	})
}
