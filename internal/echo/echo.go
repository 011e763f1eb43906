// Package echo answers each WebSocket message with itself: the server that conformance suites want.
package echo

import (
	"net/http"

	"example.com/chat/internal/wsconn"
	"golang.org/x/net/websocket"
)

// MaxMessage is in bytes: the largest message of the Autobahn suite.
const MaxMessage = 16 << 20

// NewHandler returns the echo endpoint of server.
func NewHandler(server *wsconn.Server) http.Handler {
	return server.Handler(websocket.Server{Handler: echo})
}

func echo(ws *websocket.Conn) {
	connection := wsconn.FromConn(ws)
	for {
		opcode, data, err := connection.Receive()
		if err != nil {
			return
		}
		if opcode == websocket.TextFrame {
			connection.Send(wsconn.TextFrame(string(data)))
		} else {
			connection.Send(wsconn.BinaryFrame(data))
		}
	}
}
