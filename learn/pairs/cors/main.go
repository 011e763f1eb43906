package main

import (
	"encoding/json"
	"log"
	"net/http"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", readItems)
	mux.HandleFunc("PUT /items", writeItems)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", allowOrigin("https://shop.example", mux)))
}

// allowOrigin lets pages of one origin read the answers.
func allowOrigin(origin string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin")
		if r.Header.Get("Origin") == origin {
			w.Header().Set("Access-Control-Allow-Origin", origin)
		}
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			w.Header().Set("Access-Control-Allow-Methods", "GET, PUT")
			w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func readItems(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode([]string{"pen"})
}

func writeItems(w http.ResponseWriter, r *http.Request) {
	var items []string
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&items)
	if err != nil {
		http.Error(w, "the body must be a list of strings in JSON", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(items)
}
