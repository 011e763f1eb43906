package main

import (
	"encoding/json"
	"log"
	"net/http"
)

func main() {
	v1 := http.NewServeMux()
	addItems(v1)

	mux := http.NewServeMux()
	mux.Handle("/v1/", http.StripPrefix("/v1", v1))
	mux.Handle("/admin/", http.StripPrefix("/admin", newAdmin()))
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func addItems(mux *http.ServeMux) {
	mux.HandleFunc("GET /items/{name}", readItem)
}

func newAdmin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users", readUsers)
	return mux
}

func readItem(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{"item": r.PathValue("name")})
}

func readUsers(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode([]string{"ann", "bob"})
}
