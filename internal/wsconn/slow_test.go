package wsconn_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
	"golang.org/x/net/websocket"
)

// waits collects how long somebody waited, by the false clock, and when.
type waits []struct {
	at   time.Time
	took time.Duration
}

func (w *waits) during(f func()) {
	began := time.Now()
	f()
	*w = append(*w, struct {
		at   time.Time
		took time.Duration
	}{time.Now(), time.Since(began)})
}

// worst is the most that was waited in any one second.
func (w waits) worst() (worst time.Duration) {
	for i := range w {
		sum := time.Duration(0)
		for j := i; j < len(w) && w[j].at.Sub(w[i].at) < time.Second; j++ {
			sum += w[j].took
		}
		worst = max(worst, sum)
	}
	return worst
}

const patienceMost = 100 * time.Millisecond // in any one second

// A timer broadcasts, and whoever is cut off comes back at once: patience is not each one's own.
func TestHoweverManyNeverReadNobodyWaits100msInASecond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const stuck, ticks, size = 40, 400, 30_000
		r := &room{lock: make(chan bool, 1)}
		var sockets wsconn.Server
		handler := sockets.Handler(websocket.Server{Handler: r.serve})
		text := strings.Repeat("x", size)
		came, there := 0, 0
		var waited waits
		for range ticks { // 20 a second
			if r.locked(func() { there = len(r.members) }); there < stuck {
				c := dialMemory(t, handler)
				defer c.Close()
				came++
			}
			waited.during(func() { r.broadcast("%s", text) })
			time.Sleep(50 * time.Millisecond)
		}
		t.Logf("%d came; %v were waited in the worst second", came, waited.worst())
		if worst := waited.worst(); worst == 0 || worst > patienceMost {
			t.Errorf("%v were waited in the worst second", worst)
		}
		if came < 3*stuck {
			t.Errorf("%d came, so few were cut off", came)
		}
	})
}

// What each has earned by reading runs out for all at the same time.
func TestHoweverManyStopReadingAtOnceNobodyWaitsForEach(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const clients, size, most = 40, 30_000, 150 * time.Millisecond
		r := &room{lock: make(chan bool, 1)}
		var sockets wsconn.Server
		handler := sockets.Handler(websocket.Server{Handler: r.serve})
		text := strings.Repeat("x", size)
		var stopped atomic.Bool
		for range clients {
			c := dialMemory(t, handler)
			defer c.Close()
			go func() {
				for !stopped.Load() {
					if _, err := c.Next(); err != nil {
						return
					}
				}
			}()
		}
		for there := 0; there < clients; time.Sleep(time.Millisecond) {
			r.locked(func() { there = len(r.members) })
		}
		for range 100 {
			r.broadcast("%s", text)
			time.Sleep(time.Millisecond)
		}
		stopped.Store(true)
		var waited waits
		for range 200 {
			waited.during(func() { r.broadcast("%s", text) })
			time.Sleep(5 * time.Millisecond)
		}
		if worst := waited.worst(); worst == 0 || worst > most {
			t.Errorf("%v were waited in the worst second", worst)
		}
	})
}

// Each reads as much as its kernel could hold for it, one after the other.
func TestHoweverMuchTheirKernelsHoldNobodyWaitsForClientsThatNeverRead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const clients, size = 40, 30_000
		r := &room{lock: make(chan bool, 1)}
		var sockets wsconn.Server
		handler := sockets.Handler(websocket.Server{Handler: r.serve})
		text := strings.Repeat("x", size)
		for i := range clients {
			c := dialMemory(t, handler)
			defer c.Close()
			go io.CopyN(io.Discard, c.R, 1<<20+int64(i)*150_000)
		}
		for there := 0; there < clients; time.Sleep(time.Millisecond) {
			r.locked(func() { there = len(r.members) })
		}
		var waited waits
		for range 400 { // as fast as they are taken
			waited.during(func() { r.broadcast("%s", text) })
			time.Sleep(10 * time.Microsecond)
		}
		if worst := waited.worst(); worst == 0 || worst > patienceMost {
			t.Errorf("%v were waited in the worst second", worst)
		}
	})
}

// Not parallel: it measures the memory of all.
func TestALargeMessageIsNotCopiedForEachClientThatDoesNotReadIt(t *testing.T) {
	const clients, size, each = 40, 10 << 20, 300 << 10 // bytes each, the test's own side included
	r := &room{lock: make(chan bool, 1)}
	sockets := wsconn.Server{MaxMessage: size}
	dial := overTCP(t, sockets.Handler(websocket.Server{Handler: r.serve}))
	for range clients {
		dial("/")
	}
	for there := 0; there < clients; time.Sleep(time.Millisecond) {
		r.locked(func() { there = len(r.members) })
	}
	before := heap()
	r.broadcast("%s", strings.Repeat("x", size))
	time.Sleep(100 * time.Millisecond) // in which all that can be written is
	if grown := heap() - before; grown > 2*size+clients*each {
		t.Errorf("the heap has grown by %d KB", grown>>10)
	}
}

