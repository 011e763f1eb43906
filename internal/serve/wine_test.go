//go:build unix

package serve_test

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"example.com/chat/internal/wstest"
)

// TestItRunsOnWindows drives the Windows program under Wine: WINE_CHAT names its file.
func TestItRunsOnWindows(t *testing.T) {
	program := os.Getenv("WINE_CHAT")
	if program == "" {
		t.Skip("WINE_CHAT=chat.exe tries that file under Wine")
	}
	p := start(t, exec.Command("wine", program, "-addr", "127.0.0.1:0"))
	for range 300 { // some are gone before they are accepted
		conn := wstest.DialTCP(t, p.addr)
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
	a, b := talk(t, p.addr)

	output, err := exec.Command("wine", program, "-addr", p.addr).CombinedOutput()
	line := strings.TrimSpace(string(output))
	if err == nil || strings.Contains(line, "\n") ||
		!strings.Contains(line, "is already in use: stop") {
		t.Errorf("a port in use gives %v and %q, want a line that says so", err, output)
	}

	p.Process.Signal(os.Interrupt) // which Wine makes a CTRL+C
	if logged := p.expectEnd(t, a, b); !strings.Contains(logged, "shutting down") {
		t.Errorf("logged: %s", logged)
	}
}
