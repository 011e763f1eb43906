package wsconn_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
)

// counted counts what is read from it.
type counted struct {
	net.Conn
	reads *atomic.Int32
}

func (c counted) Read(p []byte) (int, error) {
	c.reads.Add(1)
	return c.Conn.Read(p)
}

func TestWhoSendsMuchAtOnceIsReadInFewReads(t *testing.T) {
	const messages, few = 100, 5 // with the buffer that an idle client keeps it would be over 20
	handler := newChat(&wsconn.Server{})
	var reads atomic.Int32
	c := dialMemory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own := w.(hijackable)
		handler.ServeHTTP(hijackable{httptest.NewRecorder(), counted{own.conn, &reads}}, r)
	}))
	defer c.Close()
	alone(c)
	var all []byte
	var want []string
	for i := range messages {
		text := fmt.Sprint(i, strings.Repeat("x", 100))
		all = append(all, wstest.Encode(wstest.Fin|wstest.Text, text)...)
		want = append(want, "You wrote: "+text, "Client #1 says: "+text)
	}
	before := reads.Load()
	go c.SendRaw(all)
	heard := map[string]bool{}
	for range want {
		heard[c.Read().Payload] = true
	}
	for _, text := range want {
		if !heard[text] {
			t.Errorf("%q was not heard", text)
		}
	}
	if n := reads.Load() - before; n > few {
		t.Errorf("%d bytes were read in %d reads, want %d at most", len(all), n, few)
	}
}
