// Command pairs proves the look-up table from FastAPI to Go. Each pair has a folder: a program in
// Python, the same in Go, and talk.txt, a conversation that is had with both.
//
//	go run -C learn ./pairs              play all talks, and make docs/pairs.md
//	go run -C learn ./pairs -check       play all, and fail if docs/pairs.md would change
//	go run -C learn ./pairs -mutants     make each mistake of mutants.txt, and fail if no talk notices
//	go run -C learn ./pairs [-mutants] NAME…   only these pairs
//
// A talk reads as documentation. It is played with "uvicorn main:app", and with the Go program,
// built with the race detector and with another port, but otherwise as it is.
//
//	# words for the reader; they also name the differences below them
//	env NAME=value                  for the program; {service} is the address of another server
//	> POST /items {"name": "pen"}   somebody asks; what follows are headers, "field a=b" of a form,
//	> Cookie: a=b                   "field a=@name.txt words" for a file, and "| words" of the body
//	< 201 {"id": 1}                 the answer. JSON is compared as values, all else as it is.
//	< Location: /items/1            Content-Type, Location, Set-Cookie, Allow are compared always.
//	< FastAPI: 422 …                a difference that is meant; … stands for anything
//	< Go: 400 …
//	ann> GET /events                somebody with a name stays; with no body in "ann< 200" the lines
//	ann<< data: hello               that follow are heard one by one, empty ones left out
//	ann> WS /ws                     a WebSocket; "ann>> words" sends, "ann<< close 1000" is its end
//	ann: leaves                     "ann: end" and "ann: cut" are the other end's doing
//	service> GET /rate              the program asks the other server; "service< 200 …" answers,
//	service: end                    and this is the program giving up
//	prints: words                   the program prints a line with these words, after the last one
//	never prints: words             no line up to here has them
//	within 2s, after 100ms          how long the next wait may take; how long the last one took at least
//	start, SIGTERM, exit 0          the program's life; it starts by itself at the first request
//	$ pytest -q                     in place of the server: a command of the Python environment, or go test
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"sync"
	"time"
)

func main() {
	log.SetFlags(0)
	check := flag.Bool("check", false, "change nothing, and fail where docs/pairs.md would change")
	mutants := flag.Bool("mutants", false, "play with the mistakes of mutants.txt in place of the programs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *check, *mutants, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, check, mutants bool, names []string) error {
	if _, err := os.Stat("pairs/main.go"); err != nil {
		return errors.New("start this in the project's folder: go run -C learn ./pairs")
	}
	if _, err := python(); err != nil {
		return err
	}
	all, err := readPairs()
	if err != nil {
		return err
	}
	chosen := names
	if len(names) == 0 {
		for _, pair := range all {
			chosen = append(chosen, pair.Name)
		}
	}
	for _, name := range chosen {
		if !slices.ContainsFunc(all, func(p *pair) bool { return p.Name == name }) {
			return fmt.Errorf("there is no pair %q", name)
		}
	}
	todo, err := tasks(chosen, mutants)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := inParallel(ctx, todo); err != nil {
		return err
	}
	log.Printf("%d pairs, %d programs played in %v", len(chosen), len(todo), time.Since(began).Round(time.Second))
	if mutants || len(names) > 0 && check {
		return nil
	}
	return updatePage(all, check)
}

// tasks are what is played: both sides of each pair, or its mutants.
func tasks(names []string, mutants bool) (todo []func(context.Context) error, err error) {
	for _, name := range names {
		if !mutants {
			for _, side := range []string{fastAPI, golang} {
				todo = append(todo, func(ctx context.Context) error {
					if err := play(ctx, name, side, nil, side == golang); err != nil {
						return fmt.Errorf("%s, %s: %w", name, side, err)
					}
					return nil
				})
			}
			continue
		}
		all, err := readMutants(name)
		if err != nil {
			return nil, err
		}
		for _, m := range all {
			todo = append(todo, m.try)
		}
	}
	return todo, nil
}

// inParallel runs all, a few at once, and joins their errors. Much of the time they wait.
func inParallel(ctx context.Context, todo []func(context.Context) error) error {
	failed := make([]error, len(todo))
	places := make(chan struct{}, 1+runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for i, task := range todo {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			failed[i] = task(ctx)
		})
	}
	group.Wait()
	return errors.Join(failed...)
}
