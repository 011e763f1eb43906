package wsconn_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unicode/utf8"

	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
	"golang.org/x/net/websocket"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// rule is a row of docs/conformance.md: what a client does, and what comes of it in a chat on plain
// x/net/websocket and in this one.
//
// What comes is said in the words of event, separated by "; ". What follows ", then " comes only
// after the rest of the case was sent. Where the server neither closes nor ends the connection, it
// must still be good.
type rule struct {
	name    string // of the test
	section string // of RFC 6455
	what    string // the client does
	plain   string
	ours    string

	cases     []attempt
	overHTTP2 bool
}

// attempt is one way to do what the rule is about.
type attempt struct {
	name    string
	sent    [][]byte // each in a write of its own
	rest    []byte   // of an unfinished frame or message
	endless bool     // there is more rest than can be sent
	same    string   // stands in place of "the same" in what comes
	closes  bool     // the client has sent its close: the server has to end the connection unasked
	cut     bool     // the client ends its side of the connection then
	early   bool     // all is sent together with the handshake

	// makes the handshake what the rule is about; the server's address in it is HOST
	edit func(request string) string
}

// contender is one of the two chats that are compared.
type contender struct {
	name     string
	endpoint func() http.Handler
	comes    func(rule) string
	orderly  bool // the connection must end so: without a reset, and when a close was answered
}

var (
	plain = contender{"plain", plainChat, func(r rule) string { return r.plain }, false}
	ours  = contender{"ours", thisChat, func(r rule) string { return r.ours }, true}
)

// try does c to a new server of k, and checks what comes.
func (k contender) try(t *testing.T, r rule, c attempt) {
	server := k.serve(t, r.overHTTP2)
	comes := strings.ReplaceAll(k.comes(r), "the same", c.same)
	switch {
	case r.overHTTP2:
		askOverHTTP2(t, server, comes)
	case c.edit != nil:
		c.shakeHands(t, server.Listener.Addr().String(), comes)
	default:
		c.talk(t, server.Listener.Addr().String(), comes, k.orderly)
	}
}

func thisChat() http.Handler { return newChat(&wsconn.Server{}) }

// plainChat is the chat as one writes it with websocket.Handler and websocket.Message alone.
func plainChat() http.Handler {
	var mu sync.Mutex
	room := map[*websocket.Conn]bool{}
	broadcast := func(message string) {
		for ws := range room {
			websocket.Message.Send(ws, message)
		}
	}
	return websocket.Handler(func(ws *websocket.Conn) {
		id := ws.Request().PathValue("client_id")
		mu.Lock()
		room[ws] = true
		mu.Unlock()
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			delete(room, ws)
			broadcast("Client #" + id + " has left the chat")
		}()
		for {
			var data string
			if err := websocket.Message.Receive(ws, &data); err != nil {
				return
			}
			mu.Lock()
			websocket.Message.Send(ws, "You wrote: "+data)
			broadcast("Client #" + id + " says: " + data)
			mu.Unlock()
		}
	})
}

