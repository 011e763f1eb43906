package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"unicode/utf8"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", login)
	mux.HandleFunc("POST /notes", createNote)
	limited := http.MaxBytesHandler(mux, 10<<20)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", limited))
}

func login(w http.ResponseWriter, r *http.Request) {
	username, password := r.PostFormValue("username"), r.PostFormValue("password")
	if username == "" || password == "" {
		http.Error(w, "username and password are required", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{
		"username": username, "letters": utf8.RuneCountInString(password),
	})
}

func createNote(w http.ResponseWriter, r *http.Request) {
	title := r.PostFormValue("title")
	file, header, err := r.FormFile("file")
	if title == "" || err != nil {
		http.Error(w, "title and file are required, in 10 MiB", http.StatusBadRequest)
		return
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		http.Error(w, "the file cannot be read", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{
		"title": title, "filename": header.Filename, "size": len(content),
	})
}
