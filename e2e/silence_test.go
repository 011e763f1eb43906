package e2e

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// line is a network between the page and the server that can swallow everything without a word.
type line struct {
	url string

	mu     sync.Mutex
	silent chan struct{} // closed while nothing passes
	open   []net.Conn
}

func newLine(t *testing.T, s *server) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	l := &line{url: "http://" + listener.Addr().String(), silent: make(chan struct{})}
	t.Cleanup(func() { listener.Close(); l.cut() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			l.mu.Lock()
			l.open = append(l.open, client)
			l.mu.Unlock()
			server, err := net.Dial("tcp", target.Host)
			if err != nil {
				client.Close()
				continue
			}
			go l.pass(server, client)
			go l.pass(client, server)
		}
	}()
	return l
}

// pass copies until the line goes silent; from then on it reads and forgets.
func (l *line) pass(to, from net.Conn) {
	l.mu.Lock()
	silent := l.silent
	l.mu.Unlock()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		select {
		case <-silent:
			io.Copy(io.Discard, from)
			return
		default:
		}
		if err != nil {
			to.Close()
			return
		}
		to.Write(buffer[:n])
	}
}

// silence swallows everything on the connections that are open, and on those to come.
func (l *line) silence() { close(l.silent) }

// heal lets connections to come through; those that went silent stay so.
func (l *line) heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silent = make(chan struct{})
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range l.open {
		conn.Close()
	}
}

func TestAMessageWithoutAnAnswerForTenSecondsEndsTheConnection(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	l := newLine(t, s)
	p := breakableTab(t, "0.5")
	p.navigate(l.url)
	p.waitStatus("Connected")
	l.silence()
	start := time.Now()
	p.send("hello?")
	p.wait("the page says that it is sending", outboxTitle+` === "Sending…"`)
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("it said so after %v", took)
	}
	if got := p.status(); got != "Connected" {
		t.Errorf("the status is %s", got)
	}
	p.wait("the connection is given up", statusText+` !== "Connected"`)
	if took := time.Since(start); took < 9*time.Second || took > 15*time.Second {
		t.Errorf("it was given up after %v", took)
	}
	p.wait("the message is offered again", outboxTitle+`.startsWith("1 message is not confirmed")`)
	p.click("#wire-button")
	p.wait("an attempt to connect is given up, too",
		`document.querySelector("#frames").innerText.includes("no answer to the handshake")`)
	l.heal()
	p.click("#reconnect, #status") // it may be connecting already
	p.waitStatus("Connected")
	bob := s.join(t)
	p.clickInOutbox("hello?", "Send again")
	bob.hears(p.said("hello?"))
}

// TestThePageAsksAfterTheServerWhenItMayHaveMissedSomething does so when it is shown, and when the
// network is back.
func TestThePageAsksAfterTheServerWhenItMayHaveMissedSomething(t *testing.T) {
	for _, occasion := range []string{
		`document.dispatchEvent(new Event("visibilitychange"))`,
		`dispatchEvent(new Event("online"))`,
	} {
		t.Run(occasion, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			l := newLine(t, s)
			p := breakableTab(t, "0.5")
			p.navigate(l.url)
			p.waitStatus("Connected")
			bob := s.join(t)
			p.run(`const ask = fetch; fetch = (...all) => ask(...all)
				.finally(() => { window.asked = true; })`)
			p.run(occasion)
			p.wait("the page has asked", `window.asked`)
			p.send("still the same connection")
			if before := bob.hears(p.said("still the same connection")); slices.Contains(before,
				fmt.Sprintf("Client #%d has left the chat", p.id())) {
				t.Error("the page left a server that answers")
			}
			l.silence()
			p.run(occasion)
			p.wait("the page notices the silence", statusText+` !== "Connected"`)
			l.heal()
			p.waitStatus("Connected")
		})
	}
}

// TestAfterASleepThePageConnectsAnew although the server answers other requests: while a computer
// sleeps its router forgets the connection, and the server gives it up.
func TestAfterASleepThePageConnectsAnew(t *testing.T) {
	t.Parallel()
	s := ownServer(t, "-addr", ":0")
	l := newLine(t, s)
	p := breakableTab(t, "0.5")
	p.navigate(strings.Replace(l.url, "127.0.0.1", "chat.test", 1))
	p.waitStatus("Connected")
	p.click("#wire-button")
	l.silence()
	l.heal() // for connections to come
	p.run(`{ const now = Date.now; Date.now = () => now() + 120_000; }`)
	p.run(`document.dispatchEvent(new Event("visibilitychange"))`)
	p.waitFrame("The page gave up: nothing came since the computer slept.")
	p.waitStatus("Connected")
	p.click("#messageText")
	bob := s.join(t)
	p.send("awake")
	bob.hears(p.said("awake"))
}

// TestOnAnotherNetworkThePageConnectsAnew where its connection would go on to say nothing.
func TestOnAnotherNetworkThePageConnectsAnew(t *testing.T) {
	t.Parallel()
	s := ownServer(t, "-addr", ":0")
	p := breakableTab(t, "0.5")
	p.navigate(s.host("chat.test"))
	p.waitStatus("Connected")
	p.click("#wire-button")
	bob := s.join(t)
	p.run(`dispatchEvent(new Event("online"))`)
	p.waitFrame("The page gave up: the network may be another.")
	p.waitStatus("Connected")
	bob.hears(fmt.Sprintf("Client #%d has left the chat", p.id()))
}
