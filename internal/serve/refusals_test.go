package serve_test

import (
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"example.com/chat/internal/wstest"
)

// nextRefusal reads p's log up to the next line about refusals.
func (p *process) nextRefusal(t *testing.T) string {
	t.Helper()
	for {
		line, err := p.logged.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if _, refused, found := strings.Cut(line, "refused "); found {
			return strings.TrimSpace(refused)
		}
	}
}

func TestARefusalIsALineOfTheLogThatSaysWhoAndWhy(t *testing.T) {
	t.Parallel()
	p := start(t, exec.Command(chat, "-addr", "127.0.0.1:0", "-max-connections", "1"))
	stays := wstest.Dial(t, p.addr, "/ws/1")
	stays.Say("in")
	stays.Expect("You wrote: in")
	handshake := wstest.Request(p.addr, "/ws/2")
	for _, row := range []struct{ request, want string }{ // no more than are logged in a second
		{wstest.Request(p.addr, "/ws/2", "Origin: https://evil.example"),
			`status=403 reason="pages of \"https://evil.example\" may not connect ` +
				`to this server: to let them in, start it with -origins https://evil.example" ` +
				`origin="https://evil.example"`},
		{wstest.Request(p.addr, "/ws/two"),
			`status=403 reason="the client's id must be an integer of 64 bits, as in /ws/42" ` +
				`origin=""`},
		{handshake,
			`status=503 reason="the server is full: try again later" origin=""`},
		{strings.Replace(handshake, "Version: 13", "Version: 8", 1),
			`status=426 reason="this is a WebSocket: connect with a WebSocket client ` +
				`of version 13" origin=""`},
		{strings.Replace(handshake, "dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", 1),
			`status=400 reason="Sec-WebSocket-Key must be 16 bytes in base64" origin=""`},
	} {
		conn := wstest.DialTCP(t, p.addr)
		wstest.Do(t, conn, row.request)
		path := strings.Fields(row.request)[1]
		want := fmt.Sprintf("remote=%s %s host=%q path=%q",
			conn.LocalAddr(), row.want, p.addr, path)
		if got := p.nextRefusal(t); got != want {
			t.Errorf("logged %s\n  want %s", got, want)
		}
	}
}

func TestManyRefusalsAreCountedInTheLog(t *testing.T) {
	t.Parallel()
	const refusals = 100
	p := start(t, exec.Command(chat, "-addr", "127.0.0.1:0"))
	refuse := func() {
		wstest.Do(t, wstest.DialTCP(t, p.addr), "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	for range refusals {
		refuse()
	}
	counted, inARow := 0, 0
	for counted < refusals {
		line, more := p.nextRefusal(t), 0
		if n, _ := fmt.Sscanf(line, "%d more in the same second", &more); n == 1 {
			counted, inARow = counted+more, 0
			continue
		}
		counted++
		if inARow++; inARow > 5 {
			t.Fatalf("%d refusals are logged one after the other", inARow)
		}
	}
	if counted > refusals {
		t.Errorf("the log has %d refusals of %d", counted, refusals)
	}
	// Until another second.
	for refuse(); !strings.HasPrefix(p.nextRefusal(t), "remote="); refuse() {
	}
}

func TestCookiesOfOtherProgramsAreAcceptedUpToALimitAndMoreIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	p := start(t, exec.Command(chat, "-addr", "127.0.0.1:0"))
	for size, status := range map[int]int{20_000: 200, 64_000: 200, 66_000: 431, 120_000: 431} {
		request, _ := http.NewRequestWithContext(t.Context(), "GET", "http://"+p.addr+"/", nil)
		request.Header.Set("Cookie", strings.Repeat("c", size))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("%d bytes of cookies were answered %s, want %d", size, response.Status, status)
		}
		if status == 200 {
			continue
		}
		reason := strings.TrimSpace(string(body))
		cause := fmt.Sprintf("%d of them cookies", size)
		if strings.Contains(reason, "\n") || !strings.Contains(reason, cause) {
			t.Errorf("%d bytes of cookies were answered %q", size, body)
		}
		line := p.nextRefusal(t)
		if !strings.Contains(line, fmt.Sprintf("status=431 reason=%q", reason)) {
			t.Errorf("logged %s", line)
		}
	}
	handshake := wstest.Request(p.addr, "/ws/1", "Cookie: "+strings.Repeat("c", 66_000))
	response, _ := wstest.Do(t, wstest.DialTCP(t, p.addr), handshake)
	if response.StatusCode != 431 {
		t.Errorf("a handshake with too many cookies was answered %s", response.Status)
	}
}
