// Command see shows what chat servers do with a client that asks for trouble. It starts each server
// as a process of its own on a free port.
//
//	go run -C learn ./see binary                one story, on main.py and on the plain port to Go
//	go run -C learn ./see binary gorilla coder  one story, on these
//	go run -C learn ./see all fixed             the six stories of the lesson, on one server
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

func (s scenario) start(server, dir string) (*servers.Server, error) {
	if s.name == "blocking" {
		return startSleeper(server, dir)
	}
	return servers.Start(server)
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
	servers.Hub: 15, servers.Gorilla: 15, servers.Coder: 15,
}

// more are the stories that "all" leaves out.
var more = []scenario{
	{"stuck", "One stops reading. One speaks until it is not heard. Then 3 and 4 speak.",
		40, stuck},
	{"died", "Client 1 has died of a binary message. Then 2 says three words.", 15, died},
	{"burst", "One of ten clients says 10,000 words at once. All ten read what comes.", 0, burst},
	{"blocking", `The handler has one more line. Client 1 says "sleep". Then client 2 speaks.`, 10,
		blocking},
}

type shownServer struct{ argument, server, name string }

// shown are the servers: as the command line and as the output names them.
var shown = []shownServer{
	{"main", servers.FastAPI, "main.py"},
	{"plain", servers.XNet, "plain port"},
	{"fixed", servers.Fixed, "fixed.py"},
	{"ours", servers.Go, "this chat"},
	{"hub", servers.Hub, "hub"},
	{"gorilla", servers.Gorilla, "gorilla"},
	{"coder", servers.Coder, "coder"},
	{"gather", servers.Gather, "gather"},
	{"gather-exceptions", servers.GatherExceptions, "return_exceptions"},
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
	stories := slices.Concat(scenarios, more)
	if len(args) > 0 {
		on, err := find(args[1:])
		if err != nil {
			return err
		}
		if args[0] == "all" && len(on) == 1 {
			return everything(on[0].server)
		}
		for _, s := range stories {
			if s.name == args[0] {
				return oneStory(s, on)
			}
		}
	}
	names := []string{"versions", "all main", "all plain", "all fixed", "all ours"}
	for _, s := range stories {
		names = append(names, s.name)
	}
	return fmt.Errorf("say what to see: %s", strings.Join(names, ", "))
}

// find looks the servers up that arguments name.
func find(arguments []string) (found []shownServer, err error) {
	for _, argument := range arguments {
		i := slices.IndexFunc(shown, func(s shownServer) bool { return s.argument == argument })
		if i < 0 {
			var names []string
			for _, s := range shown {
				names = append(names, s.argument)
			}
			return nil, fmt.Errorf("%q is no server: say %s", argument, strings.Join(names, ", "))
		}
		found = append(found, shown[i])
	}
	return found, nil
}

// oneStory tells it of these servers, otherwise of main.py and of the plain port.
func oneStory(s scenario, on []shownServer) error {
	if len(on) == 0 {
		on = shown[:2]
	}
	fmt.Println(s.story + takes(s.seconds))
	var parts []part
	widest := 0
	for _, server := range on {
		parts = append(parts, part{server.name, server.server, s})
		widest = max(widest, len(server.name))
	}
	return tell(widest, parts)
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
	dir, err := os.MkdirTemp("", "chat-see-") // for what is made to be started
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	process, err := s.start(server, dir)
	if err != nil {
		return "", err
	}
	defer process.Kill()
	return s.play(process)
}
