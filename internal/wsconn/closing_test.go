package wsconn_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
	"golang.org/x/net/websocket"
)

func TestWhoIsRefusedReadsWhyAndAnOrderlyEndWhateverItDoes(t *testing.T) {
	t.Parallel()
	much := bytes.Repeat(frame(fin|text, strings.Repeat("x", 1000)), 300)
	for name, then := range map[string]func(*wstest.Client){
		"answers":       func(c *wstest.Client) { c.SendClose(1002, "") },
		"never answers": func(*wstest.Client) {},
		"ends its side": func(c *wstest.Client) { c.Conn.(*net.TCPConn).CloseWrite() },
		"sends bad bytes": func(c *wstest.Client) {
			c.SendRaw([]byte{0xff, 0xff, 0xff, 0xff,
				0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		},
		"says much, answers": func(c *wstest.Client) {
			c.SendRaw(join(much,
				frame(fin|cls, "\x03\xea")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := ours.serve(t, false).Listener.Addr().String()
			bystander := wstest.Dial(t, addr, "/ws/1")
			bystander.Say("hello")
			bystander.Expect("You wrote: hello", "Client #1 says: hello")
			client := wstest.Dial(t, addr, "/ws/2")
			client.Send(fin|3, "")
			if got := client.ExpectClose(); got.Code != 1002 || got.Reason == "" {
				t.Errorf("closed with %+v, want 1002 and a reason", got)
			}
			bystander.Expect("Client #2 has left the chat") // not only when the client has answered
			then(client)
			client.ExpectEnd()
		})
	}
}

// Firefox calls a close unclean when the server ends TCP before it has the answer.
func TestTCPStaysUntilARefusedClientHasAnsweredOurClose(t *testing.T) {
	t.Parallel()
	tooLong := strings.Repeat("x", wsconn.DefaultMaxMessage+1)
	for name, c := range map[string]struct {
		sent []byte
		code int
	}{
		"a binary message": {hi(fin | websocket.BinaryFrame), wsconn.UnsupportedData},
		"a long message":   {frame(fin|text, tooLong), wsconn.MessageTooBig},
		"a long message in fragments": {
			join(frame(text, tooLong), frame(0, "x"), frame(fin, "x")), wsconn.MessageTooBig},
		"a bad text, and more": {
			join(frame(fin|text, "\xff"), hi(fin|text), hi(fin|text)), wsconn.InvalidPayload},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := wstest.Dial(t, ours.serve(t, false).Listener.Addr().String(), "/ws/1")
			client.SendRaw(c.sent)
			if got := client.ExpectClose(); got.Code != c.code {
				t.Errorf("closed with %+v, want %d", got, c.code)
			}
			client.SetReadDeadline(time.Now().Add(100 * time.Millisecond)) // it waits for a second
			_, err := client.Conn.Read(make([]byte, 1))
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("before the answer TCP ended: %v", err)
			}
			client.SendClose(c.code, "")
			client.ExpectEnd()
		})
	}
}

func TestAFloodOfPingsIsAnsweredInOrderAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	const pings = 20_000
	addr := ours.serve(t, false).Listener.Addr().String()
	bystander := wstest.Dial(t, addr, "/ws/1")
	client := wstest.Dial(t, addr, "/ws/2")
	payload := func(i int) string { return fmt.Sprintf("%0125d", i) }
	go func() {
		for i := range pings {
			client.Write(frame(fin|ping, payload(i))) // an error is for the reader to find
		}
	}()
	told := 0
	for i := 0; i < pings; {
		f, err := client.Next()
		if f == got(text, "Client #1 says: hello") {
			told--
			continue
		}
		if f != got(pong, payload(i)) {
			t.Fatalf("%s, %v, want pong %d", event(f, nil), err, i)
		}
		if i++; i%1000 == 0 {
			bystander.Say("hello")
			bystander.Expect("You wrote: hello", "Client #1 says: hello")
			told++
		}
	}
	for ; told > 0; told-- {
		client.Expect("Client #1 says: hello")
	}
}

// What the kernel has taken, the client has not yet read.
func TestOneWhoReadsSlowlyReadsAllAndTheClose(t *testing.T) {
	t.Parallel()
	const messages, size = 5, 40_000
	var sockets wsconn.Server
	server := httptest.NewServer(sockets.Handler(
		websocket.Server{Handler: func(ws *websocket.Conn) {
			for range messages {
				wsconn.FromConn(ws).Send(wsconn.TextFrame(strings.Repeat("x", size)))
			}
		}}))
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()
	conn := wstest.DialTCP(t, addr)
	conn.(*net.TCPConn).SetReadBuffer(32 << 10)
	_, c := wstest.Do(t, conn, wstest.Request(addr, "/"))
	time.Sleep(2500 * time.Millisecond) // longer than it takes to answer a close, and to end TCP
	for range messages {
		if f := c.Read(); len(f.Payload) != size {
			t.Fatalf("read %s", event(f, nil))
		}
	}
	if got := c.ExpectClose(); got.Code != wsconn.NormalClosure {
		t.Errorf("closed with %+v, want 1000", got)
	}
}

func TestNothingIsSentAfterAClose(t *testing.T) {
	t.Parallel()
	var sockets wsconn.Server
	server := httptest.NewServer(sockets.Handler(
		websocket.Server{Handler: func(ws *websocket.Conn) {
			connection := wsconn.FromConn(ws)
			connection.Send(wsconn.TextFrame("before"))
			connection.Close(1000, "bye")
			connection.Send(wsconn.TextFrame("after"))
			connection.Close(1001, "again")
			if _, err := connection.ReceiveText(); err != (wsconn.CloseError{Code: 1000,
				Reason: "bye"}) {
				t.Errorf("received %v after our close", err)
			}
		}}))
	t.Cleanup(server.Close)
	client := wstest.Dial(t, server.Listener.Addr().String(), "/")
	client.Expect("before")
	if f := client.Read(); f != got(cls, "\x03\xe8bye") {
		t.Errorf("%s, want a close with 1000 and its reason", event(f, nil))
	}
	client.SendClose(1000, "")
	client.ExpectEnd()
}
