package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"time"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /report", report)
	mux.HandleFunc("GET /unaware", unaware)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func report(w http.ResponseWriter, r *http.Request) {
	fmt.Println("begun")
	for range 100 {
		select {
		case <-time.After(100 * time.Millisecond): // a part of the work
		case <-r.Context().Done():
			fmt.Println("the client has left")
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]int{"pages": 100})
}

func unaware(w http.ResponseWriter, r *http.Request) {
	fmt.Println("begun")
	time.Sleep(500 * time.Millisecond)
	fmt.Println("worked for nobody")
}
