// Package try starts the chat as it is in this repository, your changes included, so that an exercise's test can talk to it.
package try

import (
	"bufio"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"example.com/chat/internal/wstest"
)

var source = flag.String("chat", root(), "`folder` of the chat that is tried")

func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "..")
}

// Serve builds and runs the chat on a free port until the test ends, and returns its address.
func Serve(t testing.TB) (addr string) {
	t.Helper()
	addr, _ = serve(t, raceDetector())
	return addr
}

func serve(t testing.TB, race bool) (addr string, pid int) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "chat")
	build := exec.Command("go", "build", fmt.Sprintf("-race=%t", race), "-o", binary, "main.go")
	build.Dir = *source
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the chat does not compile:\n%s", output)
	}
	server := exec.Command(binary, "-addr", "127.0.0.1:0")
	var log strings.Builder
	server.Stderr = &log
	output, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
		if strings.Contains(log.String(), "DATA RACE") {
			t.Errorf("the race detector says:\n%s", log.String())
		}
	})
	lines := bufio.NewScanner(output)
	lines.Scan()
	if _, err := fmt.Sscanf(lines.Text(), "Chat running on http://%s", &addr); err != nil {
		t.Fatalf("the chat does not start: %q", lines.Text())
	}
	return addr, server.Process.Pid
}

// raceDetector says whether it works here: on Linux it needs a C compiler.
func raceDetector() bool {
	output, err := exec.Command("go", "env", "CGO_ENABLED").Output()
	if err != nil || strings.TrimSpace(string(output)) != "1" {
		return false
	}
	_, err = exec.LookPath("cc")
	_, gcc := exec.LookPath("gcc")
	return err == nil || gcc == nil
}

// Join connects a client, which says hello and has read that everyone heard it as name.
func Join(t testing.TB, addr, path, name string) *wstest.Client {
	t.Helper()
	c := wstest.Dial(t, addr, path)
	c.Say("hello")
	Reads(t, c, name+" says: hello")
	return c
}

// Reads drops messages until this one comes.
func Reads(t testing.TB, c *wstest.Client, text string) {
	t.Helper()
	for {
		f := c.Read()
		if f.Payload == text {
			return
		}
		if f.First != wstest.Fin|wstest.Text {
			t.Fatalf("read %#x %q before %q", f.First, f.Payload, text)
		}
	}
}
