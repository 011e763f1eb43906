//go:build linux

package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"time"

	"example.com/chat/compare/load"
	"example.com/chat/compare/servers"
)

const (
	warmup     = 500 * time.Millisecond // or half the measurement, when that is shorter
	drainLimit = 20 * time.Second       // for what is under way when the senders stop
	settling   = 4 * time.Second        // or two measurements, before idle memory is read

	// With more than this share of the machine in other hands, or of one core
	// in the load generator's, a figure is marked.
	otherLimit = 0.05
	loadLimit  = 0.95

	otherLoad = "other load:"

	// limitFlag lets ours hold the clients of the largest scenarios.
	limitFlag = "-max-connections=20000"
)

// measurement is one run of a scenario with one server.
type measurement struct {
	server    string
	duration  time.Duration
	perSender bool
	values    map[string]float64
	doubts    []string // why a figure is not to be trusted
	other     float64  // share of the machine that other programs had
}

func (m *measurement) set(metric string, value float64) { m.values[metric] = value }

func (m *measurement) doubt(format string, args ...any) {
	m.doubts = append(m.doubts, fmt.Sprintf(format, args...))
}

// room starts the server and fills it. flood gives the designs that have a
// queue per client one that a flood does not fill: with the examples' own
// they drop most clients at once, and there is nothing to measure.
func (m *measurement) room(clients int, flood bool) (*servers.Server, *load.Room, error) {
	var args []string
	switch {
	case m.server == servers.Go:
		args = []string{limitFlag}
	case flood && slices.Contains([]string{servers.Hub, servers.Gorilla, servers.Coder}, m.server):
		args = []string{"-buffer=65536"}
	case m.server == servers.Hub || m.server == servers.Gorilla:
		args = []string{"-buffer=256"}
	case m.server == servers.Coder:
		args = []string{"-buffer=16"}
	}
	s, err := servers.Start(m.server, args...)
	if err != nil {
		return nil, nil, err
	}
	empty, _ := s.Memory()
	m.set("empty", float64(empty))
	room, err := load.Join(s.Addr,
		load.Options{Clients: clients, PerSender: m.perSender, Meter: meter(s)})
	if err != nil {
		s.Kill()
		return nil, nil, err
	}
	return s, room, nil
}

func meter(s *servers.Server) func() load.Usage {
	return func() load.Usage {
		var self syscall.Rusage
		syscall.Getrusage(syscall.RUSAGE_SELF, &self)
		return load.Usage{
			Server:  s.CPU(),
			Load:    time.Duration(self.Utime.Nano() + self.Stime.Nano()),
			Machine: servers.MachineBusy(),
		}
	}
}

// end stops the server before its clients, so that it need not tell each of
// them of all the others' leaving.
func end(s *servers.Server, room *load.Room) {
	s.Kill()
	room.Close()
}

// judge notes the processor time, and what makes the figures doubtful.
func (m *measurement) judge(r load.Result) {
	seconds := r.Elapsed.Seconds()
	load := r.Usage.Load.Seconds() / seconds
	others := r.Usage.Machine - r.Usage.Server - r.Usage.Load
	other := others.Seconds() / seconds / float64(runtime.NumCPU())
	m.set("load cpu", load)
	if r.Deliveries > 0 {
		m.set("cpu", float64(r.Usage.Server.Nanoseconds())/float64(r.Deliveries)/1000)
	}
	if load > loadLimit {
		m.doubt("the load generator was the limit")
	}
	if m.other = other; other > otherLimit {
		m.doubt("%s %.0f %% of the machine", otherLoad, other*100)
	}
	if m.perSender {
		m.set("own order", 1)
	}
	if r.Dropped > 0 {
		m.doubt("%d clients dropped (how many by which close code: %v)", r.Dropped, r.Closes)
	}
	if r.Lost > 0 {
		m.doubt("%d deliveries lost", r.Lost)
	}
	if r.Late > 0 {
		m.doubt("%d deliveries not there %v after the end", r.Late, drainLimit)
	}
}

// talk measures deliveries per second.
func (m *measurement) talk(clients, senders, window, size int) error {
	s, room, err := m.room(clients, true)
	if err != nil {
		return err
	}
	defer end(s, room)
	before, _ := s.Memory()
	result, err := room.Run(load.Talk{
		Senders: senders, Window: window, Size: size,
		Warmup: min(warmup, m.duration/2), Duration: m.duration, Drain: drainLimit,
	})
	if err != nil {
		return err
	}
	_, peak := s.Memory()
	m.set("rate", float64(result.Deliveries)/result.Elapsed.Seconds())
	if result.Deliveries > 0 {
		m.set("each", float64(result.Elapsed.Nanoseconds())/float64(result.Deliveries))
	}
	m.set("silence", result.Silence.Seconds()*1000)
	m.set("dropped", float64(result.Dropped))
	m.set("lost", float64(result.Lost))
	m.set("late", float64(result.Late))
	m.set("growth", float64(peak-before)/(1<<20))
	m.judge(result)
	return nil
}

// latency measures the time from sending to reading at a low rate.
func (m *measurement) latency(clients, rate int) error {
	s, room, err := m.room(clients, false)
	if err != nil {
		return err
	}
	defer end(s, room)
	result, err := room.Run(load.Talk{
		Senders: 1, Rate: rate, Size: shortMessage,
		Warmup: min(warmup, m.duration/2), Duration: 2 * m.duration, Drain: drainLimit,
	})
	if err != nil {
		return err
	}
	m.judge(result)
	if len(result.Waits) == 0 {
		return nil // the sender was cut off at once
	}
	m.set("p50", percentile(result.Waits, 50))
	m.set("p99", percentile(result.Waits, 99))
	return nil
}

// percentile is in µs.
func percentile(sorted []time.Duration, p int) float64 {
	return float64(sorted[(len(sorted)-1)*p/100].Nanoseconds()) / 1000
}

// idle measures the memory of connections that say nothing.
func (m *measurement) idle(clients int) error {
	s, room, err := m.room(clients, false)
	if err != nil {
		return err
	}
	defer end(s, room)
	if _, err := room.Run(load.Talk{Duration: min(settling, 2*m.duration)}); err != nil {
		return err
	}
	now, _ := s.Memory()
	m.set("memory", (float64(now)-m.values["empty"])/float64(clients))
	return nil
}

// lean is idle with so little memory allowed that Go's runtime gives back at once what it would
// keep for later.
func (m *measurement) lean(clients int) error {
	os.Setenv("GOMEMLIMIT", "16MiB") // the servers inherit it
	defer os.Unsetenv("GOMEMLIMIT")
	return m.idle(clients)
}

// visits is how many clients come and go, one after the other.
const visits = 50

// join measures how long coming and going take beside many that stay.
func (m *measurement) join(clients int) error {
	s, room, err := m.room(clients, true)
	if err != nil {
		return err
	}
	defer end(s, room)
	var joins, leaves, tolds []time.Duration
	for i := range visits {
		join, leave, told, err := room.Visit(clients+1+i, drainLimit)
		if err != nil {
			return fmt.Errorf("visit %d: %w", i+1, err)
		}
		joins, leaves, tolds = append(joins, join), append(leaves, leave), append(tolds, told)
	}
	for metric, times := range map[string][]time.Duration{"join": joins, "leave": leaves,
		"told": tolds} {
		slices.Sort(times)
		m.set(metric, percentile(times, 50))
		m.set(metric+" p99", percentile(times, 99))
	}
	return nil
}
