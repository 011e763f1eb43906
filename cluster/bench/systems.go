//go:build unix

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"example.com/chat"
	"example.com/chat/cluster/keeper"
	"example.com/chat/cluster/room"
	"example.com/chat/internal/wsconn"
	"github.com/nats-io/nats.go"
	"golang.org/x/net/websocket"
)

const secret = "a secret of the benchmark alone"

// system is one way to run the chat.
type system struct {
	name  string
	nodes int // 0: one process, no broker
	plain bool
}

var systems = []system{
	{name: "the single program"},
	{name: "1 node", nodes: 1},
	{name: "2 nodes, one keeps the room", nodes: 2},
	{name: "3 nodes, all keep it", nodes: 3},
	{name: "plain publish/subscribe, 1 node", nodes: 1, plain: true},
	{name: "plain publish/subscribe, 2 nodes", nodes: 2, plain: true},
	{name: "plain publish/subscribe, 3 nodes", nodes: 3, plain: true},
}

// start runs the system and returns where its nodes serve.
func (s system) start() (addrs []string, stop func(), err error) {
	var stops []func()
	stop = func() {
		for i := range stops {
			stops[len(stops)-1-i]()
		}
	}
	brokers, err := s.brokers(&stops)
	if err != nil {
		stop()
		return nil, nil, err
	}
	handlers := make(chan http.Handler, max(1, s.nodes))
	failed := make(chan error, s.nodes)
	if s.nodes == 0 {
		handlers <- chat.App(&wsconn.Server{})
	}
	for i := range s.nodes {
		nc, err := connect(brokers, i)
		if err != nil {
			return nil, stop, err
		}
		stops = append(stops, nc.Close)
		go func() { // all at once: they wait for each other
			app := http.NewServeMux()
			handler, err := s.endpoint(nc, min(len(brokers), 3))
			if err != nil {
				failed <- err
				return
			}
			app.Handle("/ws/{client_id}", handler)
			handlers <- app
		}()
	}
	for range max(1, s.nodes) {
		select {
		case handler := <-handlers:
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return nil, stop, err
			}
			go http.Serve(l, handler)
			stops = append(stops, func() { l.Close() })
			addrs = append(addrs, l.Addr().String())
		case err := <-failed:
			return nil, stop, err
		}
	}
	return addrs, stop, nil
}

// brokers starts the NATS servers: one, or for three nodes as many.
func (s system) brokers(stops *[]func()) (brokers []*keeper.Keeper, err error) {
	routes := make([]string, 3)
	for i := range routes {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		l.Close()
		routes[i] = l.Addr().String()
	}
	data, err := os.MkdirTemp("", "chat-bench-")
	if err != nil {
		return nil, err
	}
	*stops = append(*stops, func() { os.RemoveAll(data) })
	for i := range map[int]int{1: 1, 2: 1, 3: 3}[s.nodes] {
		o := keeper.Options{Room: "bench", Secret: secret,
			Data: filepath.Join(data, fmt.Sprint(i)), Listen: "127.0.0.1:0"}
		if s.nodes == 3 {
			o.Routes, o.Peers = routes[i], []string{routes[(i+1)%3], routes[(i+2)%3]}
		}
		b, err := keeper.Start(o)
		if err != nil {
			return nil, err
		}
		*stops = append(*stops, b.Close)
		brokers = append(brokers, b)
	}
	return brokers, nil
}

// connect connects a node as the program does: within the process to its own broker, by a socket to
// another's.
func connect(brokers []*keeper.Keeper, i int) (*nats.Conn, error) {
	if i < len(brokers) {
		return nats.Connect("", keeper.Secure(secret), nats.InProcessServer(brokers[i]))
	}
	return nats.Connect(brokers[0].ClientURL(), keeper.Secure(secret))
}

// endpoint is for a pattern with {client_id}.
func (s system) endpoint(nc *nats.Conn, replicas int) (http.Handler, error) {
	if s.plain {
		return newPlain(nc)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := room.Open(ctx, nc, room.Options{Replicas: replicas})
	if err != nil {
		return nil, err
	}
	return r.Handler(&wsconn.Server{}), nil
}

// plain is the usual choice: publish and forget. Nothing keeps what a node misses, nothing tells of
// a node's end, nothing holds senders back, and each node may hear another order.
type plain struct {
	chat.ConnectionManager // the clients of this node
	nc                     *nats.Conn
}

const plainSubject = "plain"

func newPlain(nc *nats.Conn) (http.Handler, error) {
	p := &plain{nc: nc}
	_, err := nc.Subscribe(plainSubject, func(msg *nats.Msg) { p.Broadcast(string(msg.Data)) })
	return new(wsconn.Server).Handler(websocket.Server{Handler: p.endpoint}), err
}

func (p *plain) endpoint(ws *websocket.Conn) {
	id, connection := ws.Request().PathValue("client_id"), wsconn.FromConn(ws)
	p.Connect(connection)
	defer func() {
		p.Disconnect(connection)
		p.publish(fmt.Sprintf("Client #%s has left the chat", id))
	}()
	for {
		data, err := connection.ReceiveText()
		if err != nil {
			return
		}
		p.SendPersonalMessage(fmt.Sprintf("You wrote: %s", data), connection)
		p.publish(fmt.Sprintf("Client #%s says: %s", id, data))
	}
}

// publish sends message to every node, this one included.
func (p *plain) publish(message string) { p.nc.Publish(plainSubject, []byte(message)) }
