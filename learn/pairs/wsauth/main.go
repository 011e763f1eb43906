package main

import (
	"errors"
	"log"
	"net/http"

	"golang.org/x/net/websocket"
)

var tickets = map[string]string{"ann's ticket": "ann"}

func main() {
	mux := http.NewServeMux()
	mux.Handle("/hello", websocket.Server{Handshake: checkTicket, Handler: hello})
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

// checkTicket runs before the connection is accepted; its error is answered with 403.
func checkTicket(_ *websocket.Config, r *http.Request) error {
	user, known := tickets[r.URL.Query().Get("ticket")]
	if !known {
		return errors.New("unknown ticket")
	}
	r.SetPathValue("user", user) // for the handler
	return nil
}

func hello(ws *websocket.Conn) {
	defer ws.Close()
	user := ws.Request().PathValue("user")
	if err := websocket.Message.Send(ws, "Hello "+user); err != nil {
		log.Print(err)
	}
}
