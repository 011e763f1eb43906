package wsconn_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
	"golang.org/x/net/websocket"
)

// serveHandler serves handler on sockets, and returns the address.
func serveHandler(t *testing.T, sockets *wsconn.Server, handler func(*websocket.Conn)) string {
	server := httptest.NewServer(sockets.Handler(websocket.Server{Handler: handler}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// Many tutorials have a goroutine that reads and one that writes.
func TestAnotherGoroutineMayReceiveAlsoWhenTheHandlerHasReturned(t *testing.T) {
	t.Parallel()
	var sockets wsconn.Server
	received := make(chan error)
	addr := serveHandler(t, &sockets, func(ws *websocket.Conn) {
		c := wsconn.FromConn(ws)
		heard := make(chan bool)
		go func() {
			c.ReceiveText()
			close(heard)
			_, err := c.ReceiveText()
			received <- err
		}()
		<-heard
	})
	client := wstest.Dial(t, addr, "/")
	client.Say("hello")
	if got := client.ExpectClose(); got.Code != wsconn.NormalClosure {
		t.Errorf("closed with %+v, want 1000", got)
	}
	client.SendClose(1000, "")
	client.ExpectEnd()
	if err := <-received; err != (wsconn.CloseError{Code: wsconn.NormalClosure}) {
		t.Errorf("the goroutine received %v", err)
	}
	began := time.Now()
	if err := sockets.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 2*time.Second { // it waits for nobody
		t.Errorf("a shutdown took %v", took)
	}
}

func TestSeveralGoroutinesMayReceive(t *testing.T) {
	t.Parallel()
	const goroutines, messages = 4, 400
	var sockets wsconn.Server
	addr := serveHandler(t, &sockets, func(ws *websocket.Conn) {
		c := wsconn.FromConn(ws)
		var all sync.WaitGroup
		for range goroutines {
			all.Go(func() {
				for text, err := c.ReceiveText(); err == nil; text, err = c.ReceiveText() {
					c.Send(wsconn.TextFrame(text))
				}
			})
		}
		all.Wait()
	})
	client := wstest.Dial(t, addr, "/")
	heard := map[string]bool{}
	go func() {
		for i := range messages {
			client.Write(frame(fin|text, fmt.Sprint(i)))
		}
	}()
	for range messages {
		heard[client.Read().Payload] = true
	}
	if len(heard) != messages {
		t.Errorf("%d of %d messages came back", len(heard), messages)
	}
	client.SendClose(1000, "")
	client.ExpectClose()
}

func TestAHandlerThatOnlySendsLearnsThatItsClientIsGone(t *testing.T) {
	for name, end := range map[string]func(*wstest.Client){
		"it closes":      func(c *wstest.Client) { c.SendClose(1000, ""); c.ExpectClose() },
		"it ends TCP":    func(c *wstest.Client) { c.Close() },
		"it is reset":    func(c *wstest.Client) { c.Reset() },
		"it breaks RFCs": func(c *wstest.Client) { c.Send(fin|3, ""); c.ExpectClose() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			returned := make(chan bool)
			addr := serveHandler(t, &wsconn.Server{}, func(ws *websocket.Conn) {
				c := wsconn.FromConn(ws)
				c.Send(wsconn.TextFrame("news"))
				<-c.Done()
				close(returned)
			})
			c := wstest.Dial(t, addr, "/")
			c.Expect("news")
			c.Send(fin|ping, "still there?")
			if f := c.Read(); f != got(pong, "still there?") {
				t.Errorf("%s, want a pong", event(f, nil))
			}
			end(c)
			<-returned
		})
	}
}

func TestMessagesTogetherArriveOneByOne(t *testing.T) {
	addr := serveHandler(t, new(wsconn.Server), func(ws *websocket.Conn) {
		long := wsconn.TextFrame(strings.Repeat("x", 1000))
		empty, last := wsconn.TextFrame(""), wsconn.BinaryFrame([]byte("last"))
		wsconn.FromConn(ws).Send(wsconn.Together(long, empty, last))
		wsconn.FromConn(ws).Send(wsconn.Together())
	})
	c := wstest.Dial(t, addr, "/")
	c.Expect(strings.Repeat("x", 1000), "")
	if f := c.Read(); f != got(bin, "last") {
		t.Errorf("%s, want the last message", event(f, nil))
	}
	c.ExpectClose()
}

// Done takes no message away from whoever receives.
func TestDoneLeavesMessagesToBeReceived(t *testing.T) {
	t.Parallel()
	addr := serveHandler(t, &wsconn.Server{}, func(ws *websocket.Conn) {
		c := wsconn.FromConn(ws)
		go func() {
			for text, err := c.ReceiveText(); err == nil; text, err = c.ReceiveText() {
				c.Send(wsconn.TextFrame(text))
			}
		}()
		for tick := time.Tick(time.Millisecond); ; {
			select {
			case <-tick:
			case <-c.Done():
				return
			}
		}
	})
	for range 20 {
		c := wstest.Dial(t, addr, "/")
		for i := range 20 {
			c.Say(fmt.Sprint(i))
			c.Expect(fmt.Sprint(i))
		}
		c.SendClose(1000, "")
		c.ExpectClose()
		c.ExpectEnd()
	}
}

func TestAShutdownDoesNotWaitForAHandlerThatWaitsForDone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var sockets wsconn.Server
		c := dialMemory(t, sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
			<-wsconn.FromConn(ws).Done()
		}}))
		defer c.Close()
		go func() { c.ExpectClose(); c.SendClose(goingAway, "") }()
		began := time.Now()
		if err := sockets.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

