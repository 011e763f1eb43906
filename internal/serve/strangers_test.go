package serve_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.com/chat/internal/wstest"
)

// Not parallel: it takes most of the files that a process may open.
func TestTenThousandHalfOpenHandshakesKeepNobodyOutAndAreDropped(t *testing.T) {
	p := start(t, exec.Command(chat, "-addr", "127.0.0.1:0"))
	var halfOpen []net.Conn
	for i := range 10_000 {
		conn, err := net.Dial("tcp", p.addr)
		if err != nil {
			t.Logf("%d half-open handshakes, because more files cannot be opened here: %v", i, err)
			const spare = 10 // which the honest one needs
			for _, conn := range halfOpen[max(0, i-spare):] {
				conn.Close()
			}
			halfOpen = halfOpen[:max(0, i-spare)]
			break
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET /ws/%d HTTP/1.1\r\nHost: %s\r\n", i, p.addr)
		halfOpen = append(halfOpen, conn)
	}
	talk(t, p.addr)
	for _, conn := range halfOpen {
		conn.SetReadDeadline(time.Now().Add(wstest.Patience))
		answer, err := io.ReadAll(conn)
		if errors.Is(err, os.ErrDeadlineExceeded) || strings.Contains(string(answer), " 101 ") {
			t.Fatalf("a half-open handshake was answered %q, %v; want its end", answer, err)
		}
	}
}

// Not parallel: the others would slow down the flood.
func TestAThousandClientsThatNeverReadTakeLessThan200KBEach(t *testing.T) {
	const clients, most = 1000, 200 << 10
	p := start(t, exec.Command(chat, "-addr", "127.0.0.1:0"))
	go io.Copy(io.Discard, p.logged)
	before := p.peak(t)
	for id := range clients {
		wstest.Dial(t, p.addr, fmt.Sprint("/ws/", id))
	}
	speaker := wstest.Dial(t, p.addr, fmt.Sprint("/ws/", clients))
	message := wstest.Encode(wstest.Fin|wstest.Text, "0123456789abcdef0123456789abcdef")
	burst := bytes.Repeat(message, 16)
	for left := 0; left < clients; { // each burst is read before the next one is sent
		speaker.SendRaw(burst)
		for said := 0; said < 16; {
			switch text := speaker.Read().Payload; {
			case strings.HasPrefix(text, "Client #1000 says: "):
				said++
			case strings.HasSuffix(text, " has left the chat"):
				left++
			}
		}
	}
	if each := (p.peak(t) - before) / clients; each > most {
		t.Errorf("each took %d KB of the process at most, want %d", each>>10, most>>10)
	} else {
		t.Logf("each took %d KB of the process at most", each>>10)
	}
}

// peak is the most memory that the process has held, in bytes.
func (p *process) peak(t *testing.T) (bytes int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		t.Skip("this system does not tell how much memory a process has held")
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(rest, &bytes); err != nil {
		t.Fatal(err)
	}
	return bytes << 10
}
