//go:build linux

package main

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// scenario is one thing that is measured of every server.
type scenario struct {
	name string
	run  func(m *measurement) error
}

// Scenarios of the report, a section each.
var (
	throughput = []string{"N100K1w1", "N100K1w16", "N1000K1w16", "N100K1w16s1024", "N100K100w1",
		"N100K100w16"}
	scale     = []string{"N10K1w16", "N100K1w16", "N1000K1w16", "N10000K1w16"}
	latencies = []string{"latency100", "latency1000"}
	floods    = []string{"N100K1w0s1024", "N100K100w0s1024"}
	stalls    = []string{"stall200", "stallflood"}
	others    = []string{"idle10000", "lean10000", "slow", "stallall", "join10000"}
)

var quickScenarios = []string{"N100K1w16", "N100K100w1", "latency100", "idle1000"}

func allScenarios() []string {
	var all []string
	seen := make(map[string]bool)
	for _, group := range [][]string{throughput, scale, latencies, floods, stalls, others} {
		for _, name := range group {
			if !seen[name] {
				seen[name] = true
				all = append(all, name)
			}
		}
	}
	return all
}

var (
	talkName = regexp.MustCompile(`^N(\d+)K(\d+)w(\d+)(?:s(\d+))?$`)
	idleName = regexp.MustCompile(`^idle(\d+)$`)
	leanName = regexp.MustCompile(`^lean(\d+)$`)
	joinName = regexp.MustCompile(`^join(\d+)$`)
)

// Sizes of messages in bytes.
const (
	shortMessage = 32
	longMessage  = 4 << 10
)

func find(name string) (scenario, error) {
	if n := numbers(talkName, name); n != nil {
		if n[3] == 0 {
			n[3] = shortMessage
		}
		if n[1] > n[0] {
			return scenario{}, fmt.Errorf("%s: more senders than clients", name)
		}
		return scenario{name,
			func(m *measurement) error { return m.talk(n[0], n[1], n[2], n[3]) }}, nil
	}
	if n := numbers(idleName, name); n != nil {
		return scenario{name, func(m *measurement) error { return m.idle(n[0]) }}, nil
	}
	if n := numbers(leanName, name); n != nil {
		return scenario{name, func(m *measurement) error { return m.lean(n[0]) }}, nil
	}
	if n := numbers(joinName, name); n != nil {
		return scenario{name, func(m *measurement) error { return m.join(n[0]) }}, nil
	}
	runs := map[string]func(*measurement) error{
		"latency100":  func(m *measurement) error { return m.latency(100, 100) },
		"latency1000": func(m *measurement) error { return m.latency(1000, 50) },
		"stall200":    func(m *measurement) error { return m.stall(200) },
		"stallflood":  func(m *measurement) error { return m.stall(0) },
		"stallall":    (*measurement).stallAll,
		"slow":        (*measurement).slow,
	}
	if run, ok := runs[name]; ok {
		return scenario{name, run}, nil
	}
	return scenario{}, fmt.Errorf("no scenario is called %q", name)
}

func numbers(expression *regexp.Regexp, name string) []int {
	found := expression.FindStringSubmatch(name)
	if found == nil {
		return nil
	}
	n := make([]int, len(found)-1)
	for i := range n {
		n[i], _ = strconv.Atoi(found[i+1])
	}
	return n
}

// usual is how long a scenario takes until one run has shown it.
func usual(name string, duration time.Duration) time.Duration {
	switch name {
	case "stall200", "slow":
		return 25 * time.Second
	case "stallflood", "stallall", "join10000", "idle10000", "lean10000", "N10000K1w16":
		return 15 * time.Second
	case "latency100", "latency1000":
		return 5 * time.Second
	}
	return duration + 2*time.Second
}
