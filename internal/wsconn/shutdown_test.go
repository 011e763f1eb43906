// columns: a table keeps one line for each entry

package wsconn_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
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

const goingAway = wsconn.GoingAway

func TestAShutdownInTheMiddleOfAFrameEndsInOrder(t *testing.T) {
	t.Parallel()
	for _, frame := range [][]byte{frame(fin|text, "hello"), frame(fin|cls, "\x03\xe8")} {
		for cut := range frame {
			var sockets wsconn.Server
			server := httptest.NewServer(newChat(&sockets))
			t.Cleanup(server.Close)
			c := wstest.Dial(t, server.Listener.Addr().String(), "/ws/1")
			alone(c)
			c.SendRaw(frame[:cut])
			ended := make(chan error)
			go func() { ended <- sockets.Shutdown(t.Context()) }()
			if got := c.ExpectClose(); got.Code != goingAway {
				t.Errorf("cut at %d: closed with %+v, want 1001", cut, got)
			}
			c.SendRaw(frame[cut:])
			c.SendClose(goingAway, "")
			c.ExpectEnd()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
}

// What is accepted while a shutdown waits for it is delivered, and nothing is lost of a client that
// is far behind.
func TestAShutdownInTheMiddleOfASendThatWaitsDeliversAll(t *testing.T) {
	t.Parallel()
	const messages, size = 8, 64 << 10 // more than is queued before Send waits
	var sockets wsconn.Server
	queued := make(chan bool)
	c := dialMemory(t, sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
		c := wsconn.FromConn(ws)
		c.Accept()
		for i := range messages {
			if i == messages-1 {
				close(queued)
			}
			c.Send(wsconn.TextFrame(fmt.Sprint(i, strings.Repeat("x", size))))
		}
		c.ReceiveText()
	}}))
	<-queued
	ended := make(chan error)
	go func() { ended <- sockets.Shutdown(t.Context()) }()
	for i := range messages {
		c.Expect(fmt.Sprint(i, strings.Repeat("x", size)))
	}
	if got := c.ExpectClose(); got.Code != goingAway {
		t.Errorf("closed with %+v, want 1001", got)
	}
	c.SendClose(goingAway, "")
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// takeover is a ResponseWriter that does something when its connection is taken over.
type takeover struct {
	hijackable
	then func()
}

func (w takeover) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.then()
	return w.hijackable.Hijack()
}

func TestWhoComesDuringAShutdownIsSentAwayAndWaitedFor(t *testing.T) {
	t.Parallel()
	var sockets wsconn.Server
	handler := newChat(&sockets)
	ended := make(chan error, 1)
	ask := httptest.NewRequest("GET", "/ws/1", nil)
	ask.Header = http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"},
		"Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key":     {key}}
	half := dialMemory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(takeover{w.(hijackable), func() { // it is in, and no connection yet
			go func() { ended <- sockets.Shutdown(t.Context()) }()
			for status := 0; status != http.StatusServiceUnavailable; {
				late := httptest.NewRecorder()
				handler.ServeHTTP(late, ask)
				// 500 before the shutdown, because a recorder cannot be taken over
				status = late.Code
			}
		}}, r)
	}))
	if got := half.ExpectClose(); got.Code != goingAway {
		t.Errorf("closed with %+v, want 1001", got)
	}
	select {
	case err := <-ended:
		t.Errorf("the shutdown ended before its client did: %v", err)
	default:
	}
	half.SendClose(goingAway, "")
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAShutdownTakesNoLongerThanItsClients(t *testing.T) {
	for name, row := range map[string]struct {
		does  func(c *wstest.Client)
		least time.Duration
		most  time.Duration
	}{
		"none":                        {nil, 0, 0},
		"answers, keeps TCP open":     {func(c *wstest.Client) { c.ExpectClose(); c.SendClose(goingAway, "") }, 0, 100 * time.Millisecond},
		"ends TCP":                    {func(c *wstest.Client) { c.ExpectClose(); c.Close() }, 0, 100 * time.Millisecond},
		"reads, never answers":        {func(c *wstest.Client) { c.ExpectClose() }, time.Second, 1200 * time.Millisecond},
		"answers after half a second": {func(c *wstest.Client) { c.ExpectClose(); time.Sleep(time.Second / 2); c.SendClose(goingAway, "") }, time.Second / 2, 600 * time.Millisecond},
		"never reads":                 {func(c *wstest.Client) {}, 4 * time.Second, 6100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var sockets wsconn.Server
				if row.does != nil {
					c := dialMemory(t, newChat(&sockets))
					t.Cleanup(func() { c.Close() })
					alone(c)
					go row.does(c)
				}
				began := time.Now()
				if err := sockets.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				if took := time.Since(began); took < row.least || took > row.most {
					t.Errorf("it took %v, want %v to %v", took, row.least, row.most)
				}
			})
		})
	}
}

