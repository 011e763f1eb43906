//go:build linux

package load_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"example.com/chat/compare/load"
)

// liar is a chat server that sends each client what its lie makes of the
// messages that an honest one would send.
type liar struct {
	// lie gets the client's number, the message, and how many broadcasts
	// went before it.
	lie func(client int, message string, before int) []string

	mu    sync.Mutex
	conns []*websocket.Conn
	told  int
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	l.mu.Lock()
	l.conns = append(l.conns, conn)
	me := len(l.conns)
	l.mu.Unlock()
	for {
		_, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		l.mu.Lock()
		l.send(me, conn, "You wrote: "+string(message))
		for i, other := range l.conns {
			l.send(i+1, other, fmt.Sprintf("Client #%s says: %s", r.URL.Path[len("/ws/"):],
				message))
		}
		l.told++
		l.mu.Unlock()
	}
}

func (l *liar) send(client int, conn *websocket.Conn, message string) {
	for _, m := range l.lie(client, message, l.told) {
		kind := websocket.TextMessage
		if rest, ok := strings.CutPrefix(m, "binary "); ok {
			kind, m = websocket.BinaryMessage, rest
		}
		conn.WriteMessage(kind, []byte(m))
	}
}

// crumbs hands out connections that write a few bytes at a time.
type crumbs struct{ net.Listener }

type crumbled struct{ net.Conn }

func (c crumbs) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	return crumbled{conn}, err
}

func (c crumbled) Write(b []byte) (int, error) {
	const crumb = 7
	for i := 0; i < len(b); i += crumb {
		if n, err := c.Conn.Write(b[i:min(i+crumb, len(b))]); err != nil {
			return i + n, err
		}
	}
	return len(b), nil
}

// lieTold is when each lie has been told, however many clients heard it.
const lieTold = 60

func talkTo(t *testing.T, l *liar, talk load.Talk, perSender bool) (load.Result, error) {
	t.Helper()
	server := httptest.NewUnstartedServer(l)
	server.Listener = crumbs{server.Listener}
	server.Start()
	defer server.Close()
	room, err := load.Join(server.Listener.Addr().String(),
		load.Options{Clients: 3, PerSender: perSender})
	if err != nil {
		t.Fatal(err)
	}
	defer room.Close()
	talk.Size, talk.Duration = 32, time.Minute
	talk.Done = func() bool { return room.Delivered() > lieTold }
	return room.Run(talk)
}

var bothChecks = map[string]bool{"shared": false, "per sender": true}

func TestAnHonestServerPassesInCrumbsToo(t *testing.T) {
	honest := func(_ int, message string, _ int) []string { return []string{message} }
	for name, perSender := range bothChecks {
		for _, talk := range []load.Talk{{Senders: 1, Window: 1}, {Senders: 3, Window: 4},
			{Senders: 2, Window: 0}, {Senders: 1, Rate: 100}} {
			t.Run(fmt.Sprint(name, talk.Senders, talk.Window, talk.Rate), func(t *testing.T) {
				talk.Drain = time.Minute
				result, err := talkTo(t, &liar{lie: honest}, talk, perSender)
				if err != nil {
					t.Fatal(err)
				}
				if result.Deliveries == 0 || result.Dropped > 0 || result.Lost+result.Late > 0 {
					t.Errorf("%+v", result)
				}
			})
		}
	}
}

// at makes a lie of one moment: of broadcast number n to client 2.
func at(n int, lie func(message string) []string) func(int, string, int) []string {
	return func(client int, message string, before int) []string {
		if client == 2 && before == n && strings.HasPrefix(message, "Client") {
			return lie(message)
		}
		return []string{message}
	}
}

func TestEveryLieIsFound(t *testing.T) {
	held := ""
	lies := map[string]func(int, string, int) []string{
		"one message lost":  at(3, func(m string) []string { return nil }),
		"one message twice": at(3, func(m string) []string { return []string{m, m} }),
		"one byte changed": at(3,
			func(m string) []string { return []string{m[:len(m)-1] + "?"} }),
		"one message cut short": at(3, func(m string) []string { return []string{m[:len(m)-1]} }),
		"one message too many": at(3,
			func(m string) []string { return []string{m, "Client #9 says: hello"} }),
		"one binary message": at(3, func(m string) []string { return []string{"binary " + m} }),
		"two messages swapped": func(client int, m string, before int) []string {
			switch {
			case client == 2 && before == 3 && strings.HasPrefix(m, "Client"):
				held = m
				return nil
			case client == 2 && before == 4 && strings.HasPrefix(m, "Client"):
				return []string{m, held}
			}
			return []string{m}
		},
		"a wrong answer": func(_ int, m string, before int) []string {
			if before == 3 {
				m = strings.Replace(m, "You wrote: 0", "You wrote: 1", 1)
			}
			return []string{m}
		},
		"an answer to somebody else": func(client int, m string, before int) []string {
			if client == 2 && before == 3 {
				return []string{"You wrote: 0000000001", m}
			}
			return []string{m}
		},
		"the leaving of one who is there": at(3,
			func(m string) []string { return []string{m, "Client #3 has left the chat"} }),
	}
	for name, lie := range lies {
		for check, perSender := range bothChecks {
			t.Run(name+", "+check, func(t *testing.T) {
				result, err := talkTo(t, &liar{lie: lie},
					load.Talk{Senders: 1, Window: 2, Drain: time.Second}, perSender)
				if err == nil && result.Lost+result.Late == 0 {
					t.Errorf("not found: %+v", result)
				}
			})
		}
	}
}

func TestALeavingToldTwiceIsFound(t *testing.T) {
	left := "Client #7 has left the chat"
	twice := at(3, func(m string) []string { return []string{m, left, left} })
	if _, err := talkTo(t, &liar{lie: twice}, load.Talk{Senders: 1, Window: 2, Drain: time.Second},
		false); err == nil {
		t.Error("not found")
	}
}

func TestDifferentOrdersOfTwoSendersAreToldFromLosses(t *testing.T) {
	for name, perSender := range bothChecks {
		t.Run(name, func(t *testing.T) {
			_, err := talkTo(t, &liar{lie: swapOnce()},
				load.Talk{Senders: 2, Window: 4, Drain: time.Second}, perSender)
			if perSender && err != nil {
				t.Error(err)
			}
			if !perSender && !errors.Is(err, load.ErrOrder) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// swapOnce lets client 2 read one message of a sender behind the next one of
// the other sender.
func swapOnce() func(int, string, int) []string {
	held, done := "", false
	return func(client int, m string, _ int) []string {
		if client != 2 || done || !strings.HasPrefix(m, "Client") {
			return []string{m}
		}
		late, sender := held, len("Client #1")
		switch {
		case held == "":
			held = m
			return nil
		case late[:sender] == m[:sender]:
			held = m
			return []string{late}
		}
		done = true
		return []string{m, late}
	}
}