// serve starts a server on a free port. A panic of its handler is answered with that word.
func (k contender) serve(t *testing.T, overHTTP2 bool) *httptest.Server {
	endpoint := k.endpoint()
	app := http.NewServeMux()
	app.HandleFunc("/ws/{client_id}", func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				http.Error(w, "panics", http.StatusInternalServerError)
			}
		}()
		endpoint.ServeHTTP(w, r)
	})
	s := httptest.NewUnstartedServer(app)
	if s.EnableHTTP2 = overHTTP2; overHTTP2 {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

func TestConformance(t *testing.T) {
	for _, r := range rules {
		for _, c := range r.cases {
			for _, k := range []contender{plain, ours} {
				t.Run(r.name+"/"+c.name+"/"+k.name, func(t *testing.T) {
					t.Parallel()
					k.try(t, r, c)
				})
			}
		}
	}
}

// What a client sends means the same however the network cuts it.
func TestConformanceInAnyPieces(t *testing.T) {
	const bytewise = 1 << 10 // bytes, the most to be sent in writes of one
	for _, r := range rules {
		for _, c := range r.cases {
			if c.sent == nil {
				continue
			}
			all := bytes.Join(c.sent, nil)
			inOne, early, inBytes := c, c, c
			inOne.sent = [][]byte{all}
			early.early = true
			inBytes.sent = slices.Collect(slices.Chunk(all, 1))
			for name, c := range map[string]attempt{"in one write": inOne,
				"with the handshake": early, "byte by byte": inBytes} {
				if len(c.sent) > bytewise {
					continue
				}
				t.Run(r.name+"/"+c.name+"/"+name, func(t *testing.T) {
					t.Parallel()
					ours.try(t, r, c)
				})
			}
		}
	}
}

// talk does it as Client #2 and checks what comes, for it and for a bystander, who must notice
// nothing but a leaving.
func (c attempt) talk(t *testing.T, addr, comes string, orderly bool) {
	bystander := wstest.Dial(t, addr, "/ws/1", "Origin: http://"+addr)
	bystander.Say("hello")
	bystander.Expect("You wrote: hello", "Client #1 says: hello")

	client := c.begin(t, addr)
	sees := &witness{t: t, client: client, bystander: bystander, orderly: orderly}
	first, second, more := strings.Cut(comes, ", then ")
	sees.expect(first)
	if more {
		client.SendRaw(c.rest)
		sees.expect(second)
	}
	closed := strings.Contains(comes, "closes with")
	if closed && orderly {
		c.answerClose(client)
		sees.expect("ends")
	}
	if closed || strings.Contains(comes, "ends") {
		bystander.Expect("Client #2 has left the chat")
	} else {
		client.Say("still here")
		sees.expect(`passes on "still here"`)
		client.Expect(sees.told...)
	}
	bystander.Say("well")
	bystander.Expect("You wrote: well", "Client #1 says: well")
}

func (c attempt) answerClose(client *wstest.Client) {
	switch {
	case c.endless:
		client.Conn.(*net.TCPConn).CloseWrite()
	case !c.closes:
		client.SendRaw(join(c.rest, frame(fin|cls, "\x03\xe8")))
	}
}

// begin connects and sends all but the rest.
func (c attempt) begin(t *testing.T, addr string) *wstest.Client {
	t.Helper()
	request := wstest.Request(addr, "/ws/2", "Origin: http://"+addr)
	if c.early {
		request += string(bytes.Join(c.sent, nil))
	}
	response, client := wstest.Do(t, wstest.DialTCP(t, addr), request)
	if response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the handshake was answered %s", response.Status)
	}
	if !c.early {
		for _, b := range c.sent {
			client.Write(b) // where the server has had enough before, what is read will tell
		}
	}
	if c.cut {
		client.Conn.(*net.TCPConn).CloseWrite()
	}
	return client
}

// witness checks what a client reads, and that a bystander reads what is passed on.
type witness struct {
	t         *testing.T
	client    *wstest.Client
	bystander *wstest.Client
	orderly   bool
	told      []string // broadcasts that the client itself has still to read
}

func (w *witness) expect(events string) {
	w.t.Helper()
	for want := range strings.SplitSeq(events, "; ") {
		if want == "waits" || want == "stays open" {
			continue // the next event shows it
		}
		frame, err := w.next()
		if got := event(frame, err); got != want {
			w.t.Fatalf("%s, want: %s", got, want)
		}
		if err != nil && w.orderly && err != io.EOF {
			w.t.Fatalf("the connection ended with %v", err)
		}
		if message, ok := strings.CutPrefix(frame.Payload, "You wrote: "); ok {
			w.told = append(w.told, "Client #2 says: "+message)
			w.bystander.Expect("Client #2 says: " + message)
		}
	}
}

// next returns the client's next frame that is not its own broadcast.
func (w *witness) next() (wstest.Frame, error) {
	for {
		frame, err := w.client.Next()
		if len(w.told) == 0 || frame.First != wstest.Fin|wstest.Text || frame.Payload != w.told[0] {
			return frame, err
		}
		w.told = w.told[1:]
	}
}

