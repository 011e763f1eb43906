//go:build unix

package serve_test

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/chat/internal/wstest"
)

// reloading copies the program to a folder, and starts the command there that a reader of the docs
// types to have it reloaded.
func reloading(t *testing.T) (folder string, p *process) {
	t.Helper()
	if os.Getenv("TRY_AIR") == "" {
		t.Skip("TRY_AIR=1 tries air, which takes a minute to fetch and to build")
	}
	command := regexp.MustCompile(`go run github\.com/air-verse/air@v[\d.]+`)
	words := strings.Fields(command.FindString(read(t, "../../docs/run.md")))
	if len(words) == 0 {
		t.Fatal("docs/run.md has no command to reload")
	}
	output, err := exec.Command(words[0], words[1], words[2], "-v").CombinedOutput()
	if err != nil {
		t.Skipf("air cannot be had here: %v\n%s", err, output)
	}
	folder = t.TempDir()
	for _, name := range []string{
		".air.toml", "go.mod", "go.sum", "main.go", "manager.go", "index.html",
	} {
		write(t, filepath.Join(folder, name), read(t, filepath.Join("../..", name)))
	}
	for _, name := range []string{"static", "internal"} {
		err := os.CopyFS(filepath.Join(folder, name), os.DirFS(filepath.Join("../..", name)))
		if err != nil {
			t.Fatal(err)
		}
	}
	args := append(words[1:], "--", "-addr", "127.0.0.1:0")
	p = &process{Cmd: exec.Command(words[0], args...)}
	p.Dir = folder
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stdout, p.Stderr, p.printed = write, write, bufio.NewReader(read)
	p.run(t)
	write.Close()
	t.Cleanup(func() { syscall.Kill(-p.Process.Pid, syscall.SIGKILL) })
	watchdog := time.AfterFunc(2*wstest.Patience, func() { read.Close() })
	t.Cleanup(func() { watchdog.Stop() })
	return folder, p
}

const address = `127\.0\.0\.1:\d+`

// untilServed waits for a start after which the page has text. air may start a program twice when a
// file is written in two steps.
func (p *process) untilServed(t *testing.T, text string) {
	t.Helper()
	for page := ""; !strings.Contains(page, text); {
		response, err := http.Get("http://" + p.next(t, address) + "/")
		if err != nil {
			continue
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		page = string(body)
	}
}

// next reads what p prints up to what pattern matches.
func (p *process) next(t *testing.T, pattern string) string {
	t.Helper()
	var read strings.Builder
	for {
		line, err := p.printed.ReadString('\n')
		read.WriteString(line)
		if found := regexp.MustCompile(pattern).FindString(line); found != "" {
			return found
		}
		if err != nil {
			t.Fatalf("no %s in: %s", pattern, read.String())
		}
	}
}

func TestASavedFileIsServedAndABrokenOneIsNamed(t *testing.T) {
	t.Parallel()
	folder, p := reloading(t)
	change := func(name, old, new string) {
		t.Helper()
		path := filepath.Join(folder, name)
		content, err := os.ReadFile(path)
		if err == nil && !strings.Contains(string(content), old) {
			t.Fatalf("%s has no %q", name, old)
		}
		if err == nil {
			err = os.WriteFile(path, []byte(strings.Replace(string(content), old, new, 1)), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	client := wstest.Dial(t, p.next(t, address), "/ws/1")
	change("index.html", "<title>", "<title>Changed: ")
	if got := client.ExpectClose(); got.Code != 1001 {
		t.Errorf("closed with %+v, want 1001", got)
	}
	client.SendClose(1001, "")
	p.untilServed(t, "<title>Changed: ")
	change("manager.go", "struct {", "broken {")
	p.next(t, `manager\.go:\d+:\d+: .*`)
	p.next(t, `failed to build`)
	change("manager.go", "broken {", "struct {")
	p.untilServed(t, "<title>Changed: ")
	syscall.Kill(-p.Process.Pid, syscall.SIGINT)
	p.next(t, "shutting down")
}
