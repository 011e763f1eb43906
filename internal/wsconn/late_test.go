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

// The ping waits behind what such a client has not read yet, and its pong cannot come before.
func TestOneWhoReadsSlowlyIsNotTakenForSilent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var sockets wsconn.Server
		lost := make(chan error, 1)
		c := dialMemory(t, sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
			c := wsconn.From(ws)
			c.Accept()
			for range 6 {
				c.Send(wsconn.TextFrame(strings.Repeat("x", 40_000)))
			}
			_, err := c.ReceiveText()
			lost <- err
		}}))
		defer c.Close()
		c.SetReadDeadline(time.Time{})
		for piece, began := make([]byte, 2048), time.Now(); time.Since(began) < 45*time.Second; {
			time.Sleep(time.Second)
			if _, err := io.ReadFull(c.R, piece); err != nil {
				t.Fatal(err)
			}
		}
		go io.Copy(io.Discard, c.R)
		time.Sleep(2 * time.Second)
		select {
		case err := <-lost:
			t.Error(err)
		default:
		}
	})
}
