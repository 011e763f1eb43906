package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"sync"
	"time"
)

var (
	mu    sync.Mutex // guards sold
	sold  int
	slots = make(chan struct{}, 2) // a semaphore: sending takes a place
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sell", sell)
	mux.HandleFunc("GET /sold", readSold)
	mux.HandleFunc("POST /print", printPage)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func sell(w http.ResponseWriter, r *http.Request) {
	mu.Lock()
	defer mu.Unlock()
	before := sold
	time.Sleep(time.Millisecond) // stands for a database
	sold = before + 1
}

func readSold(w http.ResponseWriter, r *http.Request) {
	mu.Lock()
	n := sold
	mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(n)
}

func printPage(w http.ResponseWriter, r *http.Request) {
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-r.Context().Done(): // whoever has left does not wait
		return
	}
	fmt.Println("printing")
	time.Sleep(300 * time.Millisecond)
}
