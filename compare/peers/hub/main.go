// The FastAPI demo with a hub: one goroutine owns the list of clients, and everybody else talks to
// it through channels. Each client has a queue, and a goroutine that writes what is in it.
package main

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/websocket"

	"example.com/chat/compare/peers/peer"
)

// writeTimeout is how long a client may take nothing of what is written to it.
const writeTimeout = 10 * time.Second

// Hub is class ConnectionManager: each of its methods is a channel.
type Hub struct {
	connect    chan *Client
	disconnect chan *Client
	personal   chan Personal
	broadcast  chan string
}

// Personal is a message to one client.
type Personal struct {
	message string
	client  *Client
}

var hub = Hub{make(chan *Client), make(chan *Client), make(chan Personal), make(chan string)}

// Run serves one request after the other. No other goroutine can reach activeConnections.
func (h *Hub) Run() {
	activeConnections := map[*Client]bool{}
	remove := func(client *Client) {
		if activeConnections[client] { // a second close would panic
			delete(activeConnections, client)
			close(client.queue)
		}
	}
	send := func(message string, client *Client) {
		select {
		case client.queue <- message:
		default: // the queue is full
			remove(client)
		}
	}
	for {
		select {
		case client := <-h.connect:
			activeConnections[client] = true
		case client := <-h.disconnect:
			remove(client)
		case p := <-h.personal:
			if activeConnections[p.client] { // otherwise its queue is closed
				send(p.message, p.client)
			}
		case message := <-h.broadcast:
			for client := range activeConnections {
				send(message, client)
			}
		}
	}
}

// Client is a connection with a queue of what is to be written to it.
type Client struct {
	ws    *websocket.Conn
	queue chan string
}

// write ends when the hub has closed the queue, or when the client takes nothing more.
func (c *Client) write() {
	defer c.ws.Close() // ends Receive, too
	for message := range c.queue {
		c.ws.SetWriteDeadline(time.Now().Add(writeTimeout))
		if err := websocket.Message.Send(c.ws, message); err != nil {
			return
		}
	}
}

func websocketEndpoint(ws *websocket.Conn, clientID int64) {
	client := &Client{ws, make(chan string, *peer.Buffer)}
	hub.connect <- client
	var writer sync.WaitGroup
	writer.Go(client.write)
	for {
		var data string
		if err := websocket.Message.Receive(ws, &data); err != nil {
			break
		}
		hub.personal <- Personal{fmt.Sprintf("You wrote: %s", data), client}
		hub.broadcast <- fmt.Sprintf("Client #%d says: %s", clientID, data)
	}
	hub.disconnect <- client
	hub.broadcast <- fmt.Sprintf("Client #%d has left the chat", clientID)
	writer.Wait()
}

func main() {
	go hub.Run()
	peer.Run(func(w http.ResponseWriter, r *http.Request, clientID int64) {
		endpoint := func(ws *websocket.Conn) { websocketEndpoint(ws, clientID) }
		websocket.Server{Handler: endpoint}.ServeHTTP(w, r)
	})
}
