package try

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// ServeLean is Serve without the race detector, and memory says how many bytes the chat holds. It skips the test where there is no /proc.
func ServeLean(t testing.TB) (addr string, memory func() int64) {
	t.Helper()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("this system does not tell how much memory a process holds")
	}
	t.Setenv("GOGC", "10") // little garbage, so that what is held shows
	addr, pid := serve(t, false)
	return addr, func() int64 {
		t.Helper()
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(status), "RssAnon:")
		var kilobytes int64
		if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
			t.Fatal(err)
		}
		return kilobytes << 10
	}
}
