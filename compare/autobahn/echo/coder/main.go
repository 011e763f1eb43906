// An echo server on coder/websocket, which does not check UTF-8.
package main

import (
	"net/http"

	"github.com/coder/websocket"

	"example.com/chat/compare/autobahn/echo/serve"
)

func echo(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(serve.MaxMessage)
	for {
		kind, data, err := conn.Read(r.Context())
		if err != nil || conn.Write(r.Context(), kind, data) != nil {
			return
		}
	}
}

func main() { serve.Run(http.HandlerFunc(echo)) }
