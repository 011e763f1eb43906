// Package serve is what the echo servers beside it have in common.
package serve

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
)

// MaxMessage is in bytes: the largest message of the Autobahn suite.
const MaxMessage = 16 << 20

// Run serves echo on the address that -addr gives, and says where.
func Run(echo http.Handler) {
	addr := flag.String("addr", "127.0.0.1:0", "listen on this `host:port`")
	flag.Parse()
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Echo running on ws://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, echo))
}
