package main

import (
	"fmt"
	"io"
	"log"
	"net/http"

	"golang.org/x/net/websocket"
)

func main() {
	mux := http.NewServeMux()
	// A Server, not a Handler: that would refuse clients without an Origin.
	mux.Handle("/sum", websocket.Server{Handler: add})
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func add(ws *websocket.Conn) {
	defer ws.Close() // with a close frame, which nobody sends otherwise
	ws.MaxPayloadBytes = 64 << 10
	for {
		var numbers []float64
		if err := websocket.JSON.Receive(ws, &numbers); err == io.EOF {
			fmt.Println("gone")
			return
		} else if err != nil {
			ws.WriteClose(1003) // x/net cannot send a reason
			return
		}
		sum := 0.0
		for _, n := range numbers {
			sum += n
		}
		if err := websocket.JSON.Send(ws, map[string]float64{"sum": sum}); err != nil {
			return
		}
	}
}
