// Package peer holds what the programs in compare/peers have in common: they
// listen on a free port, say which, and speak the chat's protocol.
package peer

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os/signal"
	"strconv"
	"syscall"
)

// MaxMessage is the longest message in bytes that a peer accepts: the Go
// server's own limit.
const MaxMessage = 65_536

// Buffer is how many messages may wait for one client, for the designs that
// have such a queue. Call flag.Parse, or Run, before reading it.
var Buffer = flag.Int("buffer", 256, "messages that may wait for one client")

// Run serves upgrades on /ws/{client_id} with endpoint until a signal ends it.
func Run(endpoint func(w http.ResponseWriter, r *http.Request, clientID int64)) {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	flag.Parse()
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws/{client_id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(r.PathValue("client_id"), 10, 64)
		if err != nil {
			http.Error(w, "client_id is not an integer", http.StatusForbidden)
			return
		}
		endpoint(w, r, id)
	})
	fmt.Printf("Peer running on http://%s\n", listener.Addr())

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	go func() { log.Fatal(http.Serve(listener, mux)) }()
	<-ctx.Done()
}

// Personal is what a client reads of its own message.
func Personal(message []byte) []byte {
	return append([]byte("You wrote: "), message...)
}

// Says is what everyone reads of a client's message.
func Says(clientID int64, message []byte) []byte {
	return fmt.Appendf(nil, "Client #%d says: %s", clientID, message)
}

// Left is what the others read when a client is gone.
func Left(clientID int64) []byte {
	return fmt.Appendf(nil, "Client #%d has left the chat", clientID)
}
