//go:build unix

// Bench measures the chat over one, two and three nodes, beside the program of one process and
// beside plain publish/subscribe, which is the usual choice. All nodes and clients run in this one
// process and share its processors, over real sockets:
//
//	go run ./bench -write ../docs/cluster.md
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"time"

	"example.com/chat/cluster/bench/page"
)

const (
	command = "go run ./bench" // writes the table
	clients = 99               // the same number on each of three nodes
	size    = 32               // bytes of a message
)

// load is what the clients do.
type load struct {
	name    string
	senders int
	window  int // unanswered messages per sender; 0 for one message every 10 ms
}

var loads = []load{
	{"1 sends, 16 under way", 1, 16},
	{"99 send, 1 under way each", clients, 1},
	{"1 sends 100 a second", 1, 0},
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	write := flag.String("write", "", "put the table between its marks in this `file`, too")
	duration := flag.Duration("duration", 3*time.Second, "of each measurement")
	flag.Parse()
	log.SetOutput(io.Discard) // each node says who comes and goes
	table := header()
	for _, s := range systems {
		row, err := measureSystem(s, *duration)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Print(row)
		table += row
	}
	if *write == "" {
		return nil
	}
	return page.Insert(*write, command, table)
}

func header() string {
	text := fmt.Sprintf("%d clients, messages of %d bytes, %d processors for everything, %s, "+
		"%s.\n\n", clients, size, runtime.NumCPU(), runtime.Version(),
		time.Now().Format(time.DateOnly))
	text += "| | 1 sends, 16 under way: k deliveries/s | p50 / p99 ms | 99 send, 1 under way " +
		"each: k deliveries/s | p50 / p99 ms | 100 messages/s: p50 / p99 ms | processor time of " +
		"that |\n"
	return text + "|---|---|---|---|---|---|---|\n"
}

func measureSystem(s system, duration time.Duration) (row string, err error) {
	addrs, stop, err := s.start()
	if err != nil {
		return "", err
	}
	defer stop()
	row = "| " + s.name
	for _, l := range loads {
		r, err := measure(addrs, l, duration)
		if err != nil {
			return "", fmt.Errorf("%s: %w", l.name, err)
		}
		latency := fmt.Sprintf(" | %s / %s", millis(r.p50), millis(r.p99))
		if l.window == 0 {
			row += latency + fmt.Sprintf(" | %.0f %%", r.cpu)
		} else {
			row += fmt.Sprintf(" | %.0f", r.deliveries/1000) + latency
		}
	}
	return row + " |\n", nil
}

func millis(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()*1000) }
