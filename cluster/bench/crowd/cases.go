//go:build linux

package main

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/rpc"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	settled   = 2 * time.Second        // before the memory of idle clients is read
	measured  = 10 * time.Second       // idle, and of talk
	talkEvery = 100 * time.Millisecond // somebody says something: so a standstill shows
	never     = time.Hour
	delivery  = 10 * time.Microsecond  // of one message to one client, as a write of its own
	lookEvery = 100 * time.Millisecond // at all clients: more would take the nodes' processors
	patience  = 3 * time.Minute        // for what must come
)

// scenario is what happens to a room while somebody says something now and then.
type scenario struct {
	name, title string
	every       time.Duration // 0 is as often as the machine can tell it
	play        func(*scene) error
}

// scene is a scenario on a system of its own.
type scene struct {
	*system
	o      options
	crowds []*rpc.Client
	nextID int
	said   atomic.Int64  // messages that somebody said
	told   int           // leavings that are to be told
	talk   chan struct{} // closed to end the talk
	done   chan error    // of the talk
}

var cases = []scenario{
	{"idle", "idle", never, (*scene).wait},
	{"talk1", "one message a second", time.Second, (*scene).wait},
	{"talk10", "ten messages a second", talkEvery, (*scene).wait},
	{"leave", "500 leave at once", 0, (*scene).leaveAtOnce},
	{"leavings", "83 leave each second", 0, (*scene).leaveSteadily},
	{"kill", "a node is killed", 0, (*scene).kill},
	{"stop", "a node is stopped in order", 0, (*scene).stopOne},
	{"rolling", "all nodes are restarted, one by one", 0, (*scene).restartAll},
}

// often is how often somebody speaks: as often as half of the processors can tell it to all.
func (o options) often() time.Duration {
	all := delivery * time.Duration(o.nodes*o.clients)
	return max(talkEvery, all/time.Duration(max(1, runtime.NumCPU()/2)))
}

func caseNames() (names []string) {
	for _, c := range cases {
		names = append(names, c.name)
	}
	return names
}

func header(o options) string {
	return fmt.Sprintf("%d nodes with %d clients each, %d brokers, %d processors for everything, "+
		"%s.\nWhere a row does not say how often somebody spoke, it was every %v.\n\n", o.nodes,
		o.clients, brokers, runtime.NumCPU(), time.Now().Format(time.DateOnly), o.often()) +
		"| | said | leavings | p50 / p99 / longest ms | standstill ms | thrown out | " +
		"KB a client | processors | of that the brokers |\n" +
		"|---|--:|--:|--:|--:|--:|--:|--:|--:|\n"
}

// play plays one case and returns its row.
func play(o options, c scenario) (row string, err error) {
	s := &scene{o: o, talk: make(chan struct{}), done: make(chan error, 1)}
	s.system, err = newSystem(o.nodes)
	defer s.system.stop()
	if err != nil {
		return "", err
	}
	for range (o.nodes*o.clients + most - 1) / most {
		crowd, err := startCrowd()
		if err != nil {
			return "", err
		}
		defer crowd.Close()
		s.crowds = append(s.crowds, crowd)
	}
	empty := sum(s.nodes, (*process).memory)
	for i := range s.nodes {
		if err := s.fill(i, o.clients); err != nil {
			return "", err
		}
	}
	if err := errors.Join(s.gather("begin"), s.say("mark go")); err != nil {
		return "", err
	}
	time.Sleep(settled)
	each := (sum(s.nodes, (*process).memory) - empty) / (o.nodes * o.clients)
	began, nodes, keepers := time.Now(), sum(s.nodes, (*process).processorTime),
		sum(s.brokers, (*process).processorTime)
	go s.speak(cmp.Or(c.every, o.often()))
	err = c.play(s)
	close(s.talk)
	err = errors.Join(err, <-s.done, s.tells(), s.gather("end"))
	spent := time.Since(began).Seconds()
	keepers = sum(s.brokers, (*process).processorTime) - keepers
	all := keepers + sum(append(s.nodes, s.ended...), (*process).processorTime) - nodes
	heard := s.ask("Crowd.End", true)
	return fmt.Sprintf("| %s | %d | %d | %s | %d | %.1f | %.2f | %.0f %% |\n",
			c.title, s.said.Load(), s.told, latency(heard), heard.Thrown, float64(each)/1000,
			all.Seconds()/spent, 100*keepers.Seconds()/max(all.Seconds(), 0.01)),
		errors.Join(err, s.check(heard))
}

// call calls all crowds, and adds up what they answer.
func (s *scene) call(method string, argument int) (total int, err error) {
	for _, crowd := range s.crowds {
		var n int
		err = errors.Join(err, crowd.Call(method, argument, &n))
		total += n
	}
	return total, err
}

// fill puts n clients on a node, of all crowds.
func (s *scene) fill(node, n int) error {
	for i, crowd := range s.crowds {
		j := Joining{s.nodes[node].addr, s.nodes[node].port, node, s.nextID, n / len(s.crowds)}
		if i == 0 {
			j.N += n % len(s.crowds)
		}
		s.nextID += j.N
		if err := crowd.Call("Crowd.Join", j, new(bool)); err != nil {
			return err
		}
	}
	return nil
}

// look asks all crowds what they have heard, and whether all have heard a mark.
func (s *scene) look(mark string) State { return s.ask("Crowd.Look", mark) }

