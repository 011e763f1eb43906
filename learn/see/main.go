// Command see shows what chat servers do with a client that asks for trouble. It starts each server
// as a process of its own on a free port.
//
//	go run -C learn ./see binary         one story, on main.py and on the plain port to Go
//	go run -C learn ./see all fixed      all stories on one server: main, plain, fixed, or ours
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"example.com/chat/compare/servers"
)

// scenario is a story that is played on a server. It returns what came of it; an error means that
// it could not be told.
type scenario struct {
	name, story string
	seconds     int // that it takes, roughly; 0: five at most
	play        func(*servers.Server) (string, error)
}

var scenarios = []scenario{
	{"stops-reading", "One client stops reading. Another speaks on.", 90, stopsReading},
	{"last-word", "A client says a last word and closes. Then another speaks.", 0, lastWord},
	{"binary", "A client sends a binary message. Then another speaks.", 12, binaryMessage},
	{"long-message", "A browser sends 100,000 euro signs: 300,000 bytes.", 15, longMessage},
	{"crossing", "Two speak at once. A third client reads slowly.", 0, crossing},
	{"foreign-page", "A page of https://evil.example connects, in the browser of a guest.", 0,
		foreignPage},
	{"ctrl-c", "The server gets CTRL+C while a client is connected.", 0, ctrlC},
}

// allSeconds is what all stories take on one server, roughly.
var allSeconds = map[string]int{
	servers.FastAPI: 90, servers.XNet: 90, servers.Fixed: 15, servers.Go: 15,
}

// shown are the servers: as the command line and as the output names them.
var shown = []struct{ argument, server, name string }{
	{"main", servers.FastAPI, "main.py"},
	{"plain", servers.XNet, "plain port"},
	{"fixed", servers.Fixed, "fixed.py"},
	{"ours", servers.Go, "this chat"},
}

func main() {
	err := run(os.Args[1:])
	servers.Cleanup()
	if err != nil {
		fmt.Fprintln(os.Stderr, "see:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if slices.Equal(args, []string{"versions"}) {
		return versions()
	}
	if len(args) == 2 && args[0] == "all" {
		for _, s := range shown {
			if s.argument == args[1] {
				return everything(s.server)
			}
		}
	}
	for _, s := range scenarios {
		if slices.Equal(args, []string{s.name}) {
			return oneStory(s)
		}
	}
	names := []string{"versions", "all main", "all plain", "all fixed", "all ours"}
	for _, s := range scenarios {
		names = append(names, s.name)
	}
	return fmt.Errorf("say what to see: %s", strings.Join(names, ", "))
}

// versions prints which are in use. Without FastAPI it says how to get it.
func versions() error {
	fmt.Println(strings.Join(servers.Versions(context.Background()), "\n"))
	if _, err := servers.Python(); err != nil {
		if os.Getenv("REQUIRE_FASTAPI") == "1" {
			return err
		}
		fmt.Println("left out:", err)
	}
	return nil
}

// oneStory tells it of main.py and of the plain port.
func oneStory(s scenario) error {
	fmt.Println(s.story + takes(s.seconds))
	return tell(len("plain port"), []part{
		{"main.py", servers.FastAPI, s}, {"plain port", servers.XNet, s},
	})
}

// takes is a hint for whoever waits.
func takes(seconds int) string {
	if seconds == 0 {
		return ""
	}
	return fmt.Sprintf(" (This takes %d seconds.)", seconds)
}

// everything tells all stories of one server.
func everything(server string) error {
	fmt.Println("All stories, at the same time." + takes(allSeconds[server]))
	var parts []part
	widest := 0
	for _, s := range scenarios {
		parts = append(parts, part{s.name, server, s})
		widest = max(widest, len(s.name))
	}
	return tell(widest, parts)
}

// part is one story on one server.
type part struct {
	title, server string
	scenario
}

// tell plays all parts at the same time, because most of their time is waiting, and prints them.
func tell(width int, parts []part) error {
	outcomes, errs := make([]string, len(parts)), make([]error, len(parts))
	var all sync.WaitGroup
	for i, p := range parts {
		all.Go(func() { outcomes[i], errs[i] = playOn(p.server, p.scenario) })
	}
	all.Wait()
	for i, p := range parts {
		if errors.Is(errs[i], servers.ErrNoFastAPI) && os.Getenv("REQUIRE_FASTAPI") != "1" {
			outcomes[i] = "left out: " + errs[i].Error()
		} else if errs[i] != nil {
			return fmt.Errorf("%s, %s: %w", p.title, p.server, errs[i])
		}
		indent := "\n" + strings.Repeat(" ", width+4)
		fmt.Printf("  %-*s  %s\n", width, p.title, strings.ReplaceAll(outcomes[i], "\n", indent))
	}
	return nil
}

func playOn(server string, s scenario) (string, error) {
	process, err := servers.Start(server)
	if err != nil {
		return "", err
	}
	defer process.Kill()
	return s.play(process)
}
