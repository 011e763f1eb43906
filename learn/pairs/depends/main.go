package main

import (
	"crypto/sha256"
	"encoding/json"
	"log"
	"net/http"
	"strings"
)

// users has hashes of tokens: a store that leaks lets nobody in.
var users = map[[sha256.Size]byte]string{sha256.Sum256([]byte("ann's token")): "ann"}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /me", authenticated(me))
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

// authenticated calls a handler with the user whose token came.
func authenticated(handle func(http.ResponseWriter, *http.Request, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		user, known := users[sha256.Sum256([]byte(token))]
		if !strings.EqualFold(scheme, "Bearer") || !known {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "unknown token", http.StatusUnauthorized)
			return
		}
		handle(w, r, user)
	}
}

func me(w http.ResponseWriter, r *http.Request, user string) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{"user": user})
}
