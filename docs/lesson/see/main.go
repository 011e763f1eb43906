// Command see shows what chat servers do with a client that asks for trouble: FastAPI's, the same one line for line on plain
// x/net/websocket, and this repository's. It starts each as a process of its own on a free port.
//
//	go run -C docs/lesson ./see slow-client
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"example.com/chat/compare/servers"
)

// scenario is a story that is played on each server anew. It returns what came of it; an error means that it could not be told.
type scenario struct {
	name, story string
	play        func(*servers.Server) (string, error)
	except      string // a server that it says nothing about
}

var scenarios = []scenario{
	{"routes", "Requests that are not quite right.", routes, servers.XNet},
	{"ids", "Clients come with strange ids.", ids, servers.XNet},
	{"slow-client", "One client never reads. Another sends 16 MiB in messages of 32 KiB.", slowClient, ""},
	{"dead-client", "One client says a last word and closes at once. Then another speaks.", deadClient, ""},
	{"leave-amid", "A client leaves while a broadcast is under way.", leaveAmid, ""},
	{"foreign-origin", "A page of https://evil.example connects, in the browser of somebody who may chat here.", foreignOrigin, ""},
	{"long-message", "Clients send long messages.", longMessage, ""},
	{"fragments", "A client sends one message, €uro, in two fragments that meet inside of the €.", fragments, ""},
	{"utf-8", "A client sends text that is not UTF-8.", invalidUTF8, ""},
	{"binary", "A client sends a binary message. Then another speaks.", binaryMessage, ""},
	{"shutdown", "The server is stopped while a client is connected.", shutdown, ""},
}

var shown = []struct{ server, name string }{
	{servers.FastAPI, "FastAPI"}, {servers.XNet, "plain x/net"}, {servers.Go, "this chat"},
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
		fmt.Println(strings.Join(servers.Versions(context.Background()), "\n"))
		return nil
	}
	i := -1
	if len(args) == 1 {
		i = slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == args[0] })
	}
	if i < 0 {
		names := []string{"versions"}
		for _, s := range scenarios {
			names = append(names, s.name)
		}
		return fmt.Errorf("say what to see: %s", strings.Join(names, ", "))
	}
	if err := servers.Pinned(); err != nil && !errors.Is(err, servers.ErrNoFastAPI) {
		fmt.Println(err)
	}
	fmt.Println(scenarios[i].story)
	for _, row := range shown {
		if row.server == scenarios[i].except {
			continue
		}
		outcome, err := playOn(row.server, scenarios[i])
		if errors.Is(err, servers.ErrNoFastAPI) && os.Getenv("REQUIRE_FASTAPI") != "1" {
			outcome = "left out: " + err.Error()
		} else if err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
		const indent = "\n               "
		fmt.Printf("  %-11s  %s\n", row.name, strings.ReplaceAll(outcome, "\n", indent))
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
