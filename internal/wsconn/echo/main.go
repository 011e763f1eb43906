// Echo answers each message with itself: a server to put through a conformance suite.
//
//	go run ./internal/wsconn/echo -addr 127.0.0.1:9001
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"

	"example.com/chat/internal/echo"
	"example.com/chat/internal/wsconn"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9001", "listen on this `host:port`")
	flag.Parse()
	server := &wsconn.Server{MaxMessage: echo.MaxMessage}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Echo running on ws://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, echo.NewHandler(server)))
}
