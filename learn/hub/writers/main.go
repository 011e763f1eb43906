// Command writers lets two goroutines write to one connection of gorilla/websocket.
//
//	go run -C learn ./hub/writers
package main

import (
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gorilla/websocket"
)

func main() {
	var upgrader websocket.Upgrader
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // it has answered
		}
		for range 2 { // one for the queue, one for answers
			go write(ws)
		}
	}))
	_, _, err := websocket.DefaultDialer.Dial(strings.Replace(server.URL, "http", "ws", 1), nil)
	if err != nil {
		log.Fatal(err)
	}
	select {} // waits for ever, as the client that reads nothing
}

func write(ws *websocket.Conn) {
	for {
		if err := ws.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
			return
		}
	}
}
