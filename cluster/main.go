// The chat as one room over many machines. Run a node with: go run .
//
// This file is what main.go is to the chat of one process: flags, routes, and serving until CTRL+C. nodes.go says how this node finds
// the others, room/ is the ConnectionManager that spans them, keeper/ the NATS server inside.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"

	"example.com/chat"
	"example.com/chat/cluster/room"
)

const (
	headerTimeout   = 5 * time.Second         // a client that dribbles its headers must not hold a connection
	headerBytes     = 16 << 10                // many times what a browser sends
	idleTimeout     = 30 * time.Second        // between two requests of one browser
	pageTimeout     = 60 * time.Second        // to take the page; Bootstrap is 230 KB, and some lines are slow
	shutdownTimeout = 4500 * time.Millisecond // for all clients to take what was said and their close, and the room their leavings
	pageGrace       = 500 * time.Millisecond  // for page loads under way then

	mostConnections = 40_000 // to one node: it tells the others all its clients in one message, of a megabyte at most
)

var roomName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

func run() error {
	var nodes nodes
	flag.Usage = func() { // else with the name that go run gave the program, which is another each time
		fmt.Fprintln(flag.CommandLine.Output(), "Usage of go run .:")
		flag.PrintDefaults()
	}
	nodes.flags()
	addr := flag.String("addr", "127.0.0.1:8000", "the page and its WebSockets: listen on this `host:port`; :8000 is every address of this machine, port 0 a free one")
	origins := flag.String("origins", "", "let pages of these `origins` connect too, as https://a.example,https://b.example")
	maxConnections := flag.Int("max-connections", chat.DefaultMaxConnections, "refuse clients beyond this `number` with 503")
	cert := flag.String("tls-cert", "", "serve HTTPS with this certificate `file` (PEM)")
	key := flag.String("tls-key", "", "the certificate's private key `file` (PEM)")
	name := flag.String("room", "chat", "the room's `name`, of letters, digits, - and _: nodes of other rooms may use the same servers")
	awayLimit := flag.Duration("away-limit", room.DefaultAwayLimit, "send clients away when the other nodes cannot be reached for so long")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: see -help", flag.Arg(0))
	}
	if (*cert == "") != (*key == "") {
		return errors.New("-tls-cert and -tls-key go together: give both, or neither")
	}
	if !roomName.MatchString(*name) {
		return fmt.Errorf("-room %q: use letters, digits, - and _", *name)
	}
	if *maxConnections < 1 || *maxConnections > mostConnections {
		return fmt.Errorf("-max-connections must be 1 to %d: start more nodes for more clients", mostConnections)
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true) // a WebSocket needs no more, and over HTTP/2 one connection may ask for the page 250 times at once
	server := &http.Server{
		Protocols:         &protocols,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       headerTimeout,
		WriteTimeout:      pageTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytes,
	}
	if *cert != "" {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		if err != nil {
			return fmt.Errorf("-tls-cert and -tls-key: %w", err)
		}
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
	}

	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", *addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is already in use: stop the other program, or choose another port, as in -addr 127.0.0.1:8001", *addr)
	}
	if err != nil {
		return fmt.Errorf("cannot listen on %q: %w", *addr, err)
	}
	defer listener.Close()

	nc, err := nodes.connect()
	defer nodes.close()
	if err != nil {
		return err
	}
	manager, err := room.Open(interrupted, nc, room.Options{Name: *name, Replicas: nodes.replicas(), AwayLimit: *awayLimit})
	if err != nil {
		return err
	}
	endpoint, err := chat.WebSocketEndpoint(manager, chat.Options{Origins: splitList(*origins), MaxConnections: *maxConnections})
	if err != nil {
		return fmt.Errorf("-origins: %w", err)
	}
	app := http.NewServeMux()
	app.Handle("GET /{$}", chat.Page())
	app.Handle("GET /static/{file}", chat.Page())
	app.Handle("/ws/{client_id}", endpoint)
	server.Handler = app
	err = serve(interrupted, server, listener, func() { nodes.printJoin() })
	stop() // a second CTRL+C ends the program at once
	end(server, func(ctx context.Context) error {
		manager.Shutdown(ctx)
		return errors.Join(endpoint.Wait(ctx), manager.Leave(ctx))
	})
	return err
}

// serve serves until a signal.
func serve(interrupted context.Context, server *http.Server, listener net.Listener, printMore func()) error {
	failed := make(chan error, 1)
	scheme := "http"
	if server.TLSConfig == nil {
		go func() { failed <- server.Serve(listener) }()
	} else {
		scheme = "https"
		go func() { failed <- server.ServeTLS(listener, "", "") }()
	}
	printURLs(scheme, listener.Addr().(*net.TCPAddr))
	printMore()
	select {
	case err := <-failed:
		return err
	case <-interrupted.Done():
	}
	listener.Close()
	return nil
}

// end lets every client read what it was sent, and the room know of all leavings.
func end(server *http.Server, shutdown func(context.Context) error) {
	slog.Info("shutting down")
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	server.SetKeepAlivesEnabled(false)
	if err := shutdown(ctx); err != nil {
		slog.Warn("some clients did not take their close in time, or the room was away")
	}
	ctx, cancel = context.WithTimeout(context.Background(), pageGrace)
	defer cancel()
	server.Shutdown(ctx)
}

// printURLs prints where the chat can be opened: here, and from other machines if they can reach it.
func printURLs(scheme string, addr *net.TCPAddr) {
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	url := func(host string) string {
		return scheme + "://" + net.JoinHostPort(host, fmt.Sprint(addr.Port))
	}
	fmt.Printf("Chat running on %s (Press CTRL+C to quit)\n", url(host))
	if !addr.IP.IsUnspecified() {
		return
	}
	for _, host := range ownHosts() {
		fmt.Printf("From other machines: %s\n", url(host))
	}
}

// ownHosts are this machine's addresses that others may reach.
func ownHosts() (hosts []string) {
	interfaces, _ := net.InterfaceAddrs()
	for _, address := range interfaces {
		if ip, ok := address.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() {
			hosts = append(hosts, ip.IP.String())
		}
	}
	return hosts
}

func splitList(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}
