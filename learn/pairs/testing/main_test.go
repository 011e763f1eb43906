package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/websocket"
)

func TestDouble(t *testing.T) {
	for _, test := range []struct {
		path, body string
		status     int
	}{
		{"/double/21", `{"double":42}`, http.StatusOK},
		{"/double/x", "n must be an integer", http.StatusBadRequest},
	} {
		w := httptest.NewRecorder()
		app().ServeHTTP(w, httptest.NewRequest("GET", test.path, nil))
		if body := strings.TrimSpace(w.Body.String()); w.Code != test.status || body != test.body {
			t.Errorf("%s: %d %s, not %d %s", test.path, w.Code, body, test.status, test.body)
		}
	}
}

func TestEchoShouts(t *testing.T) {
	server := httptest.NewServer(app()) // a real one: a recorder cannot be hijacked
	defer server.Close()
	url := "ws" + strings.TrimPrefix(server.URL, "http") + "/echo"
	ws, err := websocket.Dial(url, "", server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if err := websocket.Message.Send(ws, "hello"); err != nil {
		t.Fatal(err)
	}
	var text string
	if err := websocket.Message.Receive(ws, &text); err != nil || text != "HELLO" {
		t.Errorf("received %q, %v", text, err)
	}
}
