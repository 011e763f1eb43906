// Command pairs proves the look-up table from FastAPI to Go. Each pair has a folder: a program in
// Python, the same in Go, and talk.txt, a conversation that is had with both.
//
//	go run -C learn ./pairs            play all talks, and make docs/pairs.md
//	go run -C learn ./pairs -check     play all, and fail if docs/pairs.md would change
//	go run -C learn ./pairs -mutants   make each mistake of mutants.txt; fail if no talk notices
//	go run -C learn ./pairs typed …    only these pairs; also with -check or -mutants
//
// A talk reads as documentation. It is played with "uvicorn main:app", and with the Go program,
// built with the race detector and with another port, but otherwise as it is.
//
//	# words for the reader; they also name the differences below them
//	> POST /items {"name": "pen"}  somebody asks; "> Name: value" is a header, "> | words" a line
//	                               of the body, "> field a=b" a form's field,
//	                               "> field a=@name.txt words" a file, "> times 30" thirty at once
//	< 201 {"id": 1}                the answer. JSON is compared as values, all else as it is.
//	< Location: /items/1           Content-Type, Location, Set-Cookie, Allow are compared always
//	< FastAPI: 422 …               what holds for one side only: a stated difference;
//	< Go: 400 …                    … stands for anything
//	< dropped                      the connection ends without an answer
//	: late 300ms                   how long the answer took: "early 300ms" is less
//	ann> GET /events               somebody with a name stays; if "ann< 200" has no body, what
//	ann<< data: hello              follows is heard line by line, empty ones left out;
//	ann<<… hello                   other lines may come before this one
//	ann> WS /ws                    a WebSocket; "ann>> words" sends, "ann<< close 1000" is its end
//	ann>> [1{70000 spaces}]        a long message
//	ann> TCP /                     a connection on which nothing is said
//	ann: leaves                    "ann: end" and "ann: cut" are the other end's doing;
//	ann: silent 2s                 nothing is heard; "waits 2s": there is no answer yet
//	env NAME=value                 for the program; {service} is the address of another server
//	service> GET /rate             the program asks that server; "service< 200 …" answers it,
//	service: end                   and this is the program giving up
//	prints: words                  the program prints a line with these words, after the last one
//	never prints: words            no line up to here has them
//	within 2s                      how long the next wait may take, instead of ten seconds
//	start, SIGTERM, exit 0         the program's life; the first request starts it, too
//	$ pytest -q                    in place of the server: a command of Python, or go test
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
	mutants := flag.Bool("mutants", false, "play with the mistakes of mutants.txt")
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
	took := time.Since(began).Round(time.Second)
	log.Printf("%d pairs, %d programs played in %v", len(chosen), len(todo), took)
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
