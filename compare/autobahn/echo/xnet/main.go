// An echo server on golang.org/x/net/websocket alone: its Handler, and a Codec that keeps text text
// and bytes bytes.
package main

import (
	"golang.org/x/net/websocket"

	"example.com/chat/compare/autobahn/echo/serve"
)

type message struct {
	kind byte
	data []byte
}

var codec = websocket.Codec{
	Marshal: func(v any) ([]byte, byte, error) {
		m := v.(message)
		return m.data, m.kind, nil
	},
	Unmarshal: func(data []byte, kind byte, v any) error {
		*v.(*message) = message{kind, data}
		return nil
	},
}

func main() {
	server := websocket.Server{Handler: func(ws *websocket.Conn) {
		ws.MaxPayloadBytes = serve.MaxMessage
		var m message
		for codec.Receive(ws, &m) == nil && codec.Send(ws, m) == nil {
		}
	}} // without a Handshake it lets clients in that send no Origin
	serve.Run(server)
}
