package notice

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/chat/internal/wstest"
	"example.com/chat/learn/exercises/internal/try"
)

func TestANoticeIsToldToEveryone(t *testing.T) {
	addr := try.Serve(t)
	one := try.Join(t, addr, "/ws/1", "Client #1")
	two := try.Join(t, addr, "/ws/2", "Client #2")
	one.Expect("Client #2 says: hello")
	for _, text := range []string{"tea is ready", "Grüße, 世界", "a=b&c=100%"} {
		say(t, addr, text, http.StatusNoContent)
		one.Expect("Notice: " + text)
		two.Expect("Notice: " + text)
	}
}

func TestNoticesAndTalkAreHeardInOneOrder(t *testing.T) {
	const talkers, notices = 5, 40
	addr := try.Serve(t)
	say(t, addr, "before anybody is here", http.StatusNoContent)
	var clients []*wstest.Client
	for id := range talkers {
		clients = append(clients, wstest.Dial(t, addr, fmt.Sprint("/ws/", id)))
	}
	var all sync.WaitGroup
	for i := range notices {
		all.Go(func() { say(t, addr, fmt.Sprint(i), http.StatusNoContent) })
	}
	heard := make([][]string, talkers)
	for id, c := range clients {
		all.Go(func() {
			for i := range notices {
				c.Say(fmt.Sprint(i))
			}
		})
		all.Go(func() {
			for len(heard[id]) < notices*(1+talkers) {
				if text := c.Read().Payload; !strings.HasPrefix(text, "You wrote: ") {
					heard[id] = append(heard[id], text)
				}
			}
		})
	}
	all.Wait()
	for id := range heard {
		if !slices.Equal(heard[id], heard[0]) {
			t.Errorf("client %d heard another order than client 0", id)
		}
	}
}

// Each is answered with 403, and told to nobody.
func TestAPageFromElsewhereCannotSayANotice(t *testing.T) {
	addr := try.Serve(t)
	one := wstest.Dial(t, addr, "/ws/1")
	say(t, addr, "evil", http.StatusForbidden, "Origin: https://evil.example")
	say(t, addr, "evil", http.StatusForbidden, "Origin: null")
	say(t, addr, "own", http.StatusNoContent, "Origin: http://"+addr)
	one.Expect("Notice: own")
}

func TestWhatIsNoNoticeIsToldToNobody(t *testing.T) {
	addr := try.Serve(t)
	one := wstest.Dial(t, addr, "/ws/1")
	say(t, addr, "no UTF-8: \xff", http.StatusBadRequest)
	say(t, addr, strings.Repeat("x", 1001), http.StatusRequestEntityTooLarge)
	say(t, addr, strings.Repeat("x", 1000), http.StatusNoContent)
	one.Expect("Notice: " + strings.Repeat("x", 1000))
	get := "GET /say HTTP/1.1\r\nHost: x\r\n\r\n"
	response, _ := wstest.Do(t, wstest.DialTCP(t, addr), get)
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET /say: read %s, want 405", response.Status)
	}
}

func say(t *testing.T, addr, text string, status int, headers ...string) {
	t.Helper()
	lines := append([]string{
		"POST /say HTTP/1.1", "Host: " + addr, fmt.Sprint("Content-Length: ", len(text)),
		"Connection: close"}, headers...)
	request := strings.Join(lines, "\r\n") + "\r\n\r\n" + text
	response, _ := wstest.Do(t, wstest.DialTCP(t, addr), request)
	if response.StatusCode != status {
		t.Fatalf("POST /say with %.20q and %q: read %s, want %d",
			text, headers, response.Status, status)
	}
}
