package main

import (
	"bytes"
	"cmp"
	"embed"
	"html/template"
	"log"
	"net/http"
)

//go:embed hello.tmpl
var files embed.FS

var templates = template.Must(template.ParseFS(files, "*.tmpl"))

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello/{name}", hello)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func hello(w http.ResponseWriter, r *http.Request) {
	data := struct{ Name, Home string }{
		r.PathValue("name"), cmp.Or(r.URL.Query().Get("home"), "/"),
	}
	var page bytes.Buffer // so that no half page is sent if the template fails
	if err := templates.ExecuteTemplate(&page, "hello.tmpl", data); err != nil {
		log.Print(err)
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page.WriteTo(w)
}
