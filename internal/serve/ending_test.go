//go:build unix

package serve_test

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"example.com/chat/internal/wstest"
)

// SIGHUP is what the program is sent when its terminal is closed.
func TestTheProgramEndsCleanly(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			p := start(t, exec.Command(chat, "-addr", "127.0.0.1:0"))
			// A browser opens connections ahead of need; this one must not delay the end.
			wstest.DialTCP(t, p.addr)
			a, b := talk(t, p.addr)
			p.Process.Signal(signal)
			logged := p.expectEnd(t, a, b)
			for _, want := range []string{
				"connected remote=" + a.LocalAddr().String() + ` path="/ws/1"` + "\n",
				"connected remote=" + b.LocalAddr().String() + ` path="/ws/2"` + "\n",
				"shutting down\n",
				"disconnected remote=" + a.LocalAddr().String() + ` path="/ws/1"`,
				"disconnected remote=" + b.LocalAddr().String() + ` path="/ws/2"`,
			} {
				if !strings.Contains(logged, want) {
					t.Errorf("the log has no %q:\n%s", want, logged)
				}
			}
		})
	}
}

func TestUnderNohupTheProgramOutlivesItsTerminal(t *testing.T) {
	t.Parallel()
	p := start(t, exec.Command("nohup", chat, "-addr", "127.0.0.1:0"))
	p.Process.Signal(syscall.SIGHUP)
	a, b := talk(t, p.addr)
	p.Process.Signal(syscall.SIGTERM)
	p.expectEnd(t, a, b)
}

func TestWhenTheTerminalIsClosedEachClientIsToldOfTheEnd(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs the command script as Linux has it")
	}
	terminal := exec.Command("script", "-q", "-c", "exec "+chat+" -addr 127.0.0.1:0", os.DevNull)
	p := start(t, terminal)
	a, b := talk(t, p.addr)
	p.Process.Kill()
	for _, c := range []*wstest.Client{a, b} {
		if got := c.ExpectClose(); got.Code != 1001 {
			t.Errorf("closed with %+v, want 1001", got)
		}
	}
}
