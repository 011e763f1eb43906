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
	mux.HandleFunc("GET /blocking", report)
	mux.HandleFunc("GET /quick", quick)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func slowQuery() int {
	fmt.Println("begun")
	time.Sleep(2 * time.Second)
	return 3
}

func report(w http.ResponseWriter, r *http.Request) {
	rows := slowQuery()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]int{"rows": rows})
}

func quick(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode("at once")
}
