package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/websocket"
)

var (
	mu      sync.Mutex // guards sockets; held while sending
	sockets = map[*websocket.Conn]bool{}
)

func main() {
	go clock()

	mux := http.NewServeMux()
	mux.HandleFunc("POST /news", news)
	mux.Handle("/ws", websocket.Server{Handler: listen})
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func sendAll(text string) {
	mu.Lock()
	defer mu.Unlock()
	for ws := range sockets {
		ws.SetWriteDeadline(time.Now().Add(time.Second)) // nobody is waited for longer
		if err := websocket.Message.Send(ws, text); err != nil {
			delete(sockets, ws)
			ws.Close()
		}
	}
}

func clock() {
	for range time.Tick(100 * time.Millisecond) {
		sendAll("tick")
	}
}

func news(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
	if err != nil {
		http.Error(w, "the news may have 16 MiB", http.StatusRequestEntityTooLarge)
		return
	}
	sendAll(string(text))
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(nil)
}

func listen(ws *websocket.Conn) {
	mu.Lock()
	sockets[ws] = true
	mu.Unlock()
	defer func() {
		mu.Lock()
		delete(sockets, ws)
		mu.Unlock()
		ws.Close()
	}()
	io.Copy(io.Discard, ws) // until the client has gone
}
