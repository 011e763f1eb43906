//go:build linux

package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/chat/compare/servers"
)

// TestNothingIsLeftRunning ends the tool by CTRL+C, and by a signal that nobody can catch.
func TestNothingIsLeftRunning(t *testing.T) {
	servers.NeedFastAPI(t)
	binary := filepath.Join(t.TempDir(), "watch")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			whose, files := "WATCH_TEST="+rand.Text(), t.TempDir()
			tool := exec.Command(binary)
			tool.Env = append(os.Environ(), whose, "TMPDIR="+files)
			out, err := tool.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := tool.Start(); err != nil {
				t.Fatal(err)
			}
			defer tool.Process.Kill()
			lines := bufio.NewScanner(out)
			for lines.Scan() && !strings.HasPrefix(lines.Text(), "Watch them run on http://127.") {
			}
			if n := len(processes(whose)); n != 3 {
				t.Errorf("%d processes run, want the tool and two programs", n)
			}
			tool.Process.Signal(signal)
			go io.Copy(io.Discard, out)
			err = tool.Wait()
			if signal == syscall.SIGINT && err != nil {
				t.Errorf("after CTRL+C: %v", err)
			}
			for late := time.After(patience); len(processes(whose)) > 0; {
				select {
				case <-late:
					t.Fatalf("still running: %v", processes(whose))
				case <-time.After(20 * time.Millisecond):
				}
			}
			left, _ := filepath.Glob(filepath.Join(files, "chat-*"))
			if signal == syscall.SIGINT && len(left) > 0 {
				t.Errorf("files are left: %v", left)
			}
		})
	}
}

// processes are the processes that have this in their environment.
func processes(whose string) (found []string) {
	all, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range all {
		environment, err := os.ReadFile(path)
		if err == nil && bytes.Contains(environment, []byte(whose)) {
			name, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
			found = append(found, fmt.Sprintf("%.100q", name))
		}
	}
	return found
}