// ask asks all crowds, and adds up what they answer. Wrong says also where they differ.
func (s *scene) ask(method string, argument any) (all State) {
	for i, crowd := range s.crowds {
		var one State
		if err := crowd.Call(method, argument, &one); err != nil {
			one.Wrong = err.Error()
		}
		if i == 0 {
			all = one
			continue
		}
		all.Together = all.Together && one.Together
		all.Longest = max(all.Longest, one.Longest)
		all.Still = max(all.Still, one.Still)
		all.Took = append(all.Took, one.Took...)
		all.Thrown += one.Thrown
		all.Code = cmp.Or(all.Code, one.Code)
		all.Wrong = cmp.Or(all.Wrong, one.Wrong)
		if one.Digest != all.Digest {
			all.Wrong = cmp.Or(all.Wrong, "two crowds heard different messages")
		}
	}
	return all
}

// say lets somebody say something.
func (s *scene) say(text string) error {
	var said bool
	err := s.crowds[0].Call("Crowd.Say", text, &said)
	if err == nil && !said {
		err = errors.New("nobody is there to speak")
	}
	return err
}

// gather waits until every client has heard what somebody says now, and all before it.
func (s *scene) gather(name string) error {
	limit := time.Now().Add(patience)
	for i := 0; time.Now().Before(limit); i++ { // who speaks may be on a node that ends
		mark := fmt.Sprint("mark ", name, i)
		if err := s.say(mark); err != nil {
			return err
		}
		for range 20 {
			time.Sleep(lookEvery)
			if all := s.look(mark); all.Together || all.Wrong != "" {
				return nil // check says what is wrong
			}
		}
	}
	return fmt.Errorf("not everybody heard the same until %q", name)
}

// speak lets somebody say the time, each so often.
func (s *scene) speak(every time.Duration) {
	var failed error
	for failed == nil {
		select {
		case <-s.talk:
			s.done <- nil
			return
		case <-time.After(every):
		}
		if failed = s.say(fmt.Sprint(time.Now().UnixNano())); failed == nil {
			s.said.Add(1)
		}
	}
	<-s.talk
	s.done <- failed
}

// check compares what was heard with what was said and who left.
func (s *scene) check(heard State) error {
	switch {
	case heard.Wrong != "":
		return errors.New(heard.Wrong)
	case heard.Thrown > 0:
		return fmt.Errorf("%d clients of living nodes were closed (%s)", heard.Thrown, heard.Code)
	case heard.Says != int(s.said.Load()) || heard.Left != s.told:
		return fmt.Errorf("the room told %d messages of %d, and %d leavings of %d",
			heard.Says, s.said.Load(), heard.Left, s.told)
	}
	return nil
}

// latency is how long what was said took to be heard, and the longest standstill. The longest
// latency is of all deliveries. A standstill includes the time in which nobody said anything.
func latency(heard State) string {
	n := len(heard.Took)
	if n == 0 {
		return "– | –"
	}
	slices.Sort(heard.Took)
	return fmt.Sprintf("%d / %d / %d | %d", heard.Took[n/2].Milliseconds(),
		heard.Took[n*99/100].Milliseconds(), heard.Longest.Milliseconds(),
		heard.Still.Milliseconds())
}

// tells waits until the room has told all leavings, and all that was said before.
func (s *scene) tells() error {
	limit, said := time.Now().Add(patience), int(s.said.Load())
	for time.Now().Before(limit) {
		if all := s.look(""); all.Left >= s.told && all.Says >= said {
			return nil
		}
		time.Sleep(lookEvery)
	}
	return fmt.Errorf("not all of %d leavings and %d messages were told", s.told, said)
}

func (s *scene) wait() error {
	time.Sleep(measured)
	return nil
}

func (s *scene) leaveAtOnce() (err error) {
	if s.told, err = s.call("Crowd.Leave", 500/len(s.crowds)); err != nil {
		return err
	}
	return s.tells()
}

// leaveSteadily is what 50,000 people do who stay for ten minutes each.
func (s *scene) leaveSteadily() error {
	const perSecond = 83
	begin := time.Now()
	for i := range int(perSecond * measured / time.Second) {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / perSecond)))
		var n int
		crowd := s.crowds[rand.IntN(len(s.crowds))]
		if err := crowd.Call("Crowd.Leave", 1, &n); err != nil {
			return err
		}
		s.told += n
	}
	return s.tells()
}

func (s *scene) kill() error {
	last := len(s.nodes) - 1
	n, err := s.call("Crowd.ExpectEnd", last)
	s.told += n
	time.Sleep(5 * s.o.often()) // what they said last is told
	s.nodes[last].Process.Kill()
	s.nodes[last].Wait()
	return errors.Join(err, s.tells())
}

func (s *scene) stopOne() error {
	err := s.end(len(s.nodes) - 1)
	defer time.Sleep(time.Second) // of talk at least
	return errors.Join(err, s.tells())
}

// end stops a node in order.
func (s *scene) end(node int) error {
	n, err := s.call("Crowd.ExpectEnd", node)
	s.told += n
	time.Sleep(5 * s.o.often()) // what they said last is told
	s.nodes[node].Process.Signal(syscall.SIGTERM)
	s.nodes[node].Wait()
	return err
}

// restartAll replaces each node: a fresh one starts, the old one ends, and its people go to the
// fresh one, as behind a proxy that sends newcomers there.
func (s *scene) restartAll() error {
	for i := range s.nodes {
		fresh, err := s.startNode(i)
		if err != nil {
			return err
		}
		if err := s.end(i); err != nil {
			return err
		}
		s.ended, s.nodes[i] = append(s.ended, s.nodes[i]), fresh
		err = errors.Join(s.fill(i, s.o.clients), s.gather(fmt.Sprint("round", i)), s.tells())
		if err != nil {
			return err
		}
	}
	return nil
}
