// The chat as one room over many machines. Run a node with: go run .
//
// This file is what main.go is to the chat of one process: flags and routes. nodes.go, connect.go
// and secret.go say how this node finds the others. room/ is the room that spans them, and keeper/
// the NATS server inside.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"regexp"

	"example.com/chat"
	"example.com/chat/cluster/room"
	"example.com/chat/internal/origin"
	"example.com/chat/internal/serve"
	"example.com/chat/internal/wsconn"
)

// mostConnections are to one node. It tells the others all its clients in one message, which may
// have a megabyte.
const mostConnections = 40_000

var roomName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

func run() error {
	serve.Usage("go run .")
	var nodes nodes
	nodes.flags()
	addr := flag.String("addr", "127.0.0.1:8000", "the page and its WebSockets: "+
		"listen on this `host:port`; :8000 is every address of this machine, port 0 a free one")
	origins := flag.String("origins", "",
		"let pages of these `origins` connect, too, as https://a.example,https://b.example")
	maxConnections := flag.Int("max-connections", wsconn.DefaultMaxConnections,
		"refuse clients beyond this `number` with 503")
	cert := flag.String("tls-cert", "", "serve HTTPS with this certificate `file` (PEM)")
	key := flag.String("tls-key", "", "the certificate's private key `file` (PEM)")
	var options room.Options
	flag.StringVar(&options.Name, "room", "chat",
		"the room's `name`, of up to 64 letters, digits, - and _: "+
			"nodes of other rooms may use the same servers")
	flag.DurationVar(&options.AwayLimit, "away-limit", room.DefaultAwayLimit,
		"send clients away when the other nodes cannot be reached for so long")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: see -help", flag.Arg(0))
	}
	if !roomName.MatchString(options.Name) {
		return fmt.Errorf("-room %.80q: use 1 to 64 letters, digits, - and _", options.Name)
	}
	if *maxConnections < 1 || *maxConnections > mostConnections {
		return fmt.Errorf("-max-connections must be 1 to %d: start more nodes for more clients",
			mostConnections)
	}
	allowed, err := origin.Parse(*origins)
	if err != nil {
		return fmt.Errorf("-origins: %w", err)
	}

	server, err := serve.Listen(*addr, *cert, *key)
	if err != nil {
		return err
	}
	defer nodes.close()
	shared, err := open(server.Context(), &nodes, options)
	if err != nil {
		return err
	}
	nodes.printJoin()
	sockets := &wsconn.Server{Origins: allowed.At(server.Addr()), MaxConnections: *maxConnections}
	app := http.NewServeMux()
	app.Handle("/", chat.App(sockets)) // the page, and not the room of one process
	app.Handle("/ws/{client_id}", shared.Handler(sockets))
	return server.Run(app, func(ctx context.Context) error {
		shared.StopWaiting()
		err := sockets.Shutdown(ctx)
		shared.Leave(ctx)
		return err
	})
}

// open takes part in the room. It may have to wait for other nodes, until ctx is done.
func open(ctx context.Context, nodes *nodes, options room.Options) (*room.Room, error) {
	nc, err := nodes.connect(ctx, options.Name)
	if err != nil {
		return nil, err
	}
	options.Replicas = nodes.replicas()
	return room.Open(ctx, nc, options)
}
