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

const lateMessages = 20 // of 32,000 bytes: a client that reads none of them is late

// makeLate has first say so much that whoever else is in its room is late.
func makeLate(first *wstest.Client) {
	for i := range lateMessages {
		text := fmt.Sprintf("%032000d", i)
		first.Say(text)
		first.Expect("You wrote: "+text, "Client #1 says: "+text)
	}
}

func TestWhoIsCutOffReadsWhyAlsoAfterSomeSeconds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		first, second := two(t)
		makeLate(first)
		for first.Read().Payload != leaving {
		}
		time.Sleep(2500 * time.Millisecond)
		if got := second.ExpectClose(); got.Code != wsconn.PolicyViolation {
			t.Errorf("closed with %+v, want 1008", got)
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

// A ping waits behind what such a client has not read yet. It has as much time for its pong as others.
func TestOneWhoReadsSlowlyIsNotTakenForSilent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var sockets wsconn.Server
		heard := make(chan string, 1)
		c := dialMemory(t, sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
			c := wsconn.From(ws)
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