// Patience belongs to the server, but who waits are those who hold the stuck room's lock.
func TestARoomWhoseClientsAreStuckDoesNotDelayAnother(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var sockets wsconn.Server
		stuckRoom, otherRoom := newChat(&sockets), newChat(&sockets)
		speaker, stuck := dialMemory(t, stuckRoom), dialMemory(t, stuckRoom)
		other := dialMemory(t, otherRoom)
		for _, c := range []*wstest.Client{speaker, stuck, other} {
			defer c.Close()
		}
		alone(speaker)
		go func() { // waits now and then
			for c := speaker; ; {
				if _, err := c.Write(frame(fin|text, strings.Repeat("x", 60_000))); err != nil {
					return
				}
				for f := (wstest.Frame{}); !strings.HasPrefix(f.Payload, "Client #1 says"); {
					var err error
					if f, err = c.Next(); err != nil {
						return
					}
				}
				time.Sleep(time.Millisecond)
			}
		}()
		for range 150 {
			began := time.Now()
			alone(other)
			if took := time.Since(began); took > 0 {
				t.Fatalf("the other room waited for %v", took)
			}
			time.Sleep(time.Millisecond)
		}
	})
}

func TestAHandlerThatOnlySendsIsNotHeldByAClientThatNeverReads(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began := time.Now()
		took := make(chan time.Duration, 1)
		var sockets wsconn.Server
		c := dialMemory(t, sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
			for range 200 {
				wsconn.FromConn(ws).Send(wsconn.TextFrame(strings.Repeat("x", 32<<10)))
			}
			took <- time.Since(began)
		}}))
		defer c.Close()
		if got := <-took; got > patienceMost {
			t.Errorf("it waited for %v", got)
		}
	})
}

func TestHandlersMayWaitForEachOther(t *testing.T) {
	t.Parallel()
	var sockets wsconn.Server
	words := make(chan string)
	server := httptest.NewServer(sockets.Handler(
		websocket.Server{Handler: func(ws *websocket.Conn) {
			c := wsconn.FromConn(ws)
			if ws.Request().RequestURI == "/says" {
				word, _ := c.ReceiveText()
				words <- word // waits for the other handler
				return
			}
			c.Accept()
			c.Send(wsconn.TextFrame(<-words))
		}}))
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()
	hears, says := wstest.Dial(t, addr, "/hears"), wstest.Dial(t, addr, "/says")
	says.Say("hello")
	hears.Expect("hello")
}

// Nobody wakes anybody but those who wait for one connection, and who speaks waits at the room's
// lock.
func TestThousandsMaySpeakAtOnce(t *testing.T) {
	t.Parallel()
	const speakers, listeners = 2000, 3
	r := &room{lock: make(chan bool, 1)}
	var sockets wsconn.Server
	app := http.NewServeMux()
	app.Handle("/ws/{client_id}", sockets.Handler(websocket.Server{Handler: r.serve}))
	app.Handle("/say", sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
		message, _ := wsconn.FromConn(ws).ReceiveText()
		r.broadcast("%s", message)
	}}))
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()
	var audience, crowd []*wstest.Client
	for range listeners {
		audience = append(audience, wstest.Dial(t, addr, "/ws/1"))
	}
	for range speakers {
		crowd = append(crowd, wstest.Dial(t, addr, "/say"))
	}
	for i, c := range crowd {
		c.Say(fmt.Sprint(i))
	}
	for _, c := range audience {
		heard := map[string]bool{}
		for range speakers {
			heard[c.Read().Payload] = true
		}
		if len(heard) != speakers {
			t.Errorf("%d of %d were heard", len(heard), speakers)
		}
	}
}

// overTCP and overTLS serve handler, and return what dials it.
func overTCP(t *testing.T, handler http.Handler) func(path string) *wstest.Client {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return func(path string) *wstest.Client {
		return wstest.Dial(t, server.Listener.Addr().String(),
			path)
	}
}

func overTLS(t *testing.T, handler http.Handler) func(path string) *wstest.Client {
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()
	config := server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	config.ServerName = "example.com"
	return func(path string) *wstest.Client {
		_, c := wstest.Do(t, tls.Client(wstest.DialTCP(t, addr), config),
			wstest.Request(addr, path))
		return c
	}
}

