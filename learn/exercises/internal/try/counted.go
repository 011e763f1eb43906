package try

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

var (
	// One of package chat that a goroutine is in, and not of the packages below it.
	function = regexp.MustCompile(`(?m)^example\.com/chat\..*$`)
	tasks    = regexp.MustCompile(`(?m)^task .*$`)
)

// ServeCounted is Serve, and count ends the chat and says what its goroutines (in Python: tasks)
// were in: one function for each. It skips the test on Windows, which has no SIGQUIT.
func ServeCounted(t testing.TB) (addr string, count func() []string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot ask a program for its goroutines")
	}
	c := start(t, command(t, RaceDetector()))
	return c.addr, func() []string {
		t.Helper()
		if err := c.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
			t.Fatal(err)
		}
		<-c.logged
		if *python != "" {
			return tasks.FindAllString(c.log.String(), -1)
		}
		var own []string
		for goroutine := range strings.SplitSeq(c.log.String(), "\n\n") {
			if in := function.FindString(goroutine); in != "" {
				own = append(own, in)
			}
		}
		return own
	}
}

// ServeLean is Serve without the race detector, and memory says how many bytes the chat holds. It
// skips the test where there is no /proc.
func ServeLean(t testing.TB) (addr string, memory func() int64) {
	t.Helper()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("this system does not tell how much memory a process holds")
	}
	t.Setenv("GOGC", "10") // little garbage, so that what is held shows
	c := start(t, command(t, false))
	return c.addr, func() int64 {
		t.Helper()
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
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
