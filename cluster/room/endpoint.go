package room

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"example.com/chat/internal/wsconn"
	"golang.org/x/net/websocket"
)

// Handler is the chat's endpoint in this room, for a pattern with {client_id}. Read it beside
// manager.go, which is that of one process.
func (r *Room) Handler(server *wsconn.Server) http.Handler {
	return server.Handler(websocket.Server{
		Handshake: func(_ *websocket.Config, request *http.Request) error {
			id, err := clientID(request)
			request.SetPathValue("client_id", strconv.FormatInt(id, 10)) // 007 is 7
			return err
		},
		Handler: r.endpoint,
	})
}

// clientID is client_id: int.
func clientID(request *http.Request) (int64, error) {
	id, err := strconv.ParseInt(request.PathValue("client_id"), 10, 64)
	if err != nil {
		return 0, errors.New("the client's id must be an integer of 64 bits, as in /ws/42")
	}
	return id, nil
}

// endpoint serves one client. join and tell wait for the stream, and fail when it is away for too
// long.
func (r *Room) endpoint(ws *websocket.Conn) {
	id, _ := clientID(ws.Request()) // which was one in Handshake
	connection := wsconn.FromConn(ws)
	c := newClient(id, connection)
	defer r.leave(c)
	err := r.join(c)
	for err == nil {
		data, gone := connection.ReceiveText()
		if gone != nil {
			return
		}
		connection.Send(wsconn.TextFrame(fmt.Sprintf("You wrote: %s", data)))
		err = r.tell(fmt.Sprintf("Client #%d says: %s", id, data))
	}
	code := wsconn.TryAgainLater
	if err == errStopping {
		code = wsconn.GoingAway
	}
	connection.Close(code, err.Error())
}
