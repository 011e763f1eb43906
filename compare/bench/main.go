//go:build linux

// Command bench measures the chat server beside FastAPI's and beside other
// Go libraries' chats, and writes docs/benchmark.md with its picture.
//
//	go run ./bench                                  everything, into docs/
//	go run ./bench -quick                           a look in under a minute, to the screen only
//	go run ./bench -only N100K1w16,latency100 -servers ours,gws -rounds 3
//
// NxKywz is x clients of which y send, each with z unanswered messages at a
// time (0: no limit); s1024 behind it makes messages of 1,024 bytes, not 32.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"time"

	"example.com/chat/compare/servers"
)

// A quick look must end within a minute, on a slow machine too.
const (
	quickDuration = 500 * time.Millisecond
	quickLimit    = 50 * time.Second
)

func main() {
	log.SetFlags(0)
	options := flags()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-stop
		servers.Cleanup()
		os.Exit(1) // the servers end with this process
	}()
	err := run(options)
	servers.Cleanup()
	if err != nil {
		log.Fatal(err)
	}
}

type options struct {
	only, servers  []string
	rounds         int
	duration       time.Duration
	quick          bool
	limit          time.Duration // no run is begun after it; 0 is none
	profile, write string
}

func flags() options {
	var o options
	only := flag.String("only", "", "scenarios, with commas between them (default all)")
	names := flag.String("servers", strings.Join(servers.All, ","), "servers to measure")
	flag.IntVar(&o.rounds, "rounds", 3, "how often each figure is taken; the median counts")
	flag.DurationVar(&o.duration, "duration", 2*time.Second, "how long one measurement lasts")
	flag.BoolVar(&o.quick, "quick", false, "a few scenarios, one short round: under 60 s")
	flag.StringVar(&o.profile, "profile", "", "write the load generator's CPU profile to this file")
	flag.StringVar(&o.write, "write", "",
		"folder for benchmark.md and its picture (default ../docs for a full run)")
	flag.Parse()
	o.servers = strings.Split(*names, ",")
	switch {
	case *only != "":
		o.only = strings.Split(*only, ",")
	case o.quick:
		o.only = quickScenarios
	default:
		o.only = allScenarios()
		if o.write == "" {
			o.write = "../docs"
		}
	}
	if o.quick {
		o.rounds, o.duration, o.limit = 1, quickDuration, quickLimit
		o.servers = slices.DeleteFunc(o.servers,
			func(name string) bool { return name == servers.Raw })
	}
	return o
}

func run(o options) error {
	for _, name := range o.servers {
		if !slices.Contains(servers.All, name) {
			return fmt.Errorf("no server is called %q: there are %s", name,
				strings.Join(servers.All, ", "))
		}
	}
	if _, err := servers.Python(); err != nil && slices.ContainsFunc(o.servers, servers.IsPython) {
		if os.Getenv("REQUIRE_FASTAPI") == "1" {
			return err
		}
		log.Println("left out:", err)
		o.servers = slices.DeleteFunc(o.servers, servers.IsPython)
	}
	if o.write != "" && slices.ContainsFunc(o.servers, servers.IsPython) {
		if err := servers.Pinned(); err != nil {
			return err
		}
	}
	if o.profile != "" {
		file, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	b, err := newBench(o)
	if err != nil {
		return err
	}
	b.runAll()
	fmt.Println()
	fmt.Print(b.tables())
	if o.write != "" {
		if err := b.writeReport(o.write); err != nil {
			return err
		}
	}
	return b.ourFailures()
}
