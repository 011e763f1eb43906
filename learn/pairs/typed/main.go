package main

import (
	"encoding/json"
	"log"
	"net/http"
	"strconv"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{item_id}", readItem)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func readItem(w http.ResponseWriter, r *http.Request) {
	itemID, err := strconv.Atoi(r.PathValue("item_id"))
	if err != nil {
		http.Error(w, "item_id must be an integer", http.StatusBadRequest)
		return
	}
	query := r.URL.Query()
	limit := 10
	if query.Has("limit") {
		limit, err = strconv.Atoi(query.Get("limit"))
		if err != nil || limit < 1 || limit > 100 {
			http.Error(w, "limit must be an integer from 1 to 100", http.StatusBadRequest)
			return
		}
	}
	var q *string // nil is None
	if query.Has("q") {
		q = new(query.Get("q"))
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"item_id": itemID, "q": q, "limit": limit})
}
