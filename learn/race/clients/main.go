// Command clients lets clients connect to a ConnectionManager, as many as its argument says. It is
// started by the command race.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"

	"example.com/chat"
	"example.com/chat/internal/wsconn"
	"golang.org/x/net/websocket"
)

func main() {
	log.SetOutput(io.Discard)
	n, err := strconv.Atoi(os.Args[1])
	if err != nil || n < 1 {
		fmt.Fprintln(os.Stderr, "clients: say how many, at least 1")
		os.Exit(1)
	}
	var manager chat.ConnectionManager
	var connected sync.WaitGroup
	connected.Add(n)
	sockets := &wsconn.Server{}
	endpoint := func(ws *websocket.Conn) {
		manager.Connect(wsconn.FromConn(ws))
		// Nothing more: any other lock might put the one Connect before the other by accident.
		connected.Done()
		connected.Wait()
	}
	server := httptest.NewServer(sockets.Handler(websocket.Server{Handler: endpoint}))
	for range n {
		url := fmt.Sprintf("ws://%s/", server.Listener.Addr())
		if _, err := websocket.Dial(url, "", server.URL); err != nil {
			fmt.Fprintln(os.Stderr, "clients:", err)
			os.Exit(1)
		}
	}
	connected.Wait()
	fmt.Println("All are in the room, and no race was found.")
}
