// Package echo answers each WebSocket message with itself: the server that conformance suites want.
package echo

import (
	"net/http"

	"example.com/chat/internal/wsconn"
	"golang.org/x/net/websocket"
)

// MaxMessage is in bytes: the largest message of the Autobahn suite.
const MaxMessage = 16 << 20

// NewHandler returns the echo server.
func NewHandler() (http.Handler, error) {
	return wsconn.NewHandler(websocket.Server{Handler: echo}, wsconn.Options{MaxMessage: MaxMessage})
}

func echo(ws *websocket.Conn) {
	connection := wsconn.Accept(ws)
	for {
		opcode, data, err := connection.Receive()
		if err != nil {
			return
		}
		connection.SendMessage(opcode, data)
	}
}
