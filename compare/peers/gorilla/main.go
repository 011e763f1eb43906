// The chat example of gorilla/websocket: a hub that owns the set of clients,
// and two goroutines per client, readPump and writePump.
//
// It differs from the example where the protocol asks for it: each message is
// a frame of its own (the example joins what is queued with newlines), and
// the sender first reads "You wrote".
package main

import (
	"log"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"example.com/chat/compare/peers/peer"
)

// The example's own values.
const (
	writeWait  = 10 * time.Second
	pongWait   = 60 * time.Second
	pingPeriod = (pongWait * 9) / 10
)

var upgrader = websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}

type hub struct {
	clients    map[*client]bool
	broadcast  chan []byte
	personal   chan personal
	register   chan *client
	unregister chan *client
}

type personal struct {
	to      *client
	message []byte
}

func newHub() *hub {
	return &hub{
		clients:    make(map[*client]bool),
		broadcast:  make(chan []byte),
		personal:   make(chan personal),
		register:   make(chan *client),
		unregister: make(chan *client),
	}
}

func (h *hub) run() {
	for {
		select {
		case c := <-h.register:
			h.clients[c] = true
		case c := <-h.unregister:
			if h.clients[c] {
				h.drop(c)
				h.toAll(peer.Left(c.id))
			}
		case p := <-h.personal:
			if h.clients[p.to] {
				h.to(p.to, p.message)
			}
		case message := <-h.broadcast:
			h.toAll(message)
		}
	}
}

func (h *hub) toAll(message []byte) {
	for c := range h.clients {
		h.to(c, message)
	}
}

func (h *hub) to(c *client, message []byte) {
	select {
	case c.send <- message:
	default:
		h.drop(c)
	}
}

func (h *hub) drop(c *client) {
	delete(h.clients, c)
	close(c.send)
}

type client struct {
	hub  *hub
	conn *websocket.Conn
	id   int64
	send chan []byte
}

func (c *client) readPump() {
	defer func() {
		c.hub.unregister <- c
		c.conn.Close()
	}()
	c.conn.SetReadLimit(peer.MaxMessage)
	c.conn.SetReadDeadline(time.Now().Add(pongWait))
	c.conn.SetPongHandler(func(string) error {
		return c.conn.SetReadDeadline(time.Now().Add(pongWait))
	})
	for {
		_, message, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		c.hub.personal <- personal{c, peer.Personal(message)}
		c.hub.broadcast <- peer.Says(c.id, message)
	}
}

func (c *client) writePump() {
	ticker := time.NewTicker(pingPeriod)
	defer func() {
		ticker.Stop()
		c.conn.Close()
	}()
	for {
		select {
		case message, ok := <-c.send:
			c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if !ok {
				c.conn.WriteMessage(websocket.CloseMessage, []byte{})
				return
			}
			if err := c.conn.WriteMessage(websocket.TextMessage, message); err != nil {
				return
			}
		case <-ticker.C:
			c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if err := c.conn.WriteMessage(websocket.PingMessage, nil); err != nil {
				return
			}
		}
	}
}

func main() {
	h := newHub()
	go h.run()
	peer.Run(func(w http.ResponseWriter, r *http.Request, clientID int64) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			log.Println(err)
			return
		}
		c := &client{hub: h, conn: conn, id: clientID, send: make(chan []byte, *peer.Buffer)}
		h.register <- c
		go c.writePump()
		go c.readPump()
	})
}
