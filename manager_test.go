// The chat's promises. How one connection behaves is tested in internal/wsconn, and the program
// that "go run main.go" starts in internal/serve.
package chat_test

import (
	"context"
	"encoding/json"
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
	"testing"
	"time"

	"example.com/chat"
	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
	"golang.org/x/net/websocket"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// pair is lines of fastapi/main.py and what stands for them in manager.go.
type pair struct {
	Python, Go []string
	// Python's except comes last; what Go defers, and the check of err, stand earlier
	Elsewhere bool
}

// static/pairs.json is for the reader, the page's code panel and the lesson: one table for all.
func TestEachPythonLineHasItsGoLineInTheSameOrder(t *testing.T) {
	t.Parallel()
	python, golang := lines(t, "fastapi/main.py"), lines(t, "manager.go")
	var parts map[string][]pair // each in the order of both files
	table, err := os.ReadFile("static/pairs.json")
	if err == nil {
		err = json.Unmarshal(table, &parts)
	}
	if err != nil {
		t.Fatal(err)
	}
	paired := map[string]bool{}
	for name, pairs := range parts {
		pythonAt, goAt := 0, 0
		for _, p := range pairs {
			for _, line := range p.Python {
				paired[line] = true
			}
			if p.Elsewhere {
				find(t, "manager.go", golang, p.Go, 0)
				continue
			}
			pythonAt = find(t, "fastapi/main.py, "+name, python, p.Python, pythonAt)
			goAt = find(t, "manager.go, "+name, golang, p.Go, goAt)
		}
	}
	for _, line := range python[slices.Index(python, "app = FastAPI()"):] {
		if line != "" && !paired[line] {
			t.Errorf("static/pairs.json has no Go line for %q", line)
		}
	}
}

// find returns the place after want, one line of which follows the other from place at on.
func find(t *testing.T, name string, lines, want []string, at int) int {
	t.Helper()
	for _, line := range want {
		i := slices.Index(lines[at:], line)
		if i < 0 {
			t.Errorf("%s has no line %q, or not in this order; an exercise may want that", name,
				line)
			return at
		}
		at += i + 1
	}
	return at
}

// lines are those of a file, without what is around them.
func lines(t *testing.T, path string) []string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(string(content), "\n")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

func ExampleApp() {
	sockets := &wsconn.Server{}
	server := httptest.NewServer(chat.App(sockets))
	defer server.Close()

	ws, err := websocket.Dial("ws"+strings.TrimPrefix(server.URL, "http")+"/ws/7", "", server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	ws.SetDeadline(time.Now().Add(wstest.Patience))
	websocket.Message.Send(ws, "Hello")
	for range 2 {
		var message string
		websocket.Message.Receive(ws, &message)
		fmt.Println(message)
	}
	ws.Close()
	sockets.Shutdown(context.Background())
	// Output:
	// You wrote: Hello
	// Client #7 says: Hello
}

// start serves the chat on a free port.
func start(t testing.TB) (addr string, sockets *wsconn.Server) {
	t.Helper()
	sockets = &wsconn.Server{}
	server := httptest.NewServer(chat.App(sockets))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), sockets
}

// join connects a client and waits until the room knows it.
func join(t testing.TB, addr string, id int) *wstest.Client {
	t.Helper()
	c := wstest.Dial(t, addr, fmt.Sprint("/ws/", id))
	c.Say("hello")
	c.Expect("You wrote: hello", fmt.Sprintf("Client #%d says: hello", id))
	return c
}

// room returns n clients with the ids 0 to n-1, who all know of each other and have read
// everything.
func room(t testing.TB, addr string, n int) []*wstest.Client {
	t.Helper()
	clients := make([]*wstest.Client, n)
	for i := range clients {
		clients[i] = join(t, addr, i)
	}
	last := fmt.Sprintf("Client #%d says: hello", n-1)
	for _, c := range clients[:n-1] {
		for c.Read().Payload != last {
		}
	}
	return clients
}

// meanwhile runs f beside the test, which waits for its end.
func meanwhile(t *testing.T, f func()) {
	var running sync.WaitGroup
	running.Go(f)
	t.Cleanup(running.Wait)
}

// atOnce runs f for each client in a goroutine of its own and waits for all.
func atOnce(clients []*wstest.Client, f func(id int, c *wstest.Client)) {
	var all sync.WaitGroup
	for id, c := range clients {
		all.Go(func() { f(id, c) })
	}
	all.Wait()
}

func TestWhatOneWritesIsEchoedToItAndToldToEveryone(t *testing.T) {
	t.Parallel()
	addr, _ := start(t)
	everyone := room(t, addr, 3)
	texts := []string{
		"", "hi", "<b>not HTML</b>", "Grüße, 世界 🙂", "two\nlines", strings.Repeat("x", 125),
		strings.Repeat("y", 126), strings.Repeat("ü", 32<<10)}
	for i, text := range texts {
		speaker := i % len(everyone)
		everyone[speaker].Say(text)
		everyone[speaker].Expect("You wrote: " + text)
		for _, listener := range everyone {
			listener.Expect(fmt.Sprintf("Client #%d says: %s", speaker, text))
		}
	}
}

func TestAnIDIsAnIntegerInPlainDecimal(t *testing.T) {
	t.Parallel()
	addr, _ := start(t)
	for path, id := range map[string]string{
		"/ws/007": "7", "/ws/-5": "-5", "/ws/0": "0", "/ws/+3": "3",
		"/ws/9223372036854775807":  "9223372036854775807",
		"/ws/-9223372036854775808": "-9223372036854775808",
	} {
		c := wstest.Dial(t, addr, path)
		c.Say("x")
		c.Expect("You wrote: x", "Client #"+id+" says: x")
		c.SendClose(1000, "")
		c.ExpectClose()
		c.ExpectEnd() // its leaving is told before, and the next one does not hear it
	}
}

func TestTwoMayBearTheSameID(t *testing.T) {
	t.Parallel()
	addr, _ := start(t)
	a := join(t, addr, 7)
	b := join(t, addr, 7)
	a.Expect("Client #7 says: hello")
	b.SendClose(1000, "")
	a.Expect("Client #7 has left the chat")
	a.Say("still here")
	a.Expect("You wrote: still here", "Client #7 says: still here")
}

func TestEveryoneHearsEverythingInOneOrder(t *testing.T) {
	t.Parallel()
	const clients, messages = 20, 100
	addr, _ := start(t)
	everyone := room(t, addr, clients)
	heard := make([][]string, clients)
	meanwhile(t, func() {
		atOnce(everyone, func(_ int, c *wstest.Client) {
			for i := range messages {
				c.Say(fmt.Sprint(i))
			}
		})
	})
	atOnce(everyone, func(id int, c *wstest.Client) {
		own, wrote := fmt.Sprintf("Client #%d says: ", id), 0
		for told := 0; len(heard[id]) < clients*messages; {
			text := c.Read().Payload
			if text == fmt.Sprintf("You wrote: %d", wrote) {
				wrote++
				continue
			}
			heard[id] = append(heard[id], text)
			if strings.HasPrefix(text, own) {
				if text != fmt.Sprint(own, told) || told >= wrote {
					t.Errorf("client %d read %q after %d of its own and %d echoes", id, text, told,
						wrote)
				}
				told++
			}
		}
	})
	for id := range heard {
		if !slices.Equal(heard[id], heard[0]) {
			t.Errorf("client %d heard another order than client 0", id)
		}
	}
}

func TestALeavingIsToldOnceHoweverItCame(t *testing.T) {
	t.Parallel()
	cutShort := []byte{wstest.Fin | wstest.Text, 0x85, 1, 2, 3, 4, 'h'}
	for name, leave := range map[string]func(c *wstest.Client){
		"by a close":     func(c *wstest.Client) { c.SendClose(1000, "bye"); c.ExpectClose() },
		"by a reset":     (*wstest.Client).Reset,
		"by a lost line": func(c *wstest.Client) { c.Conn.Close() },
		"inside a frame": func(c *wstest.Client) { c.SendRaw(cutShort); c.Reset() },
		"by a refusal": func(c *wstest.Client) {
			c.Send(wstest.Fin|wstest.Binary, "x")
			c.ExpectClose()
		},
		"after its close": func(c *wstest.Client) {
			c.SendClose(1000, "")
			c.SendClose(1000, "")
			c.Reset()
		},
		"without a goodbye": func(c *wstest.Client) { c.Conn.(*net.TCPConn).CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr, _ := start(t)
			stays := join(t, addr, 1)
			leaves := join(t, addr, 2)
			stays.Expect("Client #2 says: hello")
			leave(leaves)
			stays.Expect("Client #2 has left the chat")
			stays.Say("alone")
			stays.Expect("You wrote: alone", "Client #1 says: alone")
		})
	}
}

