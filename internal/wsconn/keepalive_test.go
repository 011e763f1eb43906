package wsconn_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
	"golang.org/x/net/websocket"
)

// bubble runs test by a false clock. The second second at its end lets the server's watch end, too.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(2 * time.Second) })
		test(t)
	})
}

const leaving = "Client #1 has left the chat"

// alone says something and reads it, after which the room knows c.
func alone(c *wstest.Client) {
	c.Say("hello")
	c.Expect("You wrote: hello", "Client #1 says: hello")
}

// two are in a room in memory; the first is known to it, and the second does as it likes.
func two(t *testing.T) (first, second *wstest.Client) {
	handler := newChat(&wsconn.Server{})
	first = dialMemory(t, handler)
	t.Cleanup(func() { first.Close() })
	alone(first)
	second = dialMemory(t, handler)
	t.Cleanup(func() { second.Close() })
	return first, second
}

// A leaving comes after 40 s, of the false clock.
func init() { wstest.Patience = time.Minute }

func TestAVanishedMachineIsPingedAndGoneWithin40Seconds(t *testing.T) {
	for name, last := range map[string]string{
		"after a message":         "\x81\x80abcd",
		"inside a header":         "\x81",
		"inside a payload":        "\x81\x85abcdx",
		"inside a longer message": "\x01\x81abcdx",
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				stays, vanishes := two(t)
				began := time.Now()
				var told time.Duration
				heard := make(chan bool)
				go func() {
					defer close(heard)
					for stays.Read().Payload != leaving {
					}
					told = time.Since(began)
				}()
				vanishes.SendRaw([]byte(last))
				for pinged := false; ; {
					f, err := vanishes.Next()
					if err != nil {
						if !pinged {
							t.Error("gone without a ping")
						}
						break
					}
					if f.First == wstest.Fin|wstest.Ping {
						pinged = true
						if waited := time.Since(began); waited > 20*time.Second {
							t.Errorf("pinged after %v, want 20 s", waited)
						}
					}
				}
				<-heard
				if told < 30*time.Second || told > 40*time.Second {
					t.Errorf("its leaving was told after %v, want 40 s", told)
				}
			})
		})
	}
}

func TestOneWhoAnswersPingsMayBeSilentForever(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := dialMemory(t, newChat(&wsconn.Server{}))
		defer c.Close()
		alone(c)
		began := time.Now()
		for time.Since(began) < time.Hour {
			f, err := c.Next()
			if err != nil || f.First != wstest.Fin|wstest.Ping {
				t.Fatalf("after %v: %v, %v", time.Since(began), f, err)
			}
			c.Send(wstest.Fin|wstest.Pong, f.Payload)
		}
		alone(c)
	})
}

func TestAHandlerMayTakeItsTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var sockets wsconn.Server
		c := dialMemory(t, sockets.Handler(websocket.Server{Handler: func(ws *websocket.Conn) {
			c := wsconn.FromConn(ws)
			text, _ := c.ReceiveText()
			time.Sleep(time.Hour) // hears nothing meanwhile
			c.Send(wsconn.TextFrame("at last: " + text))
			c.ReceiveText()
		}}))
		defer c.Close()
		c.Say("hello")
		time.Sleep(time.Hour)
		if f, err := c.Next(); f != got(text, "at last: hello") {
			t.Errorf("read %s", event(f, err))
		}
	})
}

func TestOneWhoDribblesStaysAndIsUnderstood(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := dialMemory(t, newChat(&wsconn.Server{}))
		defer c.Close()
		alone(c)
		go func() {
			for _, b := range wstest.Encode(wstest.Fin|wstest.Text, "slow") {
				time.Sleep(25 * time.Second)
				c.SendRaw([]byte{b})
			}
		}()
		for want := 0; want < 2; {
			f, err := c.Next()
			if err != nil {
				t.Fatal(err)
			}
			if f.First == wstest.Fin|wstest.Text {
				if f.Payload != []string{"You wrote: slow", "Client #1 says: slow"}[want] {
					t.Fatalf("read %q", f.Payload)
				}
				want++
			}
		}
	})
}

func TestAWriteThatTakesLongerThan10SecondsEndsTheConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		stays, stuck := two(t)
		stuck.Say("hello") // and reads nothing of what comes back
		began := time.Now()
		stays.Expect("Client #1 says: hello", leaving)
		if waited := time.Since(began); waited < 9*time.Second || waited > 11*time.Second {
			t.Errorf("its leaving was told after %v, want 10 s", waited)
		}
	})
}

// The false clock stands still while anybody works: what passes is what was waited.
func TestNobodyWaits100msForOneWhoNeverReads(t *testing.T) {
	bubble(t, func(t *testing.T) {
		speaker, _ := two(t)
		const messages, size = 320, 32 << 10 // 10 MB
		var longest time.Duration
		leavings := 0
		for i := range messages {
			text := strings.Repeat(string(rune('a'+i%26)), size)
			began := time.Now()
			speaker.Say(text)
			for got := ""; got != "Client #1 says: "+text; {
				if got = speaker.Read().Payload; got == leaving {
					leavings++
				}
			}
			longest = max(longest, time.Since(began))
		}
		if longest >= 100*time.Millisecond || leavings != 1 {
			t.Errorf("somebody waited for %v, and the leaving was told %d times", longest, leavings)
		}
	})
}

// It keeps up with what is said, 0.2 s later.
func TestAClientWithASteadyLagIsNotCutOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const size, each, lag, lasts = 40_000, 20 * time.Millisecond, 10, 30 * time.Second
		speaker, lagging := two(t)
		text := strings.Repeat("x", size)
		began := time.Now()
		for n := 0; time.Since(began) < lasts; n++ {
			speaker.Say(text)
			speaker.Expect("You wrote: "+text, "Client #1 says: "+text)
			if n >= lag {
				lagging.Expect("Client #1 says: " + text)
			}
			time.Sleep(each)
		}
	})
}

func TestOneWhoReadsSlowlyIsNotCutOffWhileItTakesSomething(t *testing.T) {
	bubble(t, func(t *testing.T) {
		speaker, slow := two(t)
		text := strings.Repeat("x", 60_000)
		speaker.Say(text)
		speaker.Expect("You wrote: "+text, "Client #1 says: "+text)
		var got []byte
		for len(got) < len(text) { // 2 KB a second: half a minute
			piece := make([]byte, 1024)
			n, err := slow.Conn.Read(piece)
			if err != nil {
				t.Fatalf("it was cut off after %d bytes: %v", len(got), err)
			}
			got = append(got, piece[:n]...)
			time.Sleep(time.Second / 2)
		}
	})
}

func TestWhatIsNotReadStopsTheReading(t *testing.T) {
	for name, flood := range map[string]struct {
		frame []byte
		most  int // of them: about 64 KB of what they cost
	}{
		"echoes": {wstest.Encode(wstest.Fin|wstest.Text, fmt.Sprintf("%01000d", 0)), 200},
		"pongs":  {wstest.Encode(wstest.Fin|wstest.Ping, ""), 2000},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := dialMemory(t, newChat(&wsconn.Server{}))
				defer c.Close()
				taken := 0
				for { // a pipe holds nothing: each write that returns was read by the server
					c.SetWriteDeadline(time.Now().Add(wstest.Patience))
					if _, err := c.Write(flood.frame); err != nil {
						break // when the write deadline of 10 s has ended it all
					}
					taken++
				}
				if taken < 10 || taken > flood.most {
					t.Errorf("%d frames were read of a client that reads nothing, want at most %d",
						taken, flood.most)
				}
			})
		})
	}
}