// event puts what a client read into words.
func event(f wstest.Frame, err error) string {
	message, echo := strings.CutPrefix(f.Payload, "You wrote: ")
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return "ends"
	case err != nil:
		return err.Error()
	case echo && f.First == wstest.Fin|wstest.Text:
		return "passes on " + quote(message)
	case f.First == wstest.Fin|wstest.Pong:
		return "pong " + quote(f.Payload)
	case f.First == wstest.Fin|wstest.Close && f.Payload == "":
		return "closes with no code"
	case f.First == wstest.Fin|wstest.Close && len(f.Payload) > 1:
		return fmt.Sprintf("closes with %d", binary.BigEndian.Uint16([]byte(f.Payload)))
	}
	return fmt.Sprintf("frame %#x %s", f.First, quote(f.Payload))
}

// quote shortens a long payload that is one character over and over.
func quote(payload string) string {
	first, size := utf8.DecodeRuneInString(payload)
	if n := len(payload) / max(size, 1); n > 100 && payload == strings.Repeat(string(first), n) {
		return fmt.Sprintf("%d × %q", n, string(first))
	}
	return fmt.Sprintf("%q", payload)
}

// shakeHands sends the handshake and checks the answer.
func (c attempt) shakeHands(t *testing.T, addr, comes string) {
	request := c.edit(wstest.Request("HOST", "/ws/2", "Origin: http://HOST"))
	response, _ := wstest.Do(t, wstest.DialTCP(t, addr), strings.ReplaceAll(request, "HOST", addr))
	got := fmt.Sprintf("answers %d", response.StatusCode)
	if protocol := response.Header.Get("Sec-WebSocket-Protocol"); protocol != "" {
		got += fmt.Sprintf(", subprotocol %q", protocol)
	}
	if got != comes {
		t.Errorf("%s, want: %s", got, comes)
	}
}

func askOverHTTP2(t *testing.T, server *httptest.Server, comes string) {
	response, err := server.Client().Get(server.URL + "/ws/2")
	if err != nil || response.ProtoMajor != 2 {
		t.Fatal(response, err)
	}
	defer response.Body.Close()
	got := fmt.Sprintf("answers %d", response.StatusCode)
	if body, _ := io.ReadAll(response.Body); string(body) == "panics\n" {
		got = "panics"
	}
	if got != comes {
		t.Errorf("%s, want: %s", got, comes)
	}
}

var update = flag.Bool("update", false, "write docs/conformance.md anew")

const introduction = `# What clients may send, and what comes of it

A WebSocket carries messages in frames; [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) says how,
and what a server does when a client breaks its rules. This chat stands on
golang.org/x/net/websocket, which leaves much of that to its user: "plain" is the same chat written
with its ` + "`Handler` and `Message`" + ` alone. Each row is a test ` +
	`that was run against both. Someone else
was in the room, and noticed nothing beyond what is said here. Bold marks where the two differ.

"Passes on" means that everyone was sent the message, "closes with" that a close frame with that
code came, "ends" that TCP ended without one. Otherwise the connection stays good.

| RFC 6455 | A client sends | plain x/net/websocket | this chat | in ` + "`TestConformance`" + ` |
|---|---|---|---|---|
`

const footer = `
This table is written by ` + "`go test ./internal/wsconn -run TestConformanceTable -update`" + `.

`

// What follows from here on in the page is not the table's: compare/autobahn fills it in.
const behind = "## The Autobahn test suite\n"

var quoted = regexp.MustCompile(`(\d+ × )?"[^"]*"`)

func TestConformanceTable(t *testing.T) {
	const path = "../../docs/conformance.md"
	page := bytes.NewBufferString(introduction)
	for _, r := range rules {
		plain, ours := quoted.ReplaceAllString(r.plain, "`$0`"),
			quoted.ReplaceAllString(r.ours, "`$0`")
		if plain != ours {
			ours = "**" + ours + "**"
		}
		fmt.Fprintf(page, "| %s | %s | %s | %s | `%s` |\n", r.section, r.what, plain, ours, r.name)
	}
	page.WriteString(footer + behind)
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, rest, found := bytes.Cut(old, []byte(behind)); found {
		page.Write(rest)
	}
	if *update {
		if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, page.Bytes()) {
		t.Errorf("%s is not what the rules say (%v): run this test with -update", path, err)
	}
}
