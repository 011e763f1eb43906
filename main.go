//go:build ignore

// Run the chat with: go run main.go
//
// This file is what the command "uvicorn main:app" is to Python: flags, and serving until CTRL+C.
// The other files of this folder are package chat. The first line keeps this file out of it.
package main

import (
	"flag"
	"fmt"
	"os"

	"example.com/chat"
	"example.com/chat/internal/origin"
	"example.com/chat/internal/serve"
	"example.com/chat/internal/wsconn"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

func run() error {
	serve.Usage("go run main.go")
	addr := flag.String("addr", "127.0.0.1:8000",
		"listen on this `host:port`; :8000 is every address of this machine, port 0 a free one")
	origins := flag.String("origins", "",
		"let pages of these `origins` connect, too, as https://a.example,https://b.example")
	maxConnections := flag.Int("max-connections", wsconn.DefaultMaxConnections,
		"refuse clients beyond this `number` with 503")
	cert := flag.String("tls-cert", "", "serve HTTPS with this certificate `file` (PEM)")
	key := flag.String("tls-key", "", "the certificate's private key `file` (PEM)")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: see -help", flag.Arg(0))
	}
	if *maxConnections < 1 {
		return fmt.Errorf("-max-connections must be at least 1")
	}
	allowed, err := origin.Parse(*origins)
	if err != nil {
		return fmt.Errorf("-origins: %w", err)
	}

	server, err := serve.Listen(*addr, *cert, *key)
	if err != nil {
		return err
	}
	sockets := &wsconn.Server{Origins: allowed.At(server.Addr()), MaxConnections: *maxConnections}
	return server.Run(chat.App(sockets), sockets.Shutdown)
}
