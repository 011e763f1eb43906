package main

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"
)

type soldOut struct{ name string }

func (e soldOut) Error() string { return e.name + " is sold out" }

// handler returns its error, and leaves the answer to ServeHTTP.
type handler func(w http.ResponseWriter, r *http.Request) error

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := h(w, r)
	if err == nil {
		return
	}
	status, message := http.StatusInternalServerError, "Internal Server Error"
	if sold, ok := errors.AsType[soldOut](err); ok {
		status, message = http.StatusConflict, sold.Error()
	} else {
		log.Print(err)
	}
	writeJSON(w, status, map[string]string{"message": message})
}

func main() {
	mux := http.NewServeMux()
	mux.Handle("GET /items/{name}", handler(readItem))
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func readItem(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if name == "ink" {
		return soldOut{name}
	}
	third := name[2:3] // a bug: a name may be shorter
	writeJSON(w, http.StatusOK, map[string]string{"name": name, "third": third})
	return nil
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}
