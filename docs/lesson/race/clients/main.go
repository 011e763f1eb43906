// Command clients serves the chat and lets two clients connect to it. It is started by the command race.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"example.com/chat"
	"example.com/chat/internal/wsconn"
	"golang.org/x/net/websocket"
)

// watched tells when a client is in the room.
type watched struct {
	*chat.ConnectionManager
	connected chan int
}

func (m watched) Connect(connection *wsconn.Conn) (active int) {
	active = m.ConnectionManager.Connect(connection)
	m.connected <- active
	return active
}

func main() {
	log.SetOutput(io.Discard)
	manager := watched{chat.NewConnectionManager(), make(chan int)}
	endpoint, err := chat.WebSocketEndpoint(manager, chat.Options{})
	if err != nil {
		log.Fatal(err)
	}
	app := http.NewServeMux()
	app.Handle("/ws/{client_id}", endpoint)
	server := httptest.NewServer(app)
	for id := range 2 {
		if _, err := websocket.Dial(fmt.Sprintf("ws://%s/ws/%d", server.Listener.Addr(), id), "", server.URL); err != nil {
			log.Fatal(err)
		}
	}
	<-manager.connected
	<-manager.connected
	fmt.Println("Both are in the room, and no race was found.")
}