// How long they wait is tested in internal/wsconn, by a false clock.
func TestOneWhoNeverReadsHoldsUpNobodyAndItsLeavingIsTold(t *testing.T) {
	t.Parallel()
	addr, _ := start(t)
	everyone := room(t, addr, 3)
	const messages, size = 320, 32 << 10 // 10 MB of chat, which the third never reads
	leavings := 0
	for i := range messages {
		text := strings.Repeat(string(rune('a'+i%26)), size)
		everyone[0].Say(text)
		for _, c := range everyone[:2] {
			for got := ""; got != "Client #0 says: "+text; {
				if got = c.Read().Payload; got == "Client #2 has left the chat" {
					leavings++
				}
			}
		}
	}
	if leavings != 2 {
		t.Errorf("the leaving was told %d times to 2 clients", leavings)
	}
}

func TestAFloodLosesNothingAndDropsNobodyWhoReads(t *testing.T) {
	t.Parallel()
	const clients, messages, size = 10, 300, 4 << 10
	addr, _ := start(t)
	everyone := room(t, addr, clients)
	text := strings.Repeat("flood ", size/6)
	meanwhile(t, func() {
		atOnce(everyone, func(_ int, c *wstest.Client) {
			for range messages {
				c.Say(text)
			}
		})
	})
	atOnce(everyone, func(id int, c *wstest.Client) {
		for range messages * (clients + 1) {
			if f := c.Read(); f.First != wstest.Fin|wstest.Text {
				t.Errorf("client %d read %+v", id, f)
				return
			}
		}
	})
}

