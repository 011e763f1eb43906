// Command watch shows two chat servers while they run: FastAPI's main.py and this repository's
// manager.go, unchanged, side by side. Each client's mark is on the line where its handler is now.
//
//	go run -C learn ./watch                  starts both, and prints the address of the page
//	go run -C learn ./watch -story binary    plays a story at once
//	go run -C learn ./watch -third fixed     with a third program: fixed.py, or the plain port
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"example.com/chat/compare/servers"
)

func main() {
	story := flag.String("story", "", "play this `story` at once: "+storyNames())
	third := flag.String("third", "", "show a third `program`, too: "+thirdNames())
	addr := flag.String("addr", "127.0.0.1:0", "show the page on this `host:port` of this machine")
	flag.Parse()
	err := run(*story, *third, *addr, flag.Args())
	servers.Cleanup()
	if err != nil {
		fmt.Fprintln(os.Stderr, "watch:", err)
		os.Exit(1)
	}
}

func run(name, third, addr string, rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q: see -help", rest[0])
	}
	shown, err := chosen(third)
	if err != nil {
		return err
	}
	var toPlay []story
	if name != "" {
		if toPlay, err = storiesNamed(name); err != nil {
			return fmt.Errorf("-story: %w", err)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	starter, err := newStarter()
	if err != nil {
		return err
	}
	defer starter.close()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	fmt.Println("Both programs are being built and started …")
	return serve(ctx, newRoom(starter, shown), listener, toPlay)
}

// serve shows the page until ctx ends.
func serve(ctx context.Context, r *room, listener net.Listener, toPlay []story) error {
	defer r.close()
	missing, err := r.afresh()
	if err != nil {
		return err
	}
	if missing != nil {
		fmt.Println("Only Go is shown:", missing)
	}
	if err := r.comeAll(3); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s := newSite(ctx, r, missing)
	ended := make(chan error, 1)
	go func() { ended <- http.Serve(listener, s.handler()) }()
	fmt.Printf("Watch them run on http://%s (Press CTRL+C to quit)\n", listener.Addr())
	go func() {
		if len(toPlay) > 0 && s.awaitPage() {
			s.ask(toPlay)
		}
	}()
	go func() { ended <- s.direct() }()
	return <-ended
}

func storyNames() string {
	names := []string{"all"}
	for _, s := range stories {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

func thirdNames() string {
	var names []string
	for _, p := range programs[2:] {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}
