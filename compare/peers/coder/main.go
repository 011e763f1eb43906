// The chat example of coder/websocket: a bounded queue per subscriber, a lock
// around the set of them, and a close for the one whose queue is full.
//
// It differs from the example where the protocol asks for it: messages come
// over the WebSocket and not by POST, so there is no limiter on publishing
// and each subscriber reads in a goroutine of its own.
package main

import (
	"context"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"example.com/chat/compare/peers/peer"
)

// The example's own value.
const writeTimeout = 5 * time.Second

type chatServer struct {
	subscribersMu sync.Mutex
	subscribers   map[*subscriber]struct{}
}

type subscriber struct {
	msgs      chan []byte
	closeSlow func()
}

func (cs *chatServer) subscribe(w http.ResponseWriter, r *http.Request, clientID int64) error {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return err
	}
	defer c.CloseNow()
	c.SetReadLimit(peer.MaxMessage)
	s := &subscriber{
		msgs: make(chan []byte, *peer.Buffer),
		closeSlow: func() {
			c.Close(websocket.StatusPolicyViolation, "connection too slow to keep up with messages")
		},
	}
	cs.addSubscriber(s)
	defer cs.publish(peer.Left(clientID))
	defer cs.deleteSubscriber(s)

	ctx, cancel := context.WithCancel(r.Context())
	go func() {
		defer cancel()
		cs.read(ctx, c, s, clientID)
	}()
	for {
		select {
		case msg := <-s.msgs:
			if err := write(ctx, c, msg); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (cs *chatServer) read(ctx context.Context, c *websocket.Conn, s *subscriber, clientID int64) {
	for {
		_, message, err := c.Read(ctx)
		if err != nil {
			return
		}
		cs.send(s, peer.Personal(message))
		cs.publish(peer.Says(clientID, message))
	}
}

func (cs *chatServer) publish(msg []byte) {
	cs.subscribersMu.Lock()
	defer cs.subscribersMu.Unlock()
	for s := range cs.subscribers {
		cs.send(s, msg)
	}
}

func (cs *chatServer) send(s *subscriber, msg []byte) {
	select {
	case s.msgs <- msg:
	default:
		go s.closeSlow()
	}
}

func (cs *chatServer) addSubscriber(s *subscriber) {
	cs.subscribersMu.Lock()
	defer cs.subscribersMu.Unlock()
	cs.subscribers[s] = struct{}{}
}

func (cs *chatServer) deleteSubscriber(s *subscriber) {
	cs.subscribersMu.Lock()
	defer cs.subscribersMu.Unlock()
	delete(cs.subscribers, s)
}

func write(ctx context.Context, c *websocket.Conn, msg []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return c.Write(ctx, websocket.MessageText, msg)
}

func main() {
	cs := &chatServer{subscribers: make(map[*subscriber]struct{})}
	peer.Run(func(w http.ResponseWriter, r *http.Request, clientID int64) {
		err := cs.subscribe(w, r, clientID)
		switch websocket.CloseStatus(err) {
		case websocket.StatusNormalClosure, websocket.StatusGoingAway, -1:
		default:
			log.Println(err)
		}
	})
}
