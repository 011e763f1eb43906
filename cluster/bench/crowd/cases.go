//go:build linux

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	settled   = 2 * time.Second        // before the memory of idle clients is read
	measured  = 10 * time.Second       // idle, and of talk
	beatEvery = 100 * time.Millisecond // somebody says something: so a standstill shows
	lookEvery = 10 * time.Millisecond
	patience  = 3 * time.Minute // for what must come
)

// scenario is what happens to a room while somebody says something each so often; 0 is never.
type scenario struct {
	name, title string
	every       time.Duration
	play        func(*scene) error
}

// scene is a scenario on a system of its own.
type scene struct {
	*system
	*people
	o    options
	said int           // messages that somebody said
	told int           // leavings that are to be told
	talk chan struct{} // closed to end the talk
	done chan error    // of the talk
}

var cases = []scenario{
	{"idle", "idle", 0, (*scene).wait},
	{"talk1", "one message a second", time.Second, (*scene).wait},
	{"talk10", "ten messages a second", beatEvery, (*scene).wait},
	{"leave", "500 leave at once", beatEvery, (*scene).leaveAtOnce},
	{"leavings", "83 leave each second", beatEvery, (*scene).leaveSteadily},
	{"kill", "a node is killed", beatEvery, (*scene).kill},
	{"stop", "a node is stopped in order", beatEvery, (*scene).stopOne},
	{"rolling", "all nodes are restarted, one by one", beatEvery, (*scene).restartAll},
}

func caseNames() (names []string) {
	for _, c := range cases {
		names = append(names, c.name)
	}
	return names
}

func header(o options) string {
	return fmt.Sprintf("%d nodes with %d clients each, %d brokers.\n\n", o.nodes, o.clients, brokers) +
		"| | said | leavings | p50 / p99 ms | longest standstill, s | thrown out | " +
		"KB a client | processors | of that the brokers |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n"
}

// play plays one case and returns its row.
func play(o options, c scenario) (row string, err error) {
	s := &scene{o: o, talk: make(chan struct{}), done: make(chan error, 1)}
	if s.system, err = newSystem(o.nodes); err != nil {
		return "", err
	}
	defer s.system.stop()
	if s.people, err = newPeople(); err != nil {
		return "", err
	}
	empty := sum(s.nodes, (*process).memory)
	for i := range s.nodes {
		if err := s.fill(i, i*o.clients, o.clients); err != nil {
			return "", err
		}
	}
	if err := s.mark("begin"); err != nil {
		return "", err
	}
	time.Sleep(settled)
	each := (sum(s.nodes, (*process).memory) - empty) / (o.nodes * o.clients)
	began, nodes, keepers := time.Now(), sum(s.nodes, (*process).processorTime),
		sum(s.brokers, (*process).processorTime)
	s.time(true)
	go s.speak(c.every)
	err = c.play(s)
	s.time(false)
	close(s.talk)
	err = errors.Join(err, <-s.done, s.mark("end"), s.check())
	spent := time.Since(began).Seconds()
	keepers = sum(s.brokers, (*process).processorTime) - keepers
	all := keepers + max(0, sum(s.nodes, (*process).processorTime)-nodes)
	p50, p99 := s.latency()
	return fmt.Sprintf("| %s | %d | %d | %.0f / %.0f | %.1f | %d | %.1f | %.2f | %.0f %% |\n",
		c.title, s.said, s.told, p50, p99, s.longest.Seconds(), s.thrown, float64(each)/1000,
		all.Seconds()/spent, 100*keepers.Seconds()/max(all.Seconds(), 0.01)), err
}

// fill puts n clients on a node.
func (s *scene) fill(node, first, n int) error {
	return s.join(s.nodes[node].addr, s.nodes[node].port, node, first, n)
}

// time begins or ends the measurement of standstills and latencies.
func (s *scene) time(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, one := range s.by {
		one.heard = now
	}
	s.timing = on
}

