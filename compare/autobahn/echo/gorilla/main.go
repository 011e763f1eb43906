// An echo server on gorilla/websocket, which leaves the check of UTF-8 to its user: it is done here
// as in the library's own example for the Autobahn suite.
package main

import (
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"example.com/chat/compare/autobahn/echo/serve"
)

var upgrader = websocket.Upgrader{}

func echo(w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	conn.SetReadLimit(serve.MaxMessage)
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if kind == websocket.TextMessage && !utf8.Valid(data) {
			payload := websocket.FormatCloseMessage(websocket.CloseInvalidFramePayloadData, "")
			conn.WriteControl(websocket.CloseMessage, payload, time.Now().Add(time.Second))
			return
		}
		if conn.WriteMessage(kind, data) != nil {
			return
		}
	}
}

func main() { serve.Run(http.HandlerFunc(echo)) }
