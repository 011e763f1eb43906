package chat_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/chat"
	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	status := m.Run()
	if built != "" {
		os.Remove(built)
	}
	os.Exit(status)
}

// start serves the chat on a free port, with main.go's routes.
func start(t testing.TB, manager chat.Manager, options chat.Options) (addr string) {
	t.Helper()
	endpoint, err := chat.WebSocketEndpoint(manager, options)
	if err != nil {
		t.Fatal(err)
	}
	app := http.NewServeMux()
	app.Handle("GET /{$}", chat.Page())
	app.Handle("GET /static/{file}", chat.Page())
	app.Handle("/ws/{client_id}", endpoint)
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// join connects a client and waits until the room knows it.
func join(t testing.TB, addr string, id int) *wstest.Client {
	t.Helper()
	c := wstest.Dial(t, addr, fmt.Sprint("/ws/", id))
	c.Say("hello")
	c.Expect("You wrote: hello", fmt.Sprintf("Client #%d says: hello", id))
	return c
}

func TestWhatOneWritesIsEchoedToItAndToldToEveryone(t *testing.T) {
	t.Parallel()
	addr := start(t, chat.NewConnectionManager(), chat.Options{})
	a := join(t, addr, 1)
	b := join(t, addr, 2)
	a.Expect("Client #2 says: hello")
	c := join(t, addr, 3)
	a.Expect("Client #3 says: hello")
	b.Expect("Client #3 says: hello")
	everyone := []*wstest.Client{a, b, c}

	texts := []string{"", "hi", "<b>not HTML</b>", "Grüße, 世界 🙂", "two\nlines", strings.Repeat("x", 125), strings.Repeat("y", 126), strings.Repeat("ü", 32<<10)}
	for i, text := range texts {
		speaker := i % len(everyone)
		everyone[speaker].Say(text)
		everyone[speaker].Expect("You wrote: " + text)
		for _, listener := range everyone {
			listener.Expect(fmt.Sprintf("Client #%d says: %s", speaker+1, text))
		}
	}
}

func TestAnIDIsAnIntegerInPlainDecimal(t *testing.T) {
	t.Parallel()
	addr := start(t, chat.NewConnectionManager(), chat.Options{})
	for path, id := range map[string]string{
		"/ws/007": "7", "/ws/-5": "-5", "/ws/0": "0", "/ws/9223372036854775807": "9223372036854775807", "/ws/-9223372036854775808": "-9223372036854775808",
	} {
		c := wstest.Dial(t, addr, path)
		c.Say("x")
		c.Expect("You wrote: x", "Client #"+id+" says: x")
		c.SendClose(1000, "")
		c.ExpectClose()
	}
}

func TestTwoMayBearTheSameID(t *testing.T) {
	t.Parallel()
	addr := start(t, chat.NewConnectionManager(), chat.Options{})
	a := join(t, addr, 7)
	b := join(t, addr, 7)
	a.Expect("Client #7 says: hello")
	b.SendClose(1000, "")
	a.Expect("Client #7 has left the chat")
	a.Say("still here")
	a.Expect("You wrote: still here", "Client #7 says: still here")
}

// room returns n clients with the ids 0 to n-1, who all know of each other and have read everything.
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

// atOnce runs f for each client in a goroutine of its own and waits for all.
func atOnce(clients []*wstest.Client, f func(id int, c *wstest.Client)) {
	var all sync.WaitGroup
	for id, c := range clients {
		all.Go(func() { f(id, c) })
	}
	all.Wait()
}

func TestEveryoneHearsEverythingInOneOrder(t *testing.T) {
	t.Parallel()
	const clients, messages = 20, 100
	everyone := room(t, start(t, chat.NewConnectionManager(), chat.Options{}), clients)
	heard := make([][]string, clients)
	go atOnce(everyone, func(_ int, c *wstest.Client) {
		for i := range messages {
			c.Say(fmt.Sprint(i))
		}
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
					t.Errorf("client %d read %q after %d of its own and %d echoes", id, text, told, wrote)
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

// panicky panics in the handler of whoever says "panic".
type panicky struct{ *chat.ConnectionManager }

func (m panicky) SendPersonalMessage(message string, connection *wsconn.Conn) {
	if message == "You wrote: panic" {
		panic(http.ErrAbortHandler)
	}
	m.ConnectionManager.SendPersonalMessage(message, connection)
}

func TestALeavingIsToldOnceHoweverItCame(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(c *wstest.Client){
		"by a close":        func(c *wstest.Client) { c.SendClose(1000, "bye"); c.ExpectClose() },
		"by a reset":        (*wstest.Client).Reset,
		"by a lost line":    func(c *wstest.Client) { c.Conn.Close() },
		"inside a frame":    func(c *wstest.Client) { c.SendRaw([]byte{wstest.Fin | wstest.Text, 0x85, 1, 2, 3, 4, 'h'}); c.Reset() },
		"by a refusal":      func(c *wstest.Client) { c.Send(wstest.Fin|wstest.Binary, "x"); c.ExpectClose() },
		"after its close":   func(c *wstest.Client) { c.SendClose(1000, ""); c.SendClose(1000, ""); c.Reset() },
		"by our own panic":  func(c *wstest.Client) { c.Say("panic"); c.ExpectClose() },
		"without a goodbye": func(c *wstest.Client) { c.Conn.(*net.TCPConn).CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := start(t, panicky{chat.NewConnectionManager()}, chat.Options{})
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

// elsewhere is a manager whose Broadcast needs something that is away when somebody says "lost".
type elsewhere struct{ *chat.ConnectionManager }

func (m elsewhere) Broadcast(message string) error {
	if message == "Client #2 says: lost" {
		return errors.New("the others cannot be reached")
	}
	return m.ConnectionManager.Broadcast(message)
}

func TestWhoseMessageCannotBeToldIsSentAwayWithTheReason(t *testing.T) {
	t.Parallel()
	addr := start(t, elsewhere{chat.NewConnectionManager()}, chat.Options{})
	stays := join(t, addr, 1)
	leaves := join(t, addr, 2)
	stays.Expect("Client #2 says: hello")
	leaves.Say("lost")
	leaves.Expect("You wrote: lost")
	if got := leaves.ExpectClose(); got.Code != wsconn.TryAgainLater || got.Reason != "the others cannot be reached" {
		t.Errorf("closed with %+v, want 1013 and the error", got)
	}
	stays.Expect("Client #2 has left the chat")
}

func TestOneWhoNeverReadsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	addr := start(t, chat.NewConnectionManager(), chat.Options{})
	everyone := room(t, addr, 3)
	speaker, listener, stuck := everyone[0], everyone[1], everyone[2]
	const messages, size = 320, 32 << 10 // 10 MB of chat, which stuck never reads
	left := "Client #2 has left the chat"
	leavings := 0
	var longest time.Duration
	for i := range messages {
		text := strings.Repeat(string(rune('a'+i%26)), size)
		began := time.Now()
		speaker.Say(text)
		for _, c := range []*wstest.Client{speaker, listener} {
			for got := ""; got != "Client #0 says: "+text; {
				if got = c.Read().Payload; got == left {
					leavings++
				}
			}
		}
		longest = max(longest, time.Since(began))
	}
	if leavings != 2 {
		t.Errorf("the leaving was told %d times to 2 clients", leavings)
	}
	if longest > 5*time.Second { // a write that waits for the stuck client takes 10; to the 100 ms, wsconn's tests hold it by a clock of their own
		t.Errorf("somebody waited for %v", longest)
	}
	if got := stuck.ExpectClose(); got.Code != wsconn.PolicyViolation || got.Reason == "" {
		t.Errorf("the stuck client, when it read at last, was closed with %+v, want 1008 and a reason", got)
	}
}

func TestAFloodLosesNothingAndDropsNobodyWhoReads(t *testing.T) {
	t.Parallel()
	const clients, messages, size = 10, 300, 4 << 10
	everyone := room(t, start(t, chat.NewConnectionManager(), chat.Options{}), clients)
	text := strings.Repeat("flood ", size/6)
	go atOnce(everyone, func(_ int, c *wstest.Client) {
		for range messages {
			c.Say(text)
		}
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

func TestMuchSaidAtOnceCutsOffNobodyWhoReads(t *testing.T) {
	t.Parallel()
	const clients, messages, size = 60, 3, 50_000 // 9 MB for each to read, and more than one may be behind
	everyone := room(t, start(t, chat.NewConnectionManager(), chat.Options{}), clients)
	frame := wstest.Encode(wstest.Fin|wstest.Text, strings.Repeat("x", size))
	go atOnce(everyone, func(_ int, c *wstest.Client) {
		for range messages {
			c.SendRaw(frame)
		}
	})
	atOnce(everyone, func(id int, c *wstest.Client) {
		for range messages * (clients + 1) {
			if f := c.Read(); len(f.Payload) < size {
				t.Errorf("client %d read %+v", id, f)
				return
			}
		}
	})
}

func TestNothingIsMissedFromThe101On(t *testing.T) {
	t.Parallel()
	addr := start(t, chat.NewConnectionManager(), chat.Options{})
	speaker := join(t, addr, 1)
	for i := range 100 {
		listener := wstest.Dial(t, addr, "/ws/2")
		speaker.Say(fmt.Sprint(i))
		listener.Expect(fmt.Sprint("Client #1 says: ", i))
		listener.Reset()
		speaker.Expect(fmt.Sprint("You wrote: ", i), fmt.Sprint("Client #1 says: ", i), "Client #2 has left the chat")
	}
}

func TestAShutdownDeliversWhatItHadAcceptedAndSaysWhy(t *testing.T) {
	t.Parallel()
	const clients = 10
	manager := chat.NewConnectionManager()
	everyone := room(t, start(t, manager, chat.Options{}), clients)
	go atOnce(everyone, func(id int, c *wstest.Client) {
		for i := 0; ; i++ {
			if _, err := c.Write(wstest.Encode(wstest.Fin|wstest.Text, fmt.Sprint(i))); err != nil {
				return
			}
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), wstest.Patience)
	defer cancel()
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
				return
			}
			if strings.HasPrefix(f.Payload, "You wrote: ") {
				accepted[id]++
				begin.Do(func() { go manager.Shutdown(ctx) }) // the talk is under way
			} else {
				heard[id] = append(heard[id], f.Payload)
			}
		}
	})
	for id := range clients {
		if !slices.Equal(heard[id], heard[0]) {
			t.Errorf("client %d heard %d messages, client 0 %d, or in another order", id, len(heard[id]), len(heard[0]))
		}
		told := 0
		for _, text := range heard[0] {
			if strings.HasPrefix(text, fmt.Sprintf("Client #%d says: ", id)) {
				told++
			}
		}
		if told != accepted[id] {
			t.Errorf("client %d has %d echoes, and %d of its messages were told", id, accepted[id], told)
		}
	}
	if err := ctx.Err(); err != nil {
		t.Error(err)
	}
}

func TestAShutdownInTheMiddleOfAFrameEndsInOrder(t *testing.T) {
	t.Parallel()
	for _, frame := range [][]byte{wstest.Encode(wstest.Fin|wstest.Text, "hello"), wstest.Encode(wstest.Fin|wstest.Close, "\x03\xe8")} {
		for cut := range frame {
			manager := chat.NewConnectionManager()
			c := join(t, start(t, manager, chat.Options{}), 1)
			c.SendRaw(frame[:cut])
			manager.Shutdown(t.Context())
			if got := c.ExpectClose(); got.Code != wsconn.GoingAway {
				t.Errorf("cut at %d: closed with %+v, want 1001", cut, got)
			}
			c.SendRaw(frame[cut:])
			c.SendClose(wsconn.GoingAway, "")
			c.ExpectEnd()
		}
	}
}

func TestWhoComesDuringAShutdownIsSentAwayAndWaitedFor(t *testing.T) {
	t.Parallel()
	manager := chat.NewConnectionManager()
	endpoint, err := chat.WebSocketEndpoint(manager, chat.Options{})
	if err != nil {
		t.Fatal(err)
	}
	app := http.NewServeMux()
	app.Handle("/ws/{client_id}", endpoint)
	server := httptest.NewServer(app)
	defer server.Close()
	manager.Shutdown(t.Context())
	c := wstest.Dial(t, server.Listener.Addr().String(), "/ws/1")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := endpoint.Wait(over); err != context.Canceled {
		t.Errorf("Wait returned %v with a client connected", err)
	}
	if got := c.ExpectClose(); got.Code != wsconn.GoingAway {
		t.Errorf("closed with %+v, want 1001", got)
	}
	c.SendClose(1001, "")
	c.ExpectEnd()
	c.Conn.Close()
	if err := endpoint.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRefusalsAreOrdinaryAnswersThatSayWhy(t *testing.T) {
	t.Parallel()
	addr := start(t, chat.NewConnectionManager(), chat.Options{Origins: []string{"https://friend.example"}})
	host, port, _ := net.SplitHostPort(addr)
	ws := func(path string, more ...string) string { return wstest.Request(addr, path, more...) }
	without := func(line string) string { return strings.Replace(ws("/ws/1"), line+"\r\n", "", 1) }
	instead := func(line, other string) string { return strings.Replace(ws("/ws/1"), line, other, 1) }
	for _, row := range []struct {
		name, request string
		status        int
	}{
		{"the page", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200},
		{"a file of the page", "GET /static/bootstrap.min.css HTTP/1.1\r\nHost: x\r\n\r\n", 200},
		{"no such file", "GET /static/nothing.js HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		{"no listing", "GET /static/ HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		{"no such path", "GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		{"no id", ws("/ws/"), 404},
		{"two ids", ws("/ws/1/2"), 404},
		{"another method on the page", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405},
		{"another method on the chat", strings.Replace(ws("/ws/1"), "GET", "POST", 1), 405},
		{"HEAD on the chat", strings.Replace(ws("/ws/1"), "GET", "HEAD", 1), 405},
		{"plain GET", "GET /ws/1 HTTP/1.1\r\nHost: x\r\n\r\n", 426},
		{"plain GET of no id", "GET /ws/one HTTP/1.1\r\nHost: x\r\n\r\n", 426},
		{"HTTP/1.0", instead("HTTP/1.1", "HTTP/1.0"), 426},
		{"Upgrade to something else", instead("Upgrade: websocket", "Upgrade: h2c"), 426},
		{"Upgrade not in Connection", instead("Connection: Upgrade", "Connection: keep-alive"), 426},
		{"no version", without("Sec-WebSocket-Version: 13"), 426},
		{"version 8", instead("Version: 13", "Version: 8"), 426},
		{"no key", without("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400},
		{"a short key", instead("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), 400},
		{"a key not in base64", instead("dGhlIHNhbXBsZSBub25jZQ==", "******"), 400},
		{"two keys", ws("/ws/1", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400},
		{"a body", ws("/ws/1", "Content-Length: 3") + "abc", 400},
		{"a chunked body", ws("/ws/1", "Transfer-Encoding: chunked") + "0\r\n\r\n", 400},
		{"an id of letters", ws("/ws/one"), 403},
		{"an id beyond 64 bits", ws("/ws/9223372036854775808"), 403},
		{"an id with a fraction", ws("/ws/1.5"), 403},
		{"no origin", ws("/ws/1"), 101},
		{"this origin", ws("/ws/1", "Origin: http://"+addr), 101},
		{"this origin in capitals", ws("/ws/1", "Origin: HTTP://"+addr), 101},
		{"an origin that may", ws("/ws/1", "Origin: https://friend.example"), 101},
		{"the same with its default port", ws("/ws/1", "Origin: https://friend.example:443"), 101},
		{"an evil origin", ws("/ws/1", "Origin: https://evil.example"), 403},
		{"null", ws("/ws/1", "Origin: null"), 403},
		{"an empty origin", ws("/ws/1", "Origin: "), 403},
		{"two origins", ws("/ws/1", "Origin: http://"+addr, "Origin: https://evil.example"), 403},
		{"a host that ends alike", ws("/ws/1", "Origin: http://evil"+addr), 403},
		{"a host that begins alike", ws("/ws/1", "Origin: http://"+host+".evil.example:"+port), 403},
		{"this host as a user", ws("/ws/1", "Origin: http://"+addr+"@evil.example"), 403},
		{"another port", ws("/ws/1", "Origin: http://"+host+":1"), 403},
		{"no port", ws("/ws/1", "Origin: http://"+host), 403},
		{"another scheme", ws("/ws/1", "Origin: https://"+addr), 403},
		{"a friend without TLS", ws("/ws/1", "Origin: http://friend.example"), 403},
		{"an origin with a path", ws("/ws/1", "Origin: http://"+addr+"/"), 403},
		{"extensions and subprotocols offered", ws("/ws/1", "Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Protocol: chat"), 101},
		{"two subprotocols offered", ws("/ws/1", "Sec-WebSocket-Protocol: chat, superchat"), 101},
		{"header values in capitals", strings.NewReplacer("websocket", "WebSocket", "Connection: Upgrade", "Connection: keep-alive, UPGRADE").Replace(ws("/ws/1")), 101},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			response, _ := wstest.Do(t, wstest.DialTCP(t, addr), row.request)
			if response.StatusCode != row.status {
				t.Fatalf("answered %s, want %d", response.Status, row.status)
			}
			if row.status == 426 && (response.Header.Get("Upgrade") != "websocket") {
				t.Error("a 426 must name what to upgrade to")
			}
			if strings.Contains(row.name, "version") && response.Header.Get("Sec-WebSocket-Version") != "13" {
				t.Error("no Sec-WebSocket-Version: 13")
			}
			if row.status == 101 {
				if response.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" { // RFC 6455, section 1.3
					t.Error("wrong Sec-WebSocket-Accept")
				}
				for _, name := range []string{"Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"} {
					if got, ok := response.Header[http.CanonicalHeaderKey(name)]; ok {
						t.Errorf("%s: %q was taken", name, got)
					}
				}
			} else if row.status >= 400 && !strings.Contains(row.request, "HEAD") {
				body, _ := io.ReadAll(response.Body)
				if text := string(body); len(text) < 4 || strings.Count(text, "\n") != 1 || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/plain") {
					t.Errorf("the body is %q, want a line of plain text", text)
				}
			}
		})
	}
}

func TestOneTooManyIsRefusedAndTheOthersNoticeNothing(t *testing.T) {
	t.Parallel()
	addr := start(t, chat.NewConnectionManager(), chat.Options{MaxConnections: 2})
	a, b := join(t, addr, 1), join(t, addr, 2)
	response, _ := wstest.Do(t, wstest.DialTCP(t, addr), wstest.Request(addr, "/ws/3"))
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("the third was answered %s, want 503", response.Status)
	}
	a.Expect("Client #2 says: hello")
	b.SendClose(1000, "")
	b.ExpectClose()
	b.Conn.Close()
	a.Expect("Client #2 has left the chat")
	for { // b's place is free when its connection has ended, which is soon
		response, c := wstest.Do(t, wstest.DialTCP(t, addr), wstest.Request(addr, "/ws/3"))
		if response.StatusCode == http.StatusSwitchingProtocols {
			c.Say("in")
			break
		}
	}
	a.Expect("Client #3 says: in")
}

func TestThePageNeedsNothingFromElsewhereAndIsSentOnce(t *testing.T) {
	t.Parallel()
	addr := start(t, chat.NewConnectionManager(), chat.Options{})
	get := func(path string, header http.Header) (*http.Response, string) {
		request, _ := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+path, nil)
		request.Header = header
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		return response, string(body)
	}
	_, page := get("/", nil)
	paths := []string{"/"}
	for _, attribute := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(attribute[1], "/static/") && !strings.HasPrefix(attribute[1], "data:") && !strings.HasPrefix(attribute[1], "#") {
			t.Errorf("the page loads %s from elsewhere", attribute[1])
		} else if strings.HasPrefix(attribute[1], "/") {
			paths = append(paths, attribute[1])
		}
	}
	if len(paths) < 4 {
		t.Errorf("the page loads %q only", paths)
	}
	for _, path := range paths {
		response, _ := get(path, nil)
		if response.StatusCode != 200 || response.Header.Get("Content-Security-Policy") == "" || response.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %s %v", path, response.Status, response.Header)
		}
		again, body := get(path, http.Header{"If-None-Match": {response.Header.Get("ETag")}})
		if again.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("%s, asked for again: %s with %d bytes, want 304 and none", path, again.Status, len(body))
		}
	}
}

func TestAPageThatIsNotReadTakesLittleMemory(t *testing.T) {
	page := chat.Page()
	r := httptest.NewRequest("GET", "/static/bootstrap.min.css", nil)
	get := func() { page.ServeHTTP(discard{http.Header{}}, r) }
	get()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	get()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<10 {
		t.Errorf("a file of 230 KB was sent with %d KB of memory", used>>10)
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// program builds main.go, once for all tests, and where.
var built string
var program = sync.OnceValues(func() (string, error) {
	// Read it, because go test would not know that a cached result depends on it.
	if _, err := os.ReadFile("main.go"); err != nil {
		return "", err
	}
	path := filepath.Join(os.TempDir(), fmt.Sprintf("chat-test-%d", os.Getpid()))
	if output, err := exec.Command("go", "build", "-o", path, "main.go").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build main.go: %v\n%s", err, output)
	}
	built = path
	return path, nil
})

// process is the built program, running.
type process struct {
	*exec.Cmd
	lines *bufio.Scanner // its standard output
	log   *bytes.Buffer  // its standard error; to be read after Wait
}

func run(t *testing.T, args ...string) *process {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(path, args...), log: new(bytes.Buffer)}
	output, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(output)
	p.Stderr = p.log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Process.Kill() })
	return p
}

// addr reads the line that says where the chat runs.
func (p *process) addr(t *testing.T, scheme string) string {
	t.Helper()
	p.lines.Scan()
	_, rest, _ := strings.Cut(p.lines.Text(), "Chat running on "+scheme+"://")
	addr, ok := strings.CutSuffix(rest, " (Press CTRL+C to quit)")
	if !ok {
		p.Wait()
		t.Fatalf("first line: %q; log: %s", p.lines.Text(), p.log)
	}
	return addr
}

func TestTheProgramRunsTalksAndEndsCleanly(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			p := run(t, "-addr", "127.0.0.1:0")
			addr := p.addr(t, "http")
			wstest.DialTCP(t, addr) // a browser opens connections ahead of need; this one must not delay the end
			a := join(t, addr, 1)
			b := join(t, addr, 2)
			a.Expect("Client #2 says: hello")
			p.Process.Signal(signal)
			for _, c := range []*wstest.Client{a, b} {
				if got := c.ExpectClose(); got.Code != 1001 {
					t.Errorf("closed with %+v, want 1001", got)
				}
				c.SendClose(1001, "")
				c.ExpectEnd()
				c.Conn.Close()
			}
			for p.lines.Scan() {
				t.Errorf("printed %q", p.lines.Text())
			}
			if err := p.Wait(); err != nil {
				t.Errorf("ended with %v", err)
			}
			for _, want := range []string{
				`client connected id=1 remote=` + a.LocalAddr().String() + " connected=1\n",
				`client connected id=2 remote=` + b.LocalAddr().String() + " connected=2\n",
				`client disconnected id=1 remote=` + a.LocalAddr().String(),
			} {
				if !strings.Contains(p.log.String(), want) {
					t.Errorf("the log has no %q:\n%s", want, p.log)
				}
			}
		})
	}
}

