package main

import (
	"encoding/json"
	"log"
	"net/http"
	"sync"
)

var (
	mu     sync.Mutex // guards prices: each request has a goroutine of its own
	prices = map[string]int{"pen": 3, "ink": 8}
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{name}", readItem)
	mux.HandleFunc("DELETE /items/{name}", deleteItem)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func readItem(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	mu.Lock()
	price, found := prices[name]
	mu.Unlock()
	if !found {
		http.Error(w, "no such item", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"name": name, "price": price})
}

func deleteItem(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	mu.Lock()
	defer mu.Unlock()
	if _, found := prices[name]; !found {
		http.Error(w, "no such item", http.StatusNotFound)
		return
	}
	delete(prices, name)
	w.WriteHeader(http.StatusNoContent)
}