type ofMiddleware struct{}

func TestAHandlerSeesTheRequestOfItsClient(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 1)
	endpoint := new(wsconn.Server).Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
		wsconn.FromConn(ws).ReceiveText()
		r := ws.Request()
		cookie, _ := r.Cookie("session")
		seen <- fmt.Sprint(r.URL.Path, r.URL.Query().Get("token"), cookie, r.UserAgent(), r.Host,
			r.Context().Value(ofMiddleware{}), r.Context().Err())
	}})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), ofMiddleware{}, "user 7")
		endpoint.ServeHTTP(w, r.WithContext(ctx))
	}))
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()
	c := wstest.Dial(t, addr, "/ws?token=t", "Cookie: session=s", "User-Agent: Python")
	c.Say("hello")
	if got, want := <-seen, "/ws"+"t"+"session=s"+"Python"+addr+"user 7"+"<nil>"; got != want {
		t.Errorf("it sees %q, want %q", got, want)
	}
}

func TestWhatAHandshakeChoosesIsAnswered(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		handshake func(*websocket.Config, *http.Request) error
		offers    string
		status    int
		protocol  string
	}{
		"it chooses":                     {choose("wamp"), "soap, wamp", 101, "wamp"},
		"it chooses the only one":        {choose("soap"), "soap", 101, "soap"},
		"it looks, and chooses none":     {nothing, "soap", 101, ""},
		"nothing is offered":             {nothing, "", 101, ""},
		"it chooses what is not offered": {choose("mqtt"), "soap", 500, ""},
		"it chooses two":                 {choose("soap", "wamp"), "soap, wamp", 500, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(new(wsconn.Server).Handler(websocket.Server{
				Handshake: func(config *websocket.Config, r *http.Request) error {
					config.Header = http.Header{"Set-Cookie": {"seen=1"}}
					return row.handshake(config, r)
				},
				Handler: func(ws *websocket.Conn) {},
			}))
			t.Cleanup(server.Close)
			addr := server.Listener.Addr().String()
			request := wstest.Request(addr, "/")
			if row.offers != "" {
				request = wstest.Request(addr, "/", "Sec-WebSocket-Protocol: "+row.offers)
			}
			response, _ := wstest.Do(t, wstest.DialTCP(t, addr), request)
			protocol := response.Header.Get("Sec-Websocket-Protocol")
			if response.StatusCode != row.status || protocol != row.protocol {
				t.Errorf("%s and %q, want %d and %q", response.Status, protocol, row.status,
					row.protocol)
			}
			if cookie := response.Header.Get("Set-Cookie"); row.status == 101 &&
				cookie != "seen=1" {
				t.Errorf("the 101 has the cookie %q", cookie)
			}
		})
	}
}

// choose takes what config.Protocol offers for granted, and looks at it.
func choose(protocols ...string) func(*websocket.Config, *http.Request) error {
	return func(config *websocket.Config, r *http.Request) error {
		if len(config.Protocol) == 0 {
			return fmt.Errorf("nothing is offered")
		}
		config.Protocol = protocols
		return nil
	}
}

func nothing(*websocket.Config, *http.Request) error { return nil }

func TestWritingPastTheOutboxIsAnError(t *testing.T) {
	t.Parallel()
	failed := make(chan error, 1)
	addr := serveHandler(t, &wsconn.Server{}, func(ws *websocket.Conn) {
		failed <- websocket.Message.Send(ws, "hello")
	})
	c := wstest.Dial(t, addr, "/")
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "FromConn") {
		t.Errorf("it is told %v", err)
	}
	if f := c.Read(); f.First != fin|cls {
		t.Errorf("%s, want a close and nothing else", event(f, nil))
	}
}

// lines is a log, or what stalls when it is full.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestTheServersOwnLogHasNoTokensAndNoStackOfWhatIsMeant(t *testing.T) {
	t.Parallel()
	var said lines
	sockets := wsconn.Server{ErrorLog: log.New(&said, "ws: ", 0)}
	addr := serveHandler(t, &sockets, func(ws *websocket.Conn) { panic(http.ErrAbortHandler) })
	c := wstest.Dial(t, addr, "/room?token=secret")
	if got := c.ExpectClose(); got.Code != wsconn.InternalError {
		t.Errorf("closed with %+v, want 1011", got)
	}
	c.SendClose(1011, "")
	c.ExpectEnd()
	text := said.String()
	if strings.Contains(text, "secret") || strings.Contains(text, "goroutine") ||
		strings.Count(text, "ws: ") != 2 || !strings.Contains(text, `path="/room"`) {
		t.Errorf("the log says\n%s", text)
	}
}

func TestALogThatStallsDoesNotHoldAShutdown(t *testing.T) {
	t.Parallel()
	stalls, never := make(chan bool, 2), make(chan bool)
	defer close(never)
	sockets := wsconn.Server{ErrorLog: log.New(writer(func(p []byte) (int, error) {
		if strings.HasPrefix(string(p), "disconnected") {
			stalls <- true
			<-never
		}
		return len(p), nil
	}), "", 0)}
	addr := serveHandler(t, &sockets, func(ws *websocket.Conn) {
		wsconn.FromConn(
			ws).ReceiveText()
	})
	c := wstest.Dial(t, addr, "/")
	c.SendClose(1000, "")
	<-stalls
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := sockets.Shutdown(ctx); err != context.DeadlineExceeded {
		t.Errorf("ended with %v", err)
	}
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
