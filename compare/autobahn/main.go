// Command autobahn puts echo servers through the Autobahn test suite, the real one: ours,
// FastAPI's, and some on other Go libraries.
//
//	go run ./autobahn                                                     prints what came of it
//	go run ./autobahn -write ../docs/conformance.md                       puts it into the file
//	go run ./autobahn -servers ours,fastapi -check ../docs/conformance.md
//
// It takes half a minute for most servers, three at a time. The suite needs Python 2.7; where
// there is none, -check says so and lets it be, unless REQUIRE_AUTOBAHN=1.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"example.com/chat/compare/marked"
	"example.com/chat/compare/servers"
)

// name is the mark of the table in a file.
const name = "autobahn"

// atOnce is how many servers are tested at the same time: some cases wait for what must not come.
const atOnce = 3

// all are the servers that have an echo server, in the table's order.
var all = []string{servers.Go, servers.FastAPI, servers.XNet, servers.Gorilla, servers.Coder,
	servers.GWS}

func main() {
	log.SetFlags(0)
	names := flag.String("servers", strings.Join(all, ","), "servers to test")
	check := flag.String("check", "", "`file` whose table must say the same of these servers")
	write := flag.String("write", "", "`file` to put the table into")
	flag.Parse()
	err := run(strings.Split(*names, ","), *check, *write)
	servers.Cleanup()
	if errors.Is(err, errNoPython) && *check != "" && os.Getenv("REQUIRE_AUTOBAHN") != "1" {
		log.Print("autobahn: left out: ", err)
		return
	}
	if err != nil {
		log.Fatal("autobahn: ", err)
	}
}

func run(names []string, check, write string) error {
	for _, name := range names {
		if !slices.Contains(all, name) {
			return fmt.Errorf("no echo server is called %q: there are %s", name,
				strings.Join(all, ", "))
		}
	}
	if write != "" && !slices.Equal(names, all) {
		return errors.New("-write needs all servers: the table claims to be complete")
	}
	if slices.Contains(names, servers.FastAPI) {
		if err := servers.Pinned(); err != nil {
			return err
		}
	}
	wstest, err := install()
	if err != nil {
		return err
	}
	results, err := testAll(wstest, names)
	if err != nil {
		return err
	}
	fmt.Print(table(results))
	if slices.Contains(names, servers.Go) {
		if err := allPass(results[names[slices.Index(names, servers.Go)]]); err != nil {
			return err
		}
	}
	if check+write == "" {
		return nil
	}
	return file(check, write, results)
}

// file compares results with the table in a file, or puts them there.
func file(check, write string, results map[string]result) error {
	old, err := os.ReadFile(check + write)
	if err != nil {
		return err
	}
	if write != "" {
		fresh, err := marked.Replace(string(old), name, table(results)+"\n"+how)
		if err != nil {
			return fmt.Errorf("%s: %w", write, err)
		}
		return os.WriteFile(write, []byte(fresh), 0o644)
	}
	for server, r := range results {
		if !r.isIn(server, string(old)) {
			return fmt.Errorf("%s says something else of %s: in compare/, go run ./autobahn "+
				"-write %s",
				check, server, check)
		}
	}
	return nil
}

// testAll tests the named servers, some at a time.
func testAll(wstest string, names []string) (map[string]result, error) {
	var (
		mu      sync.Mutex
		results = map[string]result{}
		failed  []error
		turns   = make(chan struct{}, atOnce)
		tests   sync.WaitGroup
	)
	for _, name := range names {
		tests.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			r, err := testOne(wstest, name)
			mu.Lock()
			defer mu.Unlock()
			results[name] = r
			if err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	tests.Wait()
	return results, errors.Join(failed...)
}

func testOne(wstest, name string) (result, error) {
	folder := filepath.Join(servers.Root(), "compare", "autobahn", "echo",
		strings.ReplaceAll(name, "/", ""))
	if name == servers.Go {
		folder = filepath.Join(servers.Root(), "internal", "wsconn", "echo")
	}
	s, err := servers.StartIn(folder, name)
	if err != nil {
		return result{}, err
	}
	defer s.Kill()
	verdicts, err := put(wstest, s.Addr)
	if err != nil {
		return result{}, err
	}
	return count(verdicts)
}
