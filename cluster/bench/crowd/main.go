//go:build linux

// Crowd measures a room of many nodes with tens of thousands of clients, all on this machine. It
// plays what happens to such a room, and checks what every client hears: the same, in one order.
//
//	go run ./bench/crowd                                 ten nodes, 50,000 clients: minutes
//	go run ./bench/crowd -nodes 4 -clients 200           a look
//	go run ./bench/crowd -cases kill,stop                a part of it
//
// Nodes and brokers are processes of their own, and so are the clients, up to 15,000 in each: each
// process needs as many open files (ulimit -n 20000). A client takes about 1 KB, and 15 KB in its
// node.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"syscall"

	"example.com/chat/cluster/bench/page"
)

type options struct {
	nodes, clients int // clients on each node
	cases          []string
	write          string
}

func main() {
	if data := os.Getenv(brokerEnv); data != "" {
		runBroker(data)
		return
	}
	if os.Getenv(crowdEnv) != "" {
		runCrowd()
		return
	}
	var o options
	flag.IntVar(&o.nodes, "nodes", 10, "`number` of nodes")
	flag.IntVar(&o.clients, "clients", 5000, "`number` of clients on each node")
	names := flag.String("cases", strings.Join(caseNames(), ","), "play these `cases`")
	flag.StringVar(&o.write, "write", "", "put the table between its marks in this `file`, too")
	flag.Parse()
	o.cases = strings.Split(*names, ",")
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "crowd:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	for _, name := range o.cases {
		if !slices.Contains(caseNames(), name) {
			return fmt.Errorf("no case is called %q: there are %s", name,
				strings.Join(caseNames(), ", "))
		}
	}
	if err := raiseLimit(max(o.clients, min(most, o.nodes*o.clients)) + 1000); err != nil {
		return err
	}
	var rows []string
	var failed []error
	for _, c := range cases {
		if !slices.Contains(o.cases, c.name) {
			continue
		}
		log.Printf("%s, %d nodes with %d clients each", c.title, o.nodes, o.clients)
		row, err := play(o, c)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", c.name, err))
		}
		rows = append(rows, row)
	}
	table := header(o) + strings.Join(rows, "")
	fmt.Print(table)
	if o.write != "" {
		failed = append(failed, page.Insert(o.write, "go run ./bench/crowd", table))
	}
	return errors.Join(failed...)
}

// raiseLimit lets this process and its children open so many files.
func raiseLimit(files int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	allowed := limit.Max
	limit.Max = max(allowed, uint64(files)) // which root may
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("so many clients need %d open files, and %d are allowed: raise that, "+
			"as with ulimit -n %d: %w", files, allowed, files, err)
	}
	return nil
}