func TestTheProgramSaysInOneLineWhyItCannotStart(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"-addr", taken.Addr().String()}, "already in use"},
		{[]string{"-addr", "127.0.0.1"}, "missing port"},
		{[]string{"-origins", "example.com"}, "not an origin"},
		{[]string{"-origins", "https://a.example,https://b.example/chat"}, "not an origin"},
		{[]string{"-origins", "ftp://a.example"}, "not the origin of a web page"},
		{[]string{"-tls-cert", "x.pem"}, "go together"},
		{[]string{"-tls-cert", "x.pem", "-tls-key", "y.pem"}, "no such file"},
		{[]string{"-max-connections", "0"}, "at least 1"},
		{[]string{"8000"}, "unexpected argument"},
	} {
		p := run(t, row.args...)
		for p.lines.Scan() {
			t.Errorf("%q: printed %q", row.args, p.lines.Text())
		}
		p.Wait()
		if got := p.log.String(); p.ProcessState.ExitCode() != 1 || strings.Count(got, "\n") != 1 || !strings.Contains(got, row.want) {
			t.Errorf("%q: exit status %d and %q, want 1 and a line with %q", row.args, p.ProcessState.ExitCode(), got, row.want)
		}
	}
}

func TestTheProgramServesTLS(t *testing.T) {
	t.Parallel()
	certificate, key, trusted := selfSigned(t)
	p := run(t, "-addr", "127.0.0.1:0", "-tls-cert", certificate, "-tls-key", key)
	addr := p.addr(t, "https")
	conn := tls.Client(wstest.DialTCP(t, addr), &tls.Config{RootCAs: trusted, ServerName: "127.0.0.1", NextProtos: []string{"h2", "http/1.1"}})
	_, c := wstest.Do(t, conn, wstest.Request(addr, "/ws/1", "Origin: https://"+addr))
	if got := conn.ConnectionState().NegotiatedProtocol; got != "http/1.1" { // over HTTP/2 one connection could ask for 250 pages at once
		t.Errorf("the server chose %q", got)
	}
	c.Say("secret")
	c.Expect("You wrote: secret", "Client #1 says: secret")
	p.Process.Signal(os.Interrupt)
	if got := c.ExpectClose(); got.Code != 1001 {
		t.Errorf("closed with %+v, want 1001", got)
	}
}

