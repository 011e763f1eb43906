package serve_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"example.com/chat/internal/wstest"
)

// chat is the built main.go, or the program that CHAT_PROGRAM names, where Go cannot build one.
var chat = os.Getenv("CHAT_PROGRAM")

func TestMain(m *testing.M) {
	status, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func buildAndRun(m *testing.M) (status int, err error) {
	if chat != "" {
		return m.Run(), nil
	}
	const source = "../../main.go"
	// go test does not know that a result in its cache depends on this file if nothing reads it.
	if _, err := os.ReadFile(source); err != nil {
		return 0, err
	}
	folder, err := os.MkdirTemp("", "chat-test")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	chat = filepath.Join(folder, "chat.exe") // Windows wants that name; no other system minds
	if output, err := exec.Command("go", "build", "-o", chat, source).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("go build %s: %v\n%s", source, err, output)
	}
	return m.Run(), nil
}

// process is a running program, and what there is to read of what it prints and logs.
type process struct {
	*exec.Cmd
	printed, logged *bufio.Reader
	addr            string // from its first line
}

var firstLine = regexp.MustCompile(
	`^Chat running on https?://(\S+) \(Press CTRL\+C to quit\)\r?\n$`)

// start runs command, which is to start the chat, and waits until it says where it runs.
func start(t *testing.T, command *exec.Cmd) *process {
	t.Helper()
	p := &process{Cmd: command}
	printed, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.printed = bufio.NewReader(printed)
	if p.Stderr == nil {
		logged, err := p.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		p.logged = bufio.NewReader(logged)
	}
	p.run(t)
	line, _ := p.printed.ReadString('\n')
	found := firstLine.FindStringSubmatch(line)
	if found == nil {
		logged := ""
		if p.logged != nil {
			logged, _ = p.logged.ReadString('\n')
		}
		t.Fatalf("the first line is %q, the log's %q", line, logged)
	}
	p.addr = found[1]
	return p
}

// run starts p, which ends with the test at the latest.
func (p *process) run(t *testing.T) {
	t.Helper()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	// Reads of its output have no deadline, and end when it does.
	watchdog := time.AfterFunc(2*wstest.Patience, func() { p.Process.Kill() })
	t.Cleanup(func() {
		watchdog.Stop()
		p.Process.Kill()
		p.Wait()
	})
}

// talk lets two clients meet at addr, and returns them.
func talk(t *testing.T, addr string) (a, b *wstest.Client) {
	t.Helper()
	a = wstest.Dial(t, addr, "/ws/1")
	a.Say("hello")
	a.Expect("You wrote: hello", "Client #1 says: hello")
	b = wstest.Dial(t, addr, "/ws/2")
	b.Say("hello")
	b.Expect("You wrote: hello", "Client #2 says: hello")
	a.Expect("Client #2 says: hello")
	return a, b
}

// expectEnd has p's clients told of its end, and p end with status 0. It returns what p logged.
func (p *process) expectEnd(t *testing.T, clients ...*wstest.Client) (logged string) {
	t.Helper()
	for _, c := range clients {
		if got := c.ExpectClose(); got.Code != 1001 {
			t.Errorf("closed with %+v, want 1001", got)
		}
		c.SendClose(1001, "")
		c.ExpectEnd()
		c.Conn.Close()
	}
	if p.logged != nil {
		rest, _ := io.ReadAll(p.logged)
		logged = string(rest)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
	return logged
}
