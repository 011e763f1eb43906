package main

import (
	"encoding/json"
	"log"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/websocket"
)

func main() {
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", app()))
}

func app() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /double/{n}", double)
	mux.Handle("/echo", websocket.Server{Handler: echo})
	return mux
}

func double(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		http.Error(w, "n must be an integer", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]int{"double": 2 * n})
}

func echo(ws *websocket.Conn) {
	for {
		var text string
		if websocket.Message.Receive(ws, &text) != nil {
			return
		}
		if websocket.Message.Send(ws, strings.ToUpper(text)) != nil {
			return
		}
	}
}
