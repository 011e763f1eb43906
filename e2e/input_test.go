package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// strangeServer serves the page, and on its WebSocket does what the test wants.
func strangeServer(t *testing.T, serve func(*websocket.Conn)) string {
	t.Helper()
	if *fastAPI {
		t.Skip("has a server of its own, to which -fastapi makes no difference")
	}
	app := http.NewServeMux()
	app.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Chat-Server", "Go")
		http.ServeFile(w, r, "../index.html")
	})
	app.Handle("GET /static/", http.FileServer(http.Dir("..")))
	app.HandleFunc("GET /ws/{id}", func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer ws.CloseNow()
		serve(ws)
		<-ws.CloseRead(r.Context()).Done()
	})
	s := httptest.NewServer(app)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL
}

// TestThePageTakesWhateverAServerSends: strange texts, huge ones, binary ones, and the huge ones
// often. Not parallel: it measures how long the page stands still.
func TestThePageTakesWhateverAServerSends(t *testing.T) {
	strange := []string{
		"", "\x00", "You wrote: ", "You wrote: never sent", "Client # says: ",
		"Client #99999999999999999999999 says: x", "Client #-7 says: minus",
		"Client #1 has left the chat", "Client #1 has left the chat!", `<b id="owned">html</b>`,
		`<img src="/nowhere.png">`, "\ufeff\u2028\u2029",
	}
	huge := strings.Repeat("endless ", 1<<20)
	p := newTab(t)
	goOn := make(chan bool)
	p.navigate(strangeServer(t, func(ws *websocket.Conn) {
		ctx := t.Context()
		<-goOn
		for _, text := range strange {
			ws.Write(ctx, websocket.MessageText, []byte(text))
		}
		ws.Write(ctx, websocket.MessageBinary, []byte{0, 255})
		ws.Write(ctx, websocket.MessageText, []byte(huge))
		for range 5000 {
			ws.Write(ctx, websocket.MessageText, []byte(huge[:20_000]))
		}
		ws.Write(ctx, websocket.MessageText, []byte("the end"))
	}))
	p.waitStatus("Connected")
	p.run(`window.freeze = 0; let last = performance.now();
		setInterval(() => { freeze = Math.max(freeze, performance.now() - last);
			last = performance.now(); }, 20);`)
	p.write("my draft")
	goOn <- true
	p.waitLast("the end")
	freeze := eval[float64](p, `freeze`)
	t.Logf("the page stood still for %.0f ms at most", freeze)
	if freeze > 2000 {
		t.Errorf("the page stood still for %.0f ms", freeze)
	}
	if got := p.draft(); got != "my draft" {
		t.Errorf("the draft is %q", got)
	}
	if eval[bool](p, `document.querySelector("#owned, #messages img") !== null`) {
		t.Error("a message was taken for HTML")
	}
}
