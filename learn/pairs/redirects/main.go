package main

import (
	"encoding/json"
	"log"
	"net/http"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{$}", readItems)
	mux.HandleFunc("POST /items/{$}", createItem)
	mux.Handle("GET /old", http.RedirectHandler("/items/", http.StatusTemporaryRedirect))
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func readItems(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode([]string{"pen"})
}

func createItem(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/items/", http.StatusSeeOther)
}
