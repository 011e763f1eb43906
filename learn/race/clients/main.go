// Command clients lets two clients connect to a ConnectionManager. It is started by the command
// race.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"sync"

	"example.com/chat"
	"example.com/chat/internal/wsconn"
	"golang.org/x/net/websocket"
)

func main() {
	log.SetOutput(io.Discard)
	var manager chat.ConnectionManager
	var connected sync.WaitGroup
	connected.Add(2)
	sockets := &wsconn.Server{}
	server := httptest.NewServer(sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
		manager.Connect(wsconn.FromConn(ws))
		// Nothing more: any other lock might put the one Connect before the other by accident.
		connected.Done()
		connected.Wait()
	}}))
	for range 2 {
		url := fmt.Sprintf("ws://%s/", server.Listener.Addr())
		if _, err := websocket.Dial(url, "", server.URL); err != nil {
			fmt.Fprintln(os.Stderr, "clients:", err)
			os.Exit(1)
		}
	}
	connected.Wait()
	fmt.Println("Both are in the room, and no race was found.")
}
