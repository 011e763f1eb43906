package login

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"example.com/chat/internal/wstest"
	"example.com/chat/learn/exercises/internal/try"
)

func TestTheCookieSaysWhoIsWho(t *testing.T) {
	addr := try.Serve(t)
	ann := join(t, addr, login(t, addr, "ann"))
	bo := join(t, addr, login(t, addr, "bo"))
	ann.Say("hi")
	ann.Expect("You wrote: hi", "ann says: hi")
	bo.Expect("ann says: hi")
	bo.Say("hello")
	bo.Expect("You wrote: hello", "bo says: hello")
	ann.Expect("bo says: hello")
	bo.SendClose(1000, "")
	ann.Expect("bo has left the chat")
}

func TestOneCookieIsGoodForMoreThanOneConnection(t *testing.T) {
	addr := try.Serve(t)
	cookie := login(t, addr, "ann")
	for range 2 {
		c := join(t, addr, cookie)
		c.Say("hi")
		c.Expect("You wrote: hi", "ann says: hi")
	}
}

func TestWithoutItsCookieNobodyIsLetIn(t *testing.T) {
	addr := try.Serve(t)
	cookie := login(t, addr, "ann")
	name, value, _ := strings.Cut(cookie, "=")
	forged := []string{"", "x=y", name + "=", name + "=ann", name + "=bo", "name=ann",
		cookie + "x", cookie[:len(cookie)-1], name + "=" + flip(value)}
	for _, cookie := range forged {
		request := wstest.Request(addr, "/ws/1")
		if cookie != "" {
			request = wstest.Request(addr, "/ws/1", "Cookie: "+cookie)
		}
		response, _ := wstest.Do(t, wstest.DialTCP(t, addr), request)
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("with the cookie %q: read %s, want 403", cookie, response.Status)
		}
	}
	join(t, addr, cookie)
}

// A script that got into the page cannot read it, and requests from other sites do not carry it.
func TestTheCookieIsForTheServerAlone(t *testing.T) {
	addr := try.Serve(t)
	got := post(t, addr, "ann").Header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite"} {
		if !strings.Contains(strings.ToLower(got), strings.ToLower(want)) {
			t.Errorf("read the cookie %q, want %s in it", got, want)
		}
	}
}

func TestTwoWithOneNameHaveTwoCookies(t *testing.T) {
	addr := try.Serve(t)
	one, two := login(t, addr, "ann"), login(t, addr, "ann")
	const enough = 16 // characters that are drawn by lot
	if _, value, _ := strings.Cut(one, "="); one == two || len(value) < enough {
		t.Errorf("read %q and %q, want what nobody can guess", one, two)
	}
}

func TestManyMayLogInAtOnce(t *testing.T) {
	addr := try.Serve(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { join(t, addr, login(t, addr, "ann")) })
	}
	all.Wait()
}

func TestANameMayHave20LettersOfAnyScript(t *testing.T) {
	addr := try.Serve(t)
	for _, name := range []string{"x", "李", strings.Repeat("ü", 20)} {
		login(t, addr, name)
	}
}

func TestWhatIsNoNameIsRefused(t *testing.T) {
	addr := try.Serve(t)
	for _, name := range []string{"", "7", "a b", "\xff", strings.Repeat("x", 21)} {
		if response := post(t, addr, name); response.StatusCode != http.StatusBadRequest {
			t.Errorf("POST /login with %q: read %s, want 400", name, response.Status)
		}
	}
}

func post(t *testing.T, addr, name string) *http.Response {
	t.Helper()
	response, err := http.Post("http://"+addr+"/login", "text/plain", strings.NewReader(name))
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
	return response
}

// login returns the cookie, as name=value.
func login(t *testing.T, addr, name string) string {
	t.Helper()
	response := post(t, addr, name)
	if response.StatusCode != http.StatusNoContent || len(response.Cookies()) != 1 {
		t.Fatalf("POST /login: read %s with %d cookies, want 204 with one",
			response.Status, len(response.Cookies()))
	}
	cookie := response.Cookies()[0]
	return cookie.Name + "=" + cookie.Value
}

func join(t *testing.T, addr, cookie string) *wstest.Client {
	t.Helper()
	return wstest.Dial(t, addr, "/ws/1", fmt.Sprint("Cookie: ", cookie))
}

// flip changes the first character to another that may stand there.
func flip(value string) string {
	if value[0] == 'A' {
		return "B" + value[1:]
	}
	return "A" + value[1:]
}
