package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"strings"
	"sync"
)

var (
	mu        sync.Mutex // guards listeners
	listeners = map[chan string]bool{}
)

var lineBreaks = strings.NewReplacer("\r\n", "\ndata: ", "\r", "\ndata: ", "\n", "\ndata: ")

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /events", events)
	mux.HandleFunc("POST /news/{text}", news)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func events(w http.ResponseWriter, r *http.Request) {
	queue := make(chan string, 16)
	mu.Lock()
	listeners[queue] = true
	mu.Unlock()
	defer func() {
		mu.Lock()
		delete(listeners, queue)
		mu.Unlock()
		fmt.Println("a listener has left")
	}()

	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	stream := http.NewResponseController(w)
	fmt.Fprint(w, ": listening\n\n")
	for stream.Flush() == nil {
		select {
		case text := <-queue:
			data := lineBreaks.Replace(text) // or a text could forge an event
			fmt.Fprintf(w, "event: news\ndata: %s\n\n", data)
		case <-r.Context().Done():
			return
		}
	}
}

func news(w http.ResponseWriter, r *http.Request) {
	mu.Lock()
	defer mu.Unlock()
	for queue := range listeners {
		select {
		case queue <- r.PathValue("text"):
		default: // a listener that is far behind misses it
		}
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]int{"listeners": len(listeners)})
}