// Among short messages there are some as long as may be.
func TestAFloodAmongThoseWhoReadLosesNothingAndDropsNobody(t *testing.T) {
	for name, row := range map[string]struct {
		dialer func(*testing.T, http.Handler) func(path string) *wstest.Client
		stuck  int // are there, too, and never read
	}{
		"over TCP": {overTCP, 0}, "over TLS": {overTLS, 0}, "among the stuck": {overTCP, 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const clients, messages, longEach = 15, 80, 20
			dial := row.dialer(t, newChat(&wsconn.Server{}))
			for range row.stuck {
				dial("/ws/-1")
			}
			var everyone []*wstest.Client
			for id := range clients {
				everyone = append(everyone, dial(fmt.Sprint("/ws/", id)))
			}
			long := strings.Repeat("x", limit-10)
			message := func(i int) string {
				if i%longEach == 0 {
					return fmt.Sprint(i, long)
				}
				return fmt.Sprint(i)
			}
			// Each hears all only if all are in the room: the 101 comes first.
			var all sync.WaitGroup
			for id, c := range everyone {
				all.Go(func() {
					for i := range messages {
						c.SendRaw(frame(fin|text, message(i)))
					}
				})
				all.Go(func() {
					next := make([]int, clients)
					for n := 0; n < clients*messages; {
						f, err := c.Next()
						// on a slow machine: it said all that it had to say
						if f.First == fin|ping {
							c.SendRaw(frame(fin|pong, f.Payload))
							continue
						}
						if err != nil || f.First != fin|text {
							t.Errorf("client %d read %s, %v", id, event(f, nil), err)
							for _, c := range everyone { // who would wait for what it did not say
								c.Conn.Close()
							}
							return
						}
						rest, told := strings.CutPrefix(f.Payload, "Client #")
						if !told || strings.HasSuffix(rest, "has left the chat") {
							continue
						}
						n++
						who := 0
						fmt.Sscan(rest, &who)
						if want := fmt.Sprintf("%d says: %s", who,
							message(next[who])); rest != want {
							t.Errorf("client %d read %.30q of client %d, want %.30q", id, rest, who,
								want)
							return
						}
						next[who]++
					}
				})
			}
			all.Wait()
		})
	}
}

func TestAMessageAsLongAsA16MiBLimitReachesEveryone(t *testing.T) {
	t.Parallel()
	const most = 16 << 20
	server := httptest.NewServer(newChat(&wsconn.Server{MaxMessage: most}))
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()
	speaker, listener := wstest.Dial(t, addr, "/ws/1"), wstest.Dial(t, addr, "/ws/2")
	long := strings.Repeat("x", most)
	for range 2 {
		go speaker.Write(frame(fin|text, long))
		listener.Expect("Client #1 says: " + long)
		speaker.Expect("You wrote: "+long, "Client #1 says: "+long)
	}
}

func TestACodeThatMayNotBeSentIsAProgrammersError(t *testing.T) {
	panics := make(chan any, 10)
	var sockets wsconn.Server
	c := dialMemory(t, sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
		for _, code := range []int{0, 999, 1004, 1005, 1006, 1015, 5000, 70000} {
			func() {
				defer func() { panics <- recover() }()
				wsconn.FromConn(ws).Close(code, "")
			}()
		}
		close(panics)
	}}))
	for p := range panics {
		if p == nil || !strings.Contains(fmt.Sprint(p), "may not be sent") {
			t.Errorf("Close: %v", p)
		}
	}
	if got := c.ExpectClose(); got.Code != 1000 {
		t.Errorf("closed with %+v, want 1000", got)
	}
}

// tcpStates returns the states of the TCP connections between the two ports, from Linux's table.
func tcpStates(t *testing.T, server, client net.Addr) (states []string) {
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		table, err := os.ReadFile(file)
		if err != nil {
			t.Skip(err)
		}
		port := func(addr net.Addr) []byte {
			return fmt.Appendf(nil, ":%04X ",
				addr.(*net.TCPAddr).Port)
		}
		for line := range bytes.Lines(table) {
			if bytes.Contains(line, port(server)) && bytes.Contains(line, port(client)) {
				states = append(states, string(bytes.Fields(line)[3]))
			}
		}
	}
	return states
}

