// An echo server on lxzan/gws, with its check of UTF-8 switched on.
package main

import (
	"net/http"

	"github.com/lxzan/gws"

	"example.com/chat/compare/autobahn/echo/serve"
)

type handler struct{ gws.BuiltinEventHandler }

func (handler) OnPing(socket *gws.Conn, payload []byte) { _ = socket.WritePong(payload) }

func (handler) OnMessage(socket *gws.Conn, message *gws.Message) {
	defer message.Close()
	_ = socket.WriteMessage(message.Opcode, message.Bytes())
}

func main() {
	upgrader := gws.NewUpgrader(handler{}, &gws.ServerOption{
		CheckUtf8Enabled:    true,
		ReadMaxPayloadSize:  serve.MaxMessage,
		WriteMaxPayloadSize: serve.MaxMessage,
	})
	serve.Run(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if socket, err := upgrader.Upgrade(w, r); err == nil {
			go socket.ReadLoop()
		}
	}))
}
