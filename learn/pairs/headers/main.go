package main

import (
	"cmp"
	"encoding/json"
	"log"
	"net/http"
	"strconv"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", root)
	mux.HandleFunc("GET /bare", bare)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func root(w http.ResponseWriter, r *http.Request) {
	visits := 0
	if cookie, err := r.Cookie("visits"); err == nil {
		visits, err = strconv.Atoi(cookie.Value)
		if err != nil {
			http.Error(w, "the cookie visits must be an integer", http.StatusBadRequest)
			return
		}
	}
	w.Header().Set("Content-Language", cmp.Or(r.Header.Get("Accept-Language"), "en"))
	http.SetCookie(w, &http.Cookie{
		Name: "visits", Value: strconv.Itoa(visits + 1), Path: "/", MaxAge: 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]int{"visits": visits})
}

func bare(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: "bare", Value: "1"})
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(nil)
}
