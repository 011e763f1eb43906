//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"example.com/chat/compare/marked"
	"example.com/chat/compare/servers"
)

// picture is the report's, from the folder that the report is written to.
const picture = "img/benchmark.svg"

// writeReport writes benchmark.md and its picture into folder.
func (b *bench) writeReport(folder string) error {
	if err := os.MkdirAll(filepath.Join(folder, filepath.Dir(picture)), 0o755); err != nil {
		return err
	}
	if err := b.draw(filepath.Join(folder, picture)); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "benchmark.md"), []byte(b.report()), 0o644)
}

func (b *bench) report() string {
	var out strings.Builder
	out.WriteString("# Benchmark\n\nWritten by `cd compare && go run ./bench`; do not edit.\n\n")
	out.WriteString(b.inShort() + "\n")
	fmt.Fprintf(&out, "![Deliveries per second of each server](%s)\n\n", picture)
	out.WriteString(b.how())
	out.WriteString(whatIsMeasured)
	out.WriteString(b.tables())
	return marked.Wrap(out.String())
}

// inShort are the sentences above all tables.
func (b *bench) inShort() string {
	var out strings.Builder
	one, many := column{"N100K1w16", "rate", "", 1000}, column{"N100K100w16", "rate", "", 1000}
	if b.has(one, many) {
		fmt.Fprintf(&out, "While one of 100 clients talks, 16 messages under way, this server "+
			"makes %s thousand deliveries a second (%s); while all 100 do, %s thousand (%s).\n",
			b.middle(servers.Go, one), b.times(one), b.middle(servers.Go, many), b.times(many))
	}
	p50 := column{"latency100", "p50", "", 1}
	if b.has(p50) {
		fmt.Fprintf(&out, "At 100 messages a second into 100 clients, half of the deliveries "+
			"take less than %s µs (%s).\n",
			b.middle(servers.Go, p50), b.othersAt(p50, "µs"))
	}
	idle := column{"idle10000", "memory", "", 1000}
	if b.has(idle) {
		fmt.Fprintf(&out, "Each of 10,000 idle connections takes %s kB (%s).\n",
			b.middle(servers.Go, idle), b.othersAt(idle, "kB"))
	}
	fmt.Fprintf(&out, "Measured on %s on one machine with %d cores; repeat it with `cd compare "+
		"&& go run ./bench`, or `go run ./bench -quick` for a minute.\n",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU())
	return out.String()
}

func (b *bench) has(columns ...column) bool {
	return !slices.ContainsFunc(columns,
		func(c column) bool { return len(b.of(servers.Go, c)) == 0 })
}

func (b *bench) middle(server string, c column) string { return figure(median(b.of(server, c))) }

// times says how many times FastAPI's and the best other's figure ours is.
func (b *bench) times(c column) string {
	best, words := "", []string{}
	for _, name := range b.options.servers {
		if values := b.of(name, c); name == servers.Go || name == servers.Raw || len(values) == 0 ||
			median(values) == 0 {
			continue
		}
		if best == "" || median(b.of(name, c)) > median(b.of(best, c)) {
			best = name
		}
	}
	for _, name := range slices.Compact([]string{servers.FastAPI, best}) {
		if values := b.of(name, c); len(values) > 0 && median(values) > 0 {
			words = append(words,
				fmt.Sprintf("%.1f times %s", median(b.of(servers.Go, c))/median(b.of(name, c)),
					short[name]))
		}
	}
	return strings.Join(words, ", ")
}

// othersAt lists the figures of all others.
func (b *bench) othersAt(c column, unit string) string {
	var words []string
	for _, name := range b.options.servers {
		if name != servers.Go && name != servers.Raw && len(b.of(name, c)) > 0 {
			words = append(words, fmt.Sprintf("%s %s", short[name], b.middle(name, c)))
		}
	}
	return strings.Join(words, ", ") + " " + unit
}

// how says where and with what the figures were made.
func (b *bench) how() string {
	lines := []string{
		fmt.Sprintf("Machine: %d × %s, %s, Linux %s", runtime.NumCPU(),
			line("/proc/cpuinfo", "model name"), line("/proc/meminfo", "MemTotal"), kernel()),
		"Software: " + strings.Join(append(servers.Versions(context.Background()), modules()...),
			", "),
		fmt.Sprintf("Date: %s; %d round(s) of %v each, the servers in turns, the median counts; "+
			"the long ones (%s) once; it took %v",
			time.Now().UTC().Format(time.DateOnly), b.options.rounds, b.options.duration,
			strings.Join(once, ", "), time.Since(b.began).Round(time.Minute)),
	}
	return "- " + strings.Join(lines, "\n- ") + "\n\n"
}

// line is the value of the first line in a file of /proc that begins so.
func line(file, name string) string {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func kernel() string {
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return strings.TrimSpace(string(release))
}

// modules are the libraries of the peers and of ours.
func modules() []string {
	list := exec.Command("go", "list", "-m", "-f", "{{.Path}} {{.Version}}",
		"golang.org/x/net", "github.com/gorilla/websocket", "github.com/coder/websocket",
		"github.com/lxzan/gws")
	list.Dir = filepath.Join(servers.Root(), "compare")
	output, err := list.Output()
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSpace(string(output)), "\n")
}

const whatIsMeasured = `## What is measured

Each server is a process of its own, started anew for each run, on the loopback interface. The
clients are one more process on the same machine, so they share its cores: a server that leaves more
of them idle is paid for it. FastAPI runs as a reader would run it, one process of uvicorn, which
takes uvloop and httptools where they are installed. The peers are small programs in
` + "`compare/peers`" + `:

- *x/net, line for line*: the Python program carried over as it stands,
  ` + "`Send`" + ` to each connection under the lock.
- *x/net, with a hub*: one goroutine owns the list of clients. Each client has a queue and a writer.
- *gorilla/websocket* and *coder/websocket*: their own chat examples, with the same protocol. Their
  queues hold 256 (the hub's, too) and 16 messages for each client, and in a flood that drops most
  clients within a second; where messages are sent as fast as possible all three are given 65,536,
  so that there is something to measure. At low rates and idle they have their own.
- *lxzan/gws*: its ` + "`Broadcaster`" + `, whose queue for each client has no bound.
- *raw TCP* is no chat server, but what plain writes cost: all that one read brings goes out with
  one write to each connection, and then the next is read. A server that reads on meanwhile, and
  answers the speaker first, has more to put into each write, and passes it; with many senders it
  falls behind, because it does not gather what several of them say.

Every delivery is checked: each client must read each broadcast once, whole, and in the same order
as all others. Where a server lets clients read several senders in different orders (gws does), the
order of each sender's messages is checked alone.

### What not to trust

- A figure with a mark (\*), and any small difference: below 1.1 times, measure it yourself.
- Absolute figures: they are of one machine, and of a loopback interface that neither loses nor
  delays.
- The latencies hold the load generator's own time to read from all clients one after the other,
  about 1 µs each.
- *Server CPU* counts the kernel's work for a write, which on the loopback interface is also that of
  the reader's arrival.

The load generator is one goroutine around epoll, which compares what a client reads with what the
others have read, as bytes; its profile (` + "`-profile FILE`" + `) shows two thirds (at 25 million
deliveries a second) to nine tenths of its time in the kernel's
` + "`read`, `write` and `epoll_wait`" + `. A run in which it used nearly a whole core is marked.

`