// Handlers that wait for each other cannot stop the server: a shutdown stops waiting when ctx is
// done.
func TestAShutdownEndsWithItsContextWhateverHandlersDo(t *testing.T) {
	t.Parallel()
	var sockets wsconn.Server
	never := make(chan bool)
	defer close(never)
	server := httptest.NewServer(sockets.Handler(
		websocket.Server{Handler: func(ws *websocket.Conn) {
			wsconn.FromConn(ws).Accept()
			<-never
		}}))
	t.Cleanup(server.Close)
	wstest.Dial(t, server.Listener.Addr().String(), "/")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := sockets.Shutdown(ctx); err != context.DeadlineExceeded {
		t.Errorf("ended with %v", err)
	}
}

func TestAHandlerThatDoesNotEndTakesNobodyItsCloseAtAShutdown(t *testing.T) {
	t.Parallel()
	var sockets wsconn.Server
	busy, never := make(chan bool), make(chan bool)
	defer close(never)
	app := http.NewServeMux()
	app.Handle("/", newChat(&sockets))
	app.Handle("/busy", sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
		close(busy)
		<-never
	}}))
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()
	var others []*wstest.Client
	for range 100 {
		c := wstest.Dial(t, addr, "/ws/1")
		c.Say("hello")
		others = append(others, c)
	}
	go wstest.DialTCP(t, addr).Write([]byte(wstest.Request(addr, "/busy")))
	<-busy
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	ended := make(chan error)
	go func() { ended <- sockets.Shutdown(ctx) }()
	for _, c := range others {
		if got := c.ExpectClose(); got.Code != goingAway {
			t.Errorf("closed with %+v, want 1001", got)
		}
		c.SendClose(goingAway, "")
	}
	if err := <-ended; err != context.DeadlineExceeded {
		t.Errorf("ended with %v", err)
	}
}

func TestAShutdownWithoutTimeLeftResetsWhoDoesNotAnswerItsClose(t *testing.T) {
	t.Parallel()
	var sockets wsconn.Server
	server := httptest.NewServer(newChat(&sockets))
	t.Cleanup(server.Close)
	c := wstest.Dial(t, server.Listener.Addr().String(), "/ws/1")
	alone(c)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- sockets.Shutdown(ctx) }()
	c.ExpectClose()
	cancel()
	if err := <-ended; err != context.Canceled {
		t.Errorf("ended with %v", err)
	}
	if _, err := c.Conn.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("the connection ended with %v, want a reset", err)
	}
}

func TestAllMayBeCalledAtTheSameTime(t *testing.T) {
	t.Parallel()
	const clients, senders, messages = 10, 4, 50
	var sockets wsconn.Server
	server := httptest.NewServer(sockets.Handler(
		websocket.Server{Handler: func(ws *websocket.Conn) {
			c := wsconn.FromConn(ws)
			var all sync.WaitGroup
			defer all.Wait()
			for range senders {
				all.Go(func() {
					for range messages {
						c.Send(wsconn.TextFrame("hello"))
					}
				})
			}
			all.Go(c.Accept)
			all.Go(func() { c.Close(4000, "enough") })
			c.ReceiveText()
		}}))
	t.Cleanup(server.Close)
	var all sync.WaitGroup
	for range clients {
		c := wstest.Dial(t, server.Listener.Addr().String(), "/")
		all.Go(func() {
			f, err := c.Next()
			for ; f == got(text, "hello"); f, err = c.Next() {
			}
			if f.First != fin|cls || f.Payload != "\x0f\xa0enough" &&
				!strings.HasPrefix(f.Payload, "\x03\xe9") {
				t.Errorf("%s, %v, want a close", event(f, nil), err)
			}
			c.SendRaw(frame(fin|cls, f.Payload[:2]))
			c.ExpectEnd()
		})
	}
	if err := sockets.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	all.Wait()
}

