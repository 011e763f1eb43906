package main

import (
	"encoding/json"
	"log"
	"net/http"
	"time"
)

func main() {
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", app(time.Now)))
}

// app depends on a clock.
func app(now func() time.Time) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /greeting", func(w http.ResponseWriter, r *http.Request) {
		words := "Good day"
		if now().Hour() < 12 {
			words = "Good morning"
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(words)
	})
	return mux
}
