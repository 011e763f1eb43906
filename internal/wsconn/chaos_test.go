package wsconn_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/chat/internal/wstest"
)

var chaosTime = flag.Duration("chaos", 2*time.Second, "how long the chaos test goes on")

func TestChaosAroundThemDoesNotDisturbTheWellBehaved(t *testing.T) {
	const behaved, chaotic = 20, 200
	server := around(t, bare)
	server.Start()
	addr := server.Listener.Addr().String()
	goroutines, memory := runtime.NumGoroutine(), heap()

	var room []*wstest.Client
	for id := range behaved {
		c := wstest.Dial(t, addr, fmt.Sprint("/ws/", id))
		c.Say("in")
		c.Expect("You wrote: in", fmt.Sprintf("Client #%d says: in", id))
		room = append(room, c)
	}
	for _, c := range room[:behaved-1] {
		for c.Read().Payload != fmt.Sprintf("Client #%d says: in", behaved-1) {
		}
	}

	end := time.Now().Add(*chaosTime)
	var chaos, talk sync.WaitGroup
	for id := range chaotic {
		chaos.Go(func() {
			for time.Now().Before(end) {
				misbehave(t, addr, behaved+id, end)
			}
		})
	}
	heard := make([][]string, behaved)
	spoken := make([]int, behaved)
	for id, c := range room {
		talk.Go(func() { heard[id], spoken[id] = converse(t, id, c, end) })
	}
	chaos.Wait()
	room[0].Say("the end")
	talk.Wait()

	for id := range room {
		if !slices.Equal(heard[id], heard[0]) {
			t.Errorf("client %d heard %d messages, client 0 %d, or in another order", id,
				len(heard[id]), len(heard[0]))
		}
		told := 0
		for _, text := range heard[0] {
			if strings.HasPrefix(text, fmt.Sprintf("Client #%d says: ", id)) {
				if text == fmt.Sprintf("Client #%d says: %d", id, told) {
					told++
				}
			}
		}
		if told != spoken[id] {
			t.Errorf("%d of client %d's %d messages were told in their order", told, id, spoken[id])
		}
		room[id].Conn.Close()
	}
	t.Logf("each of the %d heard the same %d messages", behaved, len(heard[0]))

	deadline := time.Now().Add(wstest.Patience)
	for ; runtime.NumGoroutine() > goroutines; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left of %d before", runtime.NumGoroutine(), goroutines)
		}
	}
	heard = nil
	const slack = 4 << 20 // bytes: buffers that the runtime and net/http keep for reuse
	if after := heap(); after > memory+slack {
		t.Errorf("%d KB are left on the heap of %d before", after>>10, memory>>10)
	}
}

// converse says one number after the other, each when the last was told, until end; and returns all
// that it hears until "the end".
func converse(t *testing.T, id int, c *wstest.Client, end time.Time) (heard []string, said int) {
	own := fmt.Sprintf("Client #%d says: ", id)
	c.Say(fmt.Sprint(said))
	for {
		text := c.Read().Payload
		if text == "Client #0 says: the end" {
			return heard, said
		}
		if strings.HasPrefix(text, "You wrote: ") {
			continue
		}
		heard = append(heard, text)
		if text == fmt.Sprint(own, said) {
			said++
			if time.Now().Before(end) {
				c.Say(fmt.Sprint(said))
			}
		}
	}
}

// misbehave is one client's visit, in one of many bad ways.
func misbehave(t *testing.T, addr string, id int, end time.Time) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	conn.SetDeadline(end.Add(wstest.Patience))
	if rand.IntN(10) == 0 {
		fmt.Fprintf(conn, "GET /ws/%d HTTP/1.1\r\nHost: half", id)
		return
	}
	fmt.Fprint(conn, wstest.Request(addr, fmt.Sprint("/ws/", id)))
	say := func() {
		conn.Write(wstest.Encode(wstest.Fin|wstest.Text,
			strings.Repeat("chaos ", rand.IntN(50))))
	}
	pause := func() { time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond) }
	switch rand.IntN(8) {
	case 0: // talks without reading
		for range rand.IntN(20) {
			say()
			pause()
		}
	case 1: // stalls
		say()
		time.Sleep(min(time.Until(end), time.Second))
	case 2: // dribbles
		for _, b := range wstest.Encode(wstest.Fin|wstest.Text, "dribble") {
			conn.Write([]byte{b})
			pause()
		}
	case 3: // sends garbage
		garbage := make([]byte, rand.IntN(2000))
		for i := range garbage {
			garbage[i] = byte(rand.Uint32())
		}
		conn.Write(garbage)
		pause()
	case 4: // resets
		say()
		conn.(*net.TCPConn).SetLinger(0)
	case 5: // is gone inside a frame
		conn.Write(wstest.Encode(wstest.Fin|wstest.Text, "cut short")[:rand.IntN(10)+1])
	case 6: // closes and goes on
		conn.Write(wstest.Encode(wstest.Fin|wstest.Close, "\x03\xe8"))
		say()
		pause()
	case 7: // talks, and reads all
		say()
		go func() {
			buffer := make([]byte, 4096)
			for {
				if _, err := conn.Read(buffer); err != nil {
					return
				}
			}
		}()
		for range rand.IntN(10) {
			pause()
			say()
		}
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // what was in a sync.Pool is free after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