// A client that takes nothing must not keep the kernel's memory for minutes.
func TestOneWhoNeverReadsIsGoneFromTheKernelWithinSeconds(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc/net/tcp")
	}
	t.Parallel()
	var ends []func()
	for _, then := range []func(c *wstest.Client){
		func(*wstest.Client) {}, // it is cut off
		func(c *wstest.Client) { c.SendClose(1000, "") },
		func(c *wstest.Client) { c.Conn.(*net.TCPConn).CloseWrite() },
	} {
		server := httptest.NewServer(newChat(&wsconn.Server{}))
		t.Cleanup(server.Close)
		addr := server.Listener.Addr()
		speaker, stuck := wstest.Dial(t, addr.String(), "/ws/1"),
			wstest.Dial(t, addr.String(), "/ws/2")
		alone(speaker)
		for i, left := 0, false; !left; i++ {
			if i == 10 { // its kernel's buffers are full
				then(stuck)
			}
			text := fmt.Sprintf("%d %s", i, strings.Repeat("x", 50_000))
			speaker.Say(text)
			for heard := ""; heard != "Client #1 says: "+text; {
				heard = speaker.Read().Payload
				left = left || heard == "Client #2 has left the chat"
			}
		}
		ends = append(ends, func() { awaitItsEnd(t, addr, stuck) })
	}
	for _, await := range ends {
		await()
	}
}

// It has closed in order, and only keeps TCP open.
func TestOneWhoDoesNotHangUpIsGoneFromTheKernelWithinSeconds(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newChat(&wsconn.Server{}))
	t.Cleanup(server.Close)
	c := wstest.Dial(t, server.Listener.Addr().String(), "/ws/1")
	c.SendClose(1000, "")
	c.ExpectClose()
	awaitItsEnd(t, server.Listener.Addr(), c)
}

// It reads nothing of what the kernel holds for it.
func TestOneWhoEndsItsSideWithoutReadingIsGoneFromTheKernelWithinSeconds(t *testing.T) {
	t.Parallel()
	var sockets wsconn.Server
	server := httptest.NewServer(sockets.Handler(
		websocket.Server{Handler: func(ws *websocket.Conn) {
			for range 3 {
				wsconn.FromConn(ws).Send(wsconn.TextFrame(strings.Repeat("x", 40_000)))
			}
		}}))
	t.Cleanup(server.Close)
	addr := server.Listener.Addr()
	conn := wstest.DialTCP(t, addr.String())
	conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	_, stuck := wstest.Do(t, conn, wstest.Request(addr.String(), "/"))
	conn.(*net.TCPConn).CloseWrite()
	awaitItsEnd(t, addr, stuck)
}

// awaitItsEnd waits until the kernel holds nothing for a client that does not read.
func awaitItsEnd(t *testing.T, server net.Addr, stuck *wstest.Client) {
	t.Helper()
	const most = 12 * time.Second // 5 to take its close, 1 for its answer, and 5 to end TCP
	began := time.Now()
	for states := []string(nil); ; time.Sleep(10 * time.Millisecond) {
		// 06 is TIME-WAIT, which holds no buffers.
		states = tcpStates(t, server, stuck.LocalAddr())
		if len(states) == 0 || strings.Join(states, "") == "06" {
			return
		}
		if time.Since(began) > most {
			t.Fatalf("its sockets are still in the states %q", states)
		}
	}
}

// A listener that wraps its connections, as netutil.LimitListener does, hides that they are TCP's.
func TestAConnectionThatIsWrappedEndsInOrderAndAtOnce(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(newChat(&wsconn.Server{}))
	server.Listener = wrapping{server.Listener}
	server.Start()
	t.Cleanup(server.Close)
	c := wstest.Dial(t, server.Listener.Addr().String(), "/ws/1")
	alone(c)
	c.SendClose(1000, "")
	c.ExpectClose()
	began := time.Now()
	c.ExpectEnd()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("TCP ended after %v", took)
	}
}

type wrapping struct{ net.Listener }

func (l wrapping) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return &wrappedConn{conn}, err
}

type wrappedConn struct{ net.Conn }

// What it sends stays in its own kernel, but for what ours has room for.
func TestTheKernelHoldsLittleForAClientThatIsNotReadFrom(t *testing.T) {
	t.Parallel()
	const most = 700 << 10 // bytes on both sides; the kernel doubles what it is asked for
	dial := overTCP(t, newChat(&wsconn.Server{}))
	c := dial("/ws/1")
	c.Conn.(*net.TCPConn).SetWriteBuffer(16 << 10)
	message := frame(fin|text, strings.Repeat("x", 10_000))
	taken := 0
	for began := time.Now(); time.Since(began) < 5*time.Second; {
		c.SetWriteDeadline(began.Add(5 * time.Second))
		n, err := c.Write(message)
		if taken += n; err != nil {
			break
		}
	}
	if taken > most {
		t.Errorf("%d KB were taken of a client that reads nothing", taken>>10)
	}
}
