//go:build unix

package wsconn_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"net"
	"testing"

	"example.com/chat/internal/wstest"
)

// audience joins n clients who read and drop all that comes, and a speaker. It returns what says
// one message, and returns when the speaker has read it; nothing of it allocates.
func audience(t testing.TB, n int) (say func()) {
	server := around(t, bare)
	server.Start()
	addr := server.Listener.Addr().String()
	for id := range n {
		c := wstest.Dial(t, addr, fmt.Sprint("/ws/", id))
		c.Say("in")
		c.Expect("You wrote: in", fmt.Sprintf("Client #%d says: in", id))
		go io.Copy(io.Discard, struct{ net.Conn }{c.Conn})
	}
	speaker := wstest.Dial(t, addr, "/ws/1000000")
	frame := wstest.Encode(wstest.Fin|wstest.Text, "hello")
	own := []byte("Client #1000000 says: hello")
	echo := len("\x81\x10You wrote: hello\x81\x1b") + len(own)
	in := bufio.NewReader(speaker.Conn)
	return func() {
		speaker.Write(frame)
		got, err := in.Peek(echo)
		if err != nil || !bytes.HasSuffix(got, own) {
			t.Fatalf("read %q, %v", got, err)
		}
		in.Discard(echo)
	}
}

func TestABroadcastAllocatesAFixedHandfulOfTimesWhateverTheRoom(t *testing.T) {
	const runs, handful = 200, 20 // x/net's frame reader takes about ten of them
	// The least of some counts: queues get their places, and the race detector empties pools.
	allocations := func(listeners int, enough float64) float64 {
		say := audience(t, listeners)
		least := math.Inf(1)
		for count := 0; count < 16 && least > enough; count++ {
			least = min(least, testing.AllocsPerRun(runs, say))
		}
		return least
	}
	small := allocations(10, handful)
	large := allocations(300, small+2)
	if small > handful || large > small+2 {
		t.Errorf("a message allocates %v times among 10, and %v times among 300", small, large)
	}
}

func BenchmarkBroadcast(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			say := audience(b, n)
			b.ReportAllocs()
			for b.Loop() {
				say()
			}
		})
	}
}
