package main

import (
	"encoding/json"
	"log"
	"net/http"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /order", order)

	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(deny))
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", protection.Handler(mux)))
}

func order(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]bool{"ordered": true})
}

func deny(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "a page of another site", http.StatusForbidden)
}