func TestNothingIsMissedFromThe101On(t *testing.T) {
	t.Parallel()
	addr, _ := start(t)
	speaker := join(t, addr, 1)
	for i := range 100 {
		listener := wstest.Dial(t, addr, "/ws/2")
		speaker.Say(fmt.Sprint(i))
		listener.Expect(fmt.Sprint("Client #1 says: ", i))
		listener.Reset()
		speaker.Expect(fmt.Sprint("You wrote: ", i), fmt.Sprint("Client #1 says: ", i),
			"Client #2 has left the chat")
	}
}

func TestAShutdownDeliversWhatItHadAcceptedAndSaysWhy(t *testing.T) {
	t.Parallel()
	const clients = 10
	addr, sockets := start(t)
	everyone := room(t, addr, clients)
	go atOnce(everyone, func(id int, c *wstest.Client) {
		for i := 0; ; i++ {
			if _, err := c.Write(wstest.Encode(wstest.Fin|wstest.Text, fmt.Sprint(i))); err != nil {
				return
			}
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), wstest.Patience)
	defer cancel()
	ended := make(chan error, 1)
	var begin sync.Once
	accepted := make([]int, clients)
	heard := make([][]string, clients)
	atOnce(everyone, func(id int, c *wstest.Client) {
		for {
			f := c.Read()
			if f.First == wstest.Fin|wstest.Close {
				if !strings.HasPrefix(f.Payload, "\x03\xe9") {
					t.Errorf("client %d was closed with %q, want 1001", id, f.Payload)
				}
				c.Conn.Close()
				return
			}
			if strings.HasPrefix(f.Payload, "You wrote: ") {
				accepted[id]++
				// the talk is under way
				begin.Do(func() { go func() { ended <- sockets.Shutdown(ctx) }() })
			} else {
				heard[id] = append(heard[id], f.Payload)
			}
		}
	})
	for id := range clients {
		if !slices.Equal(heard[id], heard[0]) {
			t.Errorf("client %d heard %d messages, client 0 %d, or in another order", id,
				len(heard[id]), len(heard[0]))
		}
		told := 0
		for _, text := range heard[0] {
			if strings.HasPrefix(text, fmt.Sprintf("Client #%d says: ", id)) {
				told++
			}
		}
		if told != accepted[id] {
			t.Errorf("client %d has %d echoes, and %d of its messages were told", id, accepted[id],
				told)
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestEachPathAnswersAsInTheOriginal(t *testing.T) {
	t.Parallel()
	addr, _ := start(t)
	ws := func(path string, more ...string) string { return wstest.Request(addr, path, more...) }
	get := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n" }
	for _, row := range []struct {
		request string
		status  int
	}{
		{get("/"), 200},
		{get("/static/bootstrap.min.css"), 200},
		{get("/favicon.ico"), 200},
		{get("/static/nothing.js"), 404},
		{get("/static/"), 404},
		{get("/index.html"), 404},
		{ws("/ws/"), 404},
		{ws("/ws/1/2"), 404},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405},
		{strings.Replace(ws("/ws/1"), "GET", "POST", 1), 405},
		{get("/ws/1"), 426},
		{get("/ws/one"), 426},
		{ws("/ws/one"), 403},
		{ws("/ws/9223372036854775808"), 403},
		{ws("/ws/1.5"), 403},
		{ws("/ws/1", "Origin: https://evil.example"), 403},
		{ws("/ws/1", "Origin: http://"+addr), 101},
		{ws("/ws/1"), 101},
	} {
		response, _ := wstest.Do(t, wstest.DialTCP(t, addr), row.request)
		if response.StatusCode != row.status {
			t.Errorf("%q was answered %s, want %d", row.request, response.Status, row.status)
		}
		if row.status >= 400 {
			if body, _ := io.ReadAll(response.Body); strings.Count(string(body), "\n") != 1 ||
				len(body) < 4 {
				t.Errorf("%q was answered %q, want a line", row.request, body)
			}
		}
	}
}

func TestThePageNeedsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	addr, _ := start(t)
	get := func(path string) string {
		response, err := http.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != 200 {
			t.Errorf("%s: %s, %v", path, response.Status, err)
		}
		return string(body)
	}
	loaded := 0
	attributes := regexp.MustCompile(`(?:src|href)="([^"]*)"`)
	for _, attribute := range attributes.FindAllStringSubmatch(get("/"), -1) {
		switch url := attribute[1]; {
		case strings.HasPrefix(url, "/static/"):
			get(url)
			loaded++
		case !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "#"):
			t.Errorf("the page loads %s from elsewhere", url)
		}
	}
	if loaded < 3 {
		t.Errorf("the page loads %d files only", loaded)
	}
}
