package main

import (
	"embed"
	"log"
	"net/http"
)

//go:embed static
var files embed.FS

func main() {
	mux := http.NewServeMux()
	mux.Handle("GET /static/", http.FileServerFS(files))
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}
