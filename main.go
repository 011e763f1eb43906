//go:build ignore

// Run the chat with: go run main.go
//
// This file is what "app = FastAPI()" and the command "uvicorn main:app" are to Python: flags, routes, and serving until CTRL+C. The
// first line tells the compiler to keep it out of package chat, the rest of this folder, which others can import.
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
	"strings"
	"syscall"
	"time"

	"example.com/chat"
)

const (
	headerTimeout   = 5 * time.Second         // a client that dribbles its headers must not hold a connection
	headerBytes     = 16 << 10                // many times what a browser sends
	idleTimeout     = 30 * time.Second        // between two requests of one browser
	pageTimeout     = 60 * time.Second        // to take the page; Bootstrap is 230 KB, and some lines are slow
	shutdownTimeout = 4500 * time.Millisecond // for all clients to take what was said, and their close
	pageGrace       = 500 * time.Millisecond  // for page loads under way then; a browser's unused connections would take longer
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

func run() error {
	flag.Usage = func() { // else with the name that go run gave the program, which is another each time
		fmt.Fprintln(flag.CommandLine.Output(), "Usage of go run main.go:")
		flag.PrintDefaults()
	}
	addr := flag.String("addr", "127.0.0.1:8000", "listen on this `host:port`; :8000 is every address of this machine, port 0 a free one")
	origins := flag.String("origins", "", "let pages of these `origins` connect too, as https://a.example,https://b.example")
	maxConnections := flag.Int("max-connections", chat.DefaultMaxConnections, "refuse clients beyond this `number` with 503")
	cert := flag.String("tls-cert", "", "serve HTTPS with this certificate `file` (PEM)")
	key := flag.String("tls-key", "", "the certificate's private key `file` (PEM)")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: see -help", flag.Arg(0))
	}
	if (*cert == "") != (*key == "") {
		return errors.New("-tls-cert and -tls-key go together: give both, or neither")
	}
	if *maxConnections < 1 {
		return errors.New("-max-connections must be at least 1")
	}

	manager := chat.NewConnectionManager()
	endpoint, err := chat.WebSocketEndpoint(manager, chat.Options{Origins: splitList(*origins), MaxConnections: *maxConnections})
	if err != nil {
		return fmt.Errorf("-origins: %w", err)
	}
	app := http.NewServeMux()
	app.Handle("GET /{$}", chat.Page()) // {$}: this path only, not all that begin with it
	app.Handle("GET /static/{file}", chat.Page())
	app.Handle("GET /favicon.ico", http.RedirectHandler("/static/favicon.svg", http.StatusFound)) // browsers ask for it unasked
	app.Handle("/ws/{client_id}", endpoint)

	var protocols http.Protocols
	protocols.SetHTTP1(true) // a WebSocket needs no more, and over HTTP/2 one connection may ask for the page 250 times at once
	server := &http.Server{
		Handler:           app,
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
	return serve(server, *addr, func(ctx context.Context) error {
		manager.Shutdown(ctx)
		return endpoint.Wait(ctx)
	})
}

// serve listens and serves until a signal, and then shuts down.
func serve(server *http.Server, addr string, shutdown func(context.Context) error) error {
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	listener, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is already in use: stop the other program, or choose another port, as in -addr 127.0.0.1:8001", addr)
	}
	if err != nil {
		return fmt.Errorf("cannot listen on %q: %w", addr, err)
	}

	failed := make(chan error, 1)
	scheme := "http"
	if server.TLSConfig == nil {
		go func() { failed <- server.Serve(listener) }()
	} else {
		scheme = "https"
		go func() { failed <- server.ServeTLS(listener, "", "") }()
	}
	printURLs(scheme, listener.Addr().(*net.TCPAddr))

	select {
	case err := <-failed:
		return err
	case <-interrupted.Done():
	}
	stop() // a second CTRL+C ends the program at once

	// http.Server knows nothing of a connection that became a WebSocket: those are ours to close, and then it ends the page loads.
	slog.Info("shutting down")
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	listener.Close()
	if err := shutdown(ctx); err != nil {
		slog.Warn("some clients did not take their close in time")
	}
	ctx, cancel = context.WithTimeout(context.Background(), pageGrace)
	defer cancel()
	server.Shutdown(ctx)
	return nil
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
	interfaces, _ := net.InterfaceAddrs()
	for _, address := range interfaces {
		if ip, ok := address.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() {
			fmt.Printf("From other machines: %s\n", url(ip.IP.String()))
		}
	}
}

func splitList(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}
