package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"sync/atomic"
	"time"
)

var beats atomic.Int64

func main() {
	go heartbeat()

	mux := http.NewServeMux()
	mux.HandleFunc("GET /beats", readBeats)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func heartbeat() {
	for range time.Tick(100 * time.Millisecond) {
		beats.Add(1)
		fmt.Println("beat")
	}
}

func readBeats(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]bool{"enough": beats.Load() >= 3})
}
