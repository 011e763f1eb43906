package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"strconv"
	"time"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /work/{ms}", limited(work))
	mux.HandleFunc("GET /deaf/{ms}", limited(deaf))
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func work(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// deaf does not look at its context.
func deaf(_ context.Context, d time.Duration) error {
	time.Sleep(d)
	return nil
}

// limited gives a function a second.
func limited(do func(context.Context, time.Duration) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ms, err := strconv.Atoi(r.PathValue("ms"))
		if err != nil {
			http.Error(w, "ms must be an integer", http.StatusBadRequest)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		if err := do(ctx, time.Duration(ms)*time.Millisecond); err != nil {
			http.Error(w, "it took too long", http.StatusGatewayTimeout)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]int{"worked": ms})
	}
}
