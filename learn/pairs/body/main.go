package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
)

type item struct {
	Name  string   `json:"name"`
	Price float64  `json:"price"`
	Tags  []string `json:"tags"`
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /items", createItem)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func createItem(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "the body may have 1 MiB", http.StatusRequestEntityTooLarge)
		return
	}
	it := item{Tags: []string{}} // encoded as [], where nil is null
	if err := json.Unmarshal(data, &it); err != nil {
		http.Error(w, "the body must be an item in JSON", http.StatusBadRequest)
		return
	}
	if it.Name == "" || it.Price <= 0 {
		http.Error(w, "an item needs a name, and a price above 0", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(it)
}
