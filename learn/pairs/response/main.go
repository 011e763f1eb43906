package main

import (
	"encoding/json"
	"log"
	"net/http"
)

type user struct {
	Name    string   `json:"name"`
	Friends []string `json:"friends"`
	Email   string   `json:"email,omitzero"`
}

type userInDB struct {
	user
	PasswordHash string
}

var ann = userInDB{
	user:         user{Name: "ann", Friends: []string{}},
	PasswordHash: "$argon2id$v=19$…",
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /me", me)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func me(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(ann.user)
}