// mark says something until every client has heard it, and the whole room before it.
func (s *scene) mark(name string) error {
	limit := time.Now().Add(patience)
	for i := 0; time.Now().Before(limit); i++ {
		all := s.those(-1)
		s.say(all[i%len(all)], fmt.Sprint("mark ", name, i))
		for range 50 {
			time.Sleep(lookEvery)
			if s.together() {
				return nil
			}
		}
	}
	return fmt.Errorf("not everybody heard the same until %q", name)
}

// together reports whether all clients are at the end of the room's history.
func (s *scene) together() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.by {
		if one.next != len(s.history) {
			return false
		}
	}
	return len(s.history) > 0
}

// speak lets one client after the other say the time.
func (s *scene) speak(every time.Duration) {
	var failed error
	for every > 0 {
		select {
		case <-s.talk:
			s.done <- failed
			return
		case <-time.After(every):
		}
		var all []*person
		for _, one := range s.those(0) { // of the first node, which is restarted last
			if !one.leaving {
				all = append(all, one)
			}
		}
		if len(all) == 0 {
			continue
		}
		if failed = s.say(all[rand.IntN(len(all))], fmt.Sprint(time.Now().UnixNano())); failed == nil {
			s.said++
		}
	}
	<-s.talk
	s.done <- nil
}

// check compares what was heard with what was said and who left.
func (s *scene) check() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.wrong != nil:
		return s.wrong
	case s.thrown > 0:
		return fmt.Errorf("%d clients of living nodes were closed (%s)", s.thrown, s.lastCode)
	case s.says != s.said || s.left != s.told:
		return fmt.Errorf("the room told %d messages of %d, and %d leavings of %d",
			s.says, s.said, s.left, s.told)
	}
	return nil
}

func (s *scene) latency() (p50, p99 float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.took)
	if n := len(s.took); n > 0 {
		p50, p99 = s.took[n/2].Seconds()*1000, s.took[n*99/100].Seconds()*1000
	}
	return p50, p99
}

// tells waits until the room has told all leavings.
func (s *scene) tells() error {
	limit := time.Now().Add(patience)
	for time.Now().Before(limit) {
		s.mu.Lock()
		left := s.left
		s.mu.Unlock()
		if left >= s.told {
			return nil
		}
		time.Sleep(lookEvery)
	}
	return fmt.Errorf("not all of %d leavings were told", s.told)
}

func (s *scene) wait() error {
	time.Sleep(measured)
	return nil
}

func (s *scene) leaveAtOnce() error {
	all := s.those(-1)
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, one := range all[:min(500, len(all)/2)] {
		s.people.leave(one)
		s.told++
	}
	return s.tells()
}

// leaveSteadily is what 50,000 people do who stay for ten minutes each.
func (s *scene) leaveSteadily() error {
	all := s.those(-1)
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, one := range all[:min(83*int(measured/time.Second), len(all)/2)] {
		s.people.leave(one)
		s.told++
		time.Sleep(time.Second / 83)
	}
	return s.tells()
}

func (s *scene) kill() error {
	last := len(s.nodes) - 1
	s.told = len(s.those(last))
	s.expectEnd(last)
	s.nodes[last].Process.Kill()
	s.nodes[last].Wait()
	return s.tells()
}

func (s *scene) stopOne() error {
	s.end(len(s.nodes) - 1)
	defer time.Sleep(time.Second) // of talk at least
	return s.tells()
}

// end stops a node in order.
func (s *scene) end(node int) {
	s.told += len(s.those(node))
	s.expectEnd(node)
	s.nodes[node].Process.Signal(syscall.SIGTERM)
	s.nodes[node].Wait()
}

// restartAll restarts each node, the first at the end. Its people go to the node that was restarted
// last, as behind a proxy that sends newcomers to fresh nodes.
func (s *scene) restartAll() error {
	for i := len(s.nodes) - 1; i >= 0; i-- {
		to := (i + 1) % len(s.nodes)
		s.end(i)
		if err := s.fill(to, (len(s.nodes)+i)*s.o.clients, s.o.clients); err != nil {
			return err
		}
		node, err := s.startNode(i)
		if err != nil {
			return err
		}
		s.nodes[i] = node
		if err := errors.Join(s.tells(), s.mark(strings.Repeat("r", i+1))); err != nil {
			return err
		}
	}
	return nil
}
