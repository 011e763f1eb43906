//go:build linux

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/chat/compare/load"
	"example.com/chat/compare/servers"
)

// once are the scenarios that are run in the first round alone: they take
// long, and what they show is not a figure that varies by a few per cent.
var once = []string{"stall200", "stallflood", "stallall", "slow"}

// bench is all measurements of one call.
type bench struct {
	options   options
	scenarios []scenario
	runs      map[string]map[string][]*measurement // scenario, server
	failed    map[string][]string                  // server, what went wrong
	perSender map[string]bool                      // server, once seen
	took      map[string]time.Duration             // scenario and server
	began     time.Time
}

func newBench(o options) (*bench, error) {
	b := &bench{
		options: o, began: time.Now(),
		runs: make(map[string]map[string][]*measurement), failed: make(map[string][]string),
		perSender: make(map[string]bool), took: make(map[string]time.Duration),
	}
	for _, name := range o.only {
		s, err := find(name)
		if err != nil {
			return nil, err
		}
		b.scenarios = append(b.scenarios, s)
		b.runs[name] = make(map[string][]*measurement)
	}
	for _, name := range o.servers {
		if servers.IsPython(name) {
			continue
		}
		if _, err := servers.Build(name); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// job is one run that is still to be done.
type job struct {
	round    int
	scenario scenario
	server   string
}

// jobs are all runs, the servers in turns, so that what the machine does
// meanwhile befalls all of them.
func (b *bench) jobs() []job {
	var jobs []job
	for round := range b.options.rounds {
		for _, s := range b.scenarios {
			if round > 0 && slices.Contains(once, s.name) {
				continue
			}
			for _, server := range b.options.servers {
				if server == servers.Raw && !talkName.MatchString(s.name) {
					continue // a measure for deliveries, and nothing else
				}
				jobs = append(jobs, job{round, s, server})
			}
		}
	}
	return jobs
}

func (b *bench) runAll() {
	jobs, started := b.jobs(), time.Now()
	for i, j := range jobs {
		began := time.Now()
		if b.options.limit > 0 && began.Sub(started) > b.options.limit {
			fmt.Printf("%d runs left out: %v are over\n", len(jobs)-i, b.options.limit)
			return
		}
		m, err := b.measure(j)
		b.took[j.scenario.name+j.server] = time.Since(began)
		line := "failed: "
		if err != nil {
			line += err.Error()
			b.failed[j.server] = append(b.failed[j.server], j.scenario.name+": "+err.Error())
		} else {
			b.runs[j.scenario.name][j.server] = append(b.runs[j.scenario.name][j.server], m)
			line = m.line()
		}
		fmt.Printf("[%d/%d, %v left] round %d, %s, %s: %s\n", i+1, len(jobs),
			b.left(jobs[i+1:]).Round(time.Second), j.round+1, j.scenario.name, j.server, line)
	}
}

// left estimates the time for jobs from what their likes took.
func (b *bench) left(jobs []job) time.Duration {
	var sum time.Duration
	for _, j := range jobs {
		took, ok := b.took[j.scenario.name+j.server]
		if !ok {
			took = usual(j.scenario.name, b.options.duration)
		}
		sum += took
	}
	return sum
}

// measure runs a job; when clients hear several senders in different orders,
// it runs it once more with the check that allows for it.
func (b *bench) measure(j job) (*measurement, error) {
	m := &measurement{
		server: j.server, duration: b.options.duration,
		perSender: b.perSender[j.server+j.scenario.name], values: make(map[string]float64),
	}
	err := j.scenario.run(m)
	if errors.Is(err, load.ErrOrder) && !m.perSender {
		b.perSender[j.server+j.scenario.name] = true
		return b.measure(j)
	}
	return m, err
}

// ourFailures is an error when our own server failed a run, lost a delivery
// or dropped a client that read.
func (b *bench) ourFailures() error {
	failures := b.failed[servers.Go]
	for name, runs := range b.runs {
		for _, m := range runs[servers.Go] {
			if m.values["lost"] > 0 || m.values["late"] > 0 || m.values["dropped"] > 0 ||
				m.values["others dropped"] > 0 {
				failures = append(failures, fmt.Sprintf("%s: %s", name, m.line()))
			}
		}
	}
	if len(failures) > 0 {
		return errors.New("our server failed:\n" + strings.Join(failures, "\n"))
	}
	return nil
}
