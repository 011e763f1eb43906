package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
)

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil))) // level INFO, key=value

	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{name}", readItem)
	if err := http.ListenAndServe("127.0.0.1:8000", mux); err != nil {
		slog.Error("not serving", "error", err)
		os.Exit(1)
	}
}

func readItem(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	slog.Debug("looking", "name", name)
	slog.Info("read", "name", name)
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{"name": name})
}
