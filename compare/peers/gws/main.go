// lxzan/gws as its chatroom example and its README's Broadcast have it: the
// sessions in a ConcurrentMap, a Broadcaster that is handed to each of them,
// and behind each connection a queue without a bound.
package main

import (
	"context"
	"log"
	"net/http"

	"github.com/lxzan/gws"

	"example.com/chat/compare/peers/peer"
)

// The example's own sizes.
const (
	shards = 16
	hint   = 128
)

type webSocket struct {
	gws.BuiltinEventHandler
	sessions *gws.ConcurrentMap[*gws.Conn, int64]
}

func (c *webSocket) OnOpen(socket *gws.Conn) {
	id, _ := socket.Session().Load("id")
	c.sessions.Store(socket, id.(int64))
}

func (c *webSocket) OnClose(socket *gws.Conn, err error) {
	id, ok := c.sessions.Load(socket)
	if !ok {
		return
	}
	c.sessions.Delete(socket)
	c.broadcast(peer.Left(id))
}

func (c *webSocket) OnMessage(socket *gws.Conn, message *gws.Message) {
	defer message.Close()
	id, _ := c.sessions.Load(socket)
	_ = socket.WriteMessage(gws.OpcodeText, peer.Personal(message.Bytes()))
	c.broadcast(peer.Says(id, message.Bytes()))
}

func (c *webSocket) broadcast(payload []byte) {
	b := gws.NewBroadcaster(gws.OpcodeText, payload)
	defer b.Close()
	c.sessions.Range(func(socket *gws.Conn, _ int64) bool {
		_ = b.Broadcast(socket)
		return true
	})
}

type clientID struct{}

// withID hands the id of the path to the upgrader's Authorize.
func withID(r *http.Request, id int64) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), clientID{}, id))
}

func main() {
	handler := &webSocket{sessions: gws.NewConcurrentMap[*gws.Conn, int64](shards, hint)}
	upgrader := gws.NewUpgrader(handler, &gws.ServerOption{
		ReadMaxPayloadSize: peer.MaxMessage,
		Authorize: func(r *http.Request, session gws.SessionStorage) bool {
			session.Store("id", r.Context().Value(clientID{}))
			return true
		},
	})
	peer.Run(func(w http.ResponseWriter, r *http.Request, id int64) {
		socket, err := upgrader.Upgrade(w, withID(r, id))
		if err != nil {
			log.Println(err)
			return
		}
		go socket.ReadLoop() // so that the request can be collected, as the README advises
	})
}
