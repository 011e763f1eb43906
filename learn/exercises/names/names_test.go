package names

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/chat/internal/wstest"
	"example.com/chat/learn/exercises/internal/try"
)

func TestClientsBearNames(t *testing.T) {
	addr := try.Serve(t)
	ann := try.Join(t, addr, "/ws/ann", "ann")
	long, accents := strings.Repeat("x", 20), strings.Repeat("é", 20)
	for _, name := range []string{"bo", "Zoë", "世界", long, accents} {
		other := wstest.Dial(t, addr, "/ws/"+url.PathEscape(name))
		other.Say("hi")
		other.Expect("You wrote: hi", name+" says: hi")
		ann.Expect(name + " says: hi")
		other.SendClose(1000, "")
		ann.Expect(name + " has left the chat")
	}
}

func TestOtherNamesAreRefused(t *testing.T) {
	addr := try.Serve(t)
	long, longer := strings.Repeat("x", 21), strings.Repeat("é", 21)
	for _, name := range []string{"7", "ann7", "a b", "-", "\xff", long, longer} {
		request := wstest.Request(addr, "/ws/"+url.PathEscape(name))
		response, _ := wstest.Do(t, wstest.DialTCP(t, addr), request)
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("%q was answered %s, want 403", name, response.Status)
		}
	}
}

func TestThePageBearsTheNameInItsAddress(t *testing.T) {
	addr := try.Serve(t)
	other := try.Join(t, addr, "/ws/bo", "bo")
	page := try.Open(t, addr, "/?name="+url.QueryEscape("Zoë"))
	page.Say("hi")
	other.Expect("Zoë says: hi")
	page.Shows("own", "Zoë says: hi")
	other.Say("hi, you")
	page.Shows("other", "bo says: hi, you")
	other.SendClose(1000, "")
	page.Shows("left", "bo has left the chat")
	page.Tries("Go away without waiting", "has left the chat")
}