// selfSigned makes a certificate for 127.0.0.1 and returns its two files, and a pool that trusts it.
func selfSigned(t *testing.T) (certificate, key string, trusted *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for path, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	trusted = x509.NewCertPool()
	trusted.AddCert(parsed)
	return certificate, key, trusted
}

// Not parallel: it takes most of the files that a process may open.
func TestTenThousandHalfOpenHandshakesKeepNobodyOutAndAreDropped(t *testing.T) {
	p := run(t, "-addr", "127.0.0.1:0")
	addr := p.addr(t, "http")
	var halfOpen []net.Conn
	for i := range 10_000 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Logf("%d half-open handshakes, for more files cannot be opened here: %v", i, err)
			const spare = 10 // which the honest one needs
			for _, conn := range halfOpen[max(0, i-spare):] {
				conn.Close()
			}
			halfOpen = halfOpen[:max(0, i-spare)]
			break
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET /ws/%d HTTP/1.1\r\nHost: %s\r\n", i, addr)
		halfOpen = append(halfOpen, conn)
	}
	join(t, addr, 1)
	for _, conn := range halfOpen {
		conn.SetReadDeadline(time.Now().Add(wstest.Patience))
		if answer, err := io.ReadAll(conn); err != nil && errors.Is(err, os.ErrDeadlineExceeded) || strings.Contains(string(answer), " 101 ") {
			t.Fatalf("a half-open handshake was answered %q, %v; want its end", answer, err)
		}
	}
}

func TestTheProgramPrintsTheURLsThatOthersCanOpen(t *testing.T) {
	t.Parallel()
	p := run(t, "-addr", ":0")
	_, port, _ := net.SplitHostPort(p.addr(t, "http"))
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range interfaces {
		ip := address.(*net.IPNet).IP
		if !ip.IsGlobalUnicast() {
			continue
		}
		if want := "http://" + net.JoinHostPort(ip.String(), port); !p.lines.Scan() || !strings.HasSuffix(p.lines.Text(), want) {
			t.Errorf("printed %q, want %s", p.lines.Text(), want)
		}
	}
}

func TestTheRootNeedsNothingButXNet(t *testing.T) {
	t.Parallel()
	module, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, required := range regexp.MustCompile(`(?m)^(?:require)?\s+(\S+) v\S+`).FindAllStringSubmatch(string(module), -1) {
		if required[1] != "golang.org/x/net" {
			t.Errorf("go.mod requires %s", required[1])
		}
	}
}