// One waits for something for ever. The others have received nothing, or answered their close.
func TestAHandlerThatBlocksDoesNotKeepOthersFromEndingAtAShutdown(t *testing.T) {
	t.Parallel()
	const others = 100
	var sockets wsconn.Server
	busy, never := make(chan bool), make(chan bool)
	defer close(never)
	var returned sync.WaitGroup
	returned.Add(others)
	app := http.NewServeMux()
	app.Handle("/", sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
		defer returned.Done()
		wsconn.FromConn(ws).ReceiveText()
	}}))
	app.Handle("/busy", sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
		close(busy)
		<-never
	}}))
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()
	go wstest.DialTCP(t, addr).Write([]byte(wstest.Request(addr, "/busy")))
	<-busy
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	var all sync.WaitGroup
	for range others {
		c := wstest.Dial(t, addr, "/")
		all.Go(func() {
			if got := c.ExpectClose(); got.Code != goingAway {
				t.Errorf("closed with %+v, want 1001", got)
			}
			c.SendClose(goingAway, "")
			c.ExpectEnd() // in order, and not by a reset
		})
	}
	go func() { ended <- sockets.Shutdown(ctx) }()
	all.Wait()
	returned.Wait()
	if err := <-ended; err != context.DeadlineExceeded {
		t.Errorf("ended with %v", err)
	}
}

func TestAShutdownWithoutADeadlineClosesAllAlsoBesideAHandlerThatOnlySends(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var sockets wsconn.Server
		stop := make(chan bool)
		sends := dialMemory(t, sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
			for {
				wsconn.FromConn(ws).Send(wsconn.TextFrame("tick"))
				select {
				case <-stop:
					return
				case <-time.After(time.Second):
				}
				wsconn.FromConn(ws).Accept()
			}
		}}))
		defer sends.Close()
		waits := dialMemory(t, newChat(&sockets))
		defer waits.Close()
		alone(waits)
		ended := make(chan error, 1)
		go func() { ended <- sockets.Shutdown(t.Context()) }()
		for _, c := range []*wstest.Client{waits, sends} {
			if got := c.ExpectClose(); got.Code != goingAway {
				t.Errorf("closed with %+v, want 1001", got)
			}
		}
		close(stop)
		waits.SendClose(goingAway, "")
		sends.SendClose(goingAway, "")
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A timer broadcasts, which is no handler.
func TestWhatIsSentInDoReachesAllOrNobodyAtAShutdown(t *testing.T) {
	t.Parallel()
	const clients = 5
	var sockets wsconn.Server
	r := &room{lock: make(chan bool, 1)}
	server := httptest.NewServer(sockets.Handler(websocket.Server{Handler: r.serve}))
	t.Cleanup(server.Close)
	var everyone []*wstest.Client
	for range clients {
		everyone = append(everyone, wstest.Dial(t, server.Listener.Addr().String(), "/"))
	}
	for there := 0; there < clients; {
		r.locked(func() { there = len(r.members) })
	}
	ended, asked := make(chan error, 1), make(chan bool)
	sockets.Do(func() {
		for i, c := range r.members {
			if i == clients/2 {
				go func() { close(asked); ended <- sockets.Shutdown(t.Context()) }()
				<-asked
				time.Sleep(20 * time.Millisecond) // in which it would have closed all
			}
			c.Send(wsconn.TextFrame("tick"))
		}
	})
	for _, c := range everyone {
		c.Expect("tick")
		if got := c.ExpectClose(); got.Code != goingAway {
			t.Errorf("closed with %+v, want 1001", got)
		}
		c.SendClose(goingAway, "")
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	sockets.Do(func() { t.Error("it was called after the shutdown") })
}

// One has a message, and takes its time. Another gets one meanwhile.
func TestAShutdownWaitsForAMessageThatIsHandledAndHandsNoOtherOut(t *testing.T) {
	t.Parallel()
	const moment = 30 * time.Millisecond // in which a shutdown would have closed all
	var sockets wsconn.Server
	handling, goOn := make(chan bool), make(chan bool)
	heard := make(chan string, 1)
	app := http.NewServeMux()
	app.Handle("/slow", sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
		c := wsconn.FromConn(ws)
		c.ReceiveText()
		c.Done() // as another goroutine may, which only sends
		close(handling)
		<-goOn
		c.Send(wsconn.TextFrame("handled"))
		c.ReceiveText()
	}}))
	app.Handle("/late", sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
		message, err := wsconn.FromConn(ws).ReceiveText()
		heard <- fmt.Sprint(message, err)
	}}))
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()
	slow, late := wstest.Dial(t, addr, "/slow"), wstest.Dial(t, addr, "/late")
	slow.Say("hello")
	<-handling
	ended := make(chan error, 1)
	go func() { ended <- sockets.Shutdown(t.Context()) }()
	time.Sleep(moment)
	late.Say("too late")
	time.Sleep(moment)
	close(goOn)
	slow.Expect("handled")
	for _, c := range []*wstest.Client{slow, late} {
		if got := c.ExpectClose(); got.Code != goingAway {
			t.Errorf("closed with %+v, want 1001", got)
		}
		c.SendClose(goingAway, "")
	}
	if got := <-heard; got != "closed with 1001 (the server is shutting down)" {
		t.Errorf("the other heard %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
