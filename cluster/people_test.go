//go:build unix

package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/chat/internal/wstest"
)

// person is a client that reads all the time and remembers everything.
type person struct {
	*wstest.Client
	t  testing.TB
	id int

	mu      sync.Mutex
	changed chan struct{} // closed and made anew with each change
	heard   []string      // what was told to everyone
	echoes  int
	ended   bool
	closing wstest.CloseFrame
}

func newPerson(t testing.TB, addr string, id int) *person {
	t.Helper()
	p := &person{Client: join(t, addr, id), t: t, id: id, changed: make(chan struct{})}
	go p.listen()
	return p
}

// people puts n on the nodes in turn, with the ids 0 to n-1; they know of each other, and have
// heard "begin" and nothing since.
func people(t testing.TB, addrs []string, n int) []*person {
	t.Helper()
	all := make([]*person, n)
	for id := range all {
		all[id] = newPerson(t, addrs[id%len(addrs)], id)
		all[id].Say("hello")
		all[id].hears(all[id].says("hello"))
	}
	all[0].Say("begin")
	for _, p := range all {
		p.hears("Client #0 says: begin")
		p.forget("Client #0 says: begin")
	}
	return all
}

func (p *person) listen() {
	for {
		f, err := p.Next()
		p.mu.Lock()
		switch {
		case err != nil:
			p.ended = true
		case f.First == wstest.Fin|wstest.Ping:
			// else it is that of what it said last
			p.SetWriteDeadline(time.Now().Add(wstest.Patience))
			p.Write(wstest.Encode(wstest.Fin|wstest.Pong, f.Payload))
		case f.First == wstest.Fin|wstest.Close:
			p.ended = true
			if len(f.Payload) >= 2 {
				p.closing = wstest.CloseFrame{Code: int(f.Payload[0])<<8 | int(f.Payload[1]),
					Reason: f.Payload[2:]}
			}
			p.Write(wstest.Encode(wstest.Fin|wstest.Close, f.Payload[:min(2, len(f.Payload))]))
		case strings.HasPrefix(f.Payload, "You wrote: "):
			p.echoes++
		default:
			p.heard = append(p.heard, f.Payload)
		}
		close(p.changed)
		p.changed = make(chan struct{})
		ended := p.ended
		p.mu.Unlock()
		if ended {
			return
		}
	}
}

// waits returns when the condition, which is asked under p.mu, holds.
func (p *person) waits(what string, condition func() bool) {
	p.t.Helper()
	limit := time.After(wstest.Patience)
	for {
		p.mu.Lock()
		ok, changed := condition(), p.changed
		p.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-limit:
			p.mu.Lock()
			defer p.mu.Unlock()
			p.t.Fatalf("client %d waits for %s; ended %v %+v; it has heard %d messages, at last %q",
				p.id, what, p.ended, p.closing, len(p.heard), p.heard[max(0, len(p.heard)-5):])
		}
	}
}

func (p *person) hears(text string) {
	p.t.Helper()
	p.waits(fmt.Sprintf("%.80q", text), func() bool { return slices.Contains(p.heard, text) })
}

// forget drops what was heard up to a text.
func (p *person) forget(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = slices.Clone(p.heard[slices.Index(p.heard, text)+1:])
}

// hasHeard is what it has heard up to the last text, whatever came after; all of it when that was
// not heard.
func (p *person) hasHeard(last string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if end := slices.Index(p.heard, last); end >= 0 {
		return slices.Clone(p.heard[:end+1])
	}
	return slices.Clone(p.heard)
}

func (p *person) isClosed(code int) {
	p.t.Helper()
	p.waits(fmt.Sprint("a close with ", code), func() bool { return p.ended })
	if p.closing.Code != code || p.closing.Reason == "" {
		p.t.Errorf("client %d was closed with %+v, want %d and a reason", p.id, p.closing, code)
	}
}

func (p *person) says(text string) string { return fmt.Sprintf("Client #%d says: %s", p.id, text) }

func (p *person) left() string { return fmt.Sprintf("Client #%d has left the chat", p.id) }

// talk says n things, one after the other as fast as the server takes them, and returns when p has
// heard them all.
func (p *person) talk(name string, n int) {
	p.t.Helper()
	for i := range n {
		p.Say(fmt.Sprint(name, " ", i))
	}
	p.hears(p.says(fmt.Sprint(name, " ", n-1)))
}

func atOnce(all []*person, f func(p *person)) {
	var wait sync.WaitGroup
	for _, p := range all {
		wait.Go(func() { f(p) })
	}
	wait.Wait()
}

// agree checks that all have heard the same up to the last text, which is said now, and returns it.
// Nothing in it may come twice.
func agree(t testing.TB, all []*person, last string) []string {
	t.Helper()
	all[0].Say(last)
	for _, p := range all {
		p.hears(all[0].says(last))
	}
	heard := all[0].hasHeard(all[0].says(last))
	for _, p := range all {
		if got := p.hasHeard(all[0].says(last)); !slices.Equal(got, heard) {
			t.Errorf("client %d heard %d messages, client %d %d, or in another order", p.id,
				len(got), all[0].id, len(heard))
		}
	}
	seen := map[string]bool{}
	for _, text := range heard {
		if seen[text] {
			t.Errorf("%q was told twice", text)
		}
		seen[text] = true
	}
	return heard
}

// inOrder checks that what p said as talk(name, n) was heard once each, in its order.
func inOrder(t testing.TB, heard []string, p *person, name string, n int) {
	t.Helper()
	next := 0
	for _, text := range heard {
		if strings.HasPrefix(text, p.says(name+" ")) {
			if text != p.says(fmt.Sprint(name, " ", next)) {
				t.Errorf("%q came in the place of %d", text, next)
			}
			next++
		}
	}
	if next != n {
		t.Errorf("of what client %d said as %q, %d of %d was heard", p.id, name, next, n)
	}
}
