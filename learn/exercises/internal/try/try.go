// Package try starts the chat as it is in this repository, your changes included, so that an
// exercise's test can talk to it.
package try

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/chat/compare/servers"
	"example.com/chat/internal/wstest"
	"example.com/chat/learn/internal/datarace"
)

// Flags of an exercise's test.
var (
	source  = flag.String("chat", servers.Root(), "`folder` of the chat that is tried")
	program = flag.String("program", "", "the chat, built from there; without one it is built")
	python  = flag.String("python", "", "a `file` with a chat in Python, which is tried instead")
)

// Whoever solves an exercise sees tests that wait in vain again and again.
func init() { wstest.Patience = 10 * time.Second }

// Source is the folder of the chat that is tried.
func Source() string { return *source }

// Python is the file of the Python chat that is tried instead of the Go chat. It is empty if none
// is.
func Python() string { return *python }

// Serve runs the chat on a free port until the test ends, and returns its address.
func Serve(t testing.TB) (addr string) {
	t.Helper()
	return start(t, command(t, RaceDetector())).addr
}

// command is what starts the chat. With race it watches for data races.
func command(t testing.TB, race bool) *exec.Cmd {
	t.Helper()
	if *python != "" {
		return uvicorn(t)
	}
	binary := *program
	if binary == "" || !race {
		binary = filepath.Join(t.TempDir(), "chat"+exe[runtime.GOOS])
		if output, err := Build(*source, binary, race).CombinedOutput(); err != nil {
			t.Fatalf("the chat does not compile:\n%s", output)
		}
	}
	return exec.Command(binary, "-addr", "127.0.0.1:0")
}

// exe is the end of a program's name.
var exe = map[string]string{"windows": ".exe"}

// Build returns the command that builds the chat in dir. Without its folder's name in the result,
// copies of the chat share what was compiled.
func Build(dir, binary string, race bool) *exec.Cmd {
	build := exec.Command("go", "build", "-trimpath", fmt.Sprintf("-race=%t", race), "-o", binary,
		"main.go")
	build.Dir = dir
	return build
}

// RaceDetector says whether it works here: on Linux it needs a C compiler.
var RaceDetector = sync.OnceValue(func() bool {
	output, err := exec.Command("go", "env", "CGO_ENABLED").Output()
	if err != nil || strings.TrimSpace(string(output)) != "1" {
		return false
	}
	_, err = exec.LookPath("cc")
	_, gcc := exec.LookPath("gcc")
	return err == nil || gcc == nil
})

// chat is a running one.
type chat struct {
	addr   string
	cmd    *exec.Cmd
	log    *bytes.Buffer // to be read when logged is closed
	logged chan struct{} // closed when the chat has ended, and its log is whole
}

// The lines with which the two servers say where they listen.
var running = regexp.MustCompile(`running on http://(\S+)`)

// start runs the command until the test ends. If the test failed, the log says why.
func start(t testing.TB, cmd *exec.Cmd) *chat {
	t.Helper()
	c := &chat{cmd: cmd, log: new(bytes.Buffer), logged: make(chan struct{})}
	output, input := io.Pipe()
	cmd.Stdout, cmd.Stderr = input, input // exec writes one of both at a time
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		cmd.Wait()
		input.Close()
	}()
	listening := make(chan string, 1)
	go func() {
		defer close(c.logged)
		defer close(listening)
		lines := bufio.NewScanner(output)
		for found := false; lines.Scan(); {
			fmt.Fprintln(c.log, lines.Text())
			if at := running.FindStringSubmatch(lines.Text()); at != nil && !found {
				listening <- at[1]
				found = true
			}
		}
		io.Copy(io.Discard, output)
	}()
	t.Cleanup(func() {
		if t.Failed() && cmd.Process.Signal(os.Interrupt) == nil { // then it ends its log
			select {
			case <-c.logged:
			case <-time.After(lastWords):
			}
		}
		cmd.Process.Kill()
		<-c.logged
		c.explain(t)
	})
	c.addr = <-listening
	if c.addr == "" {
		t.Fatalf("the chat does not start:\n%s", c.log)
	}
	return c
}

const lastWords = 3 * time.Second // for a chat to end its log, after a failed test

var (
	panicked = regexp.MustCompile(`panic (?:while )?serving (?:remote=)?\S+ (.*)`)
	// A line of the chat's own package in a stack, and where it is.
	own = regexp.MustCompile(`(?m)^example\.com/chat\..*\n\s+example\.com/chat/(\S+)`)
)

// explain says what the log knows about a failure: a data race, a panic, an exception.
func (c *chat) explain(t testing.TB) {
	log := c.log.String()
	if strings.Contains(log, datarace.Mark) {
		t.Errorf("a data race: two goroutines use this, one changes it, and no lock guards it:\n%s",
			datarace.Short(log, "example.com/chat/"))
		return
	}
	if !t.Failed() {
		return
	}
	if p := panicked.FindStringSubmatchIndex(log); p != nil {
		where := "in its log"
		// The first of the chat's own lines is what panicked.
		if at := own.FindStringSubmatch(log[p[1]:]); at != nil {
			where = "at " + at[1]
		}
		t.Logf("the chat panicked %s: %s", where, log[p[2]:p[3]])
	}
	if *python != "" && strings.Contains(log, "Traceback") {
		t.Logf("the chat's log:\n%s", log)
	}
}

// uvicorn starts the Python chat. On SIGQUIT it says how many tasks run, as Go says of goroutines.
func uvicorn(t testing.TB) *exec.Cmd {
	t.Helper()
	interpreter, err := servers.Python()
	if err != nil {
		t.Fatal(err)
	}
	module := strings.TrimSuffix(filepath.Base(*python), ".py")
	cmd := exec.Command(interpreter, "-c", runPython, module)
	cmd.Dir = filepath.Dir(*python)
	cmd.Env = append(cmd.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	return cmd
}

const runPython = `
import asyncio, gc, os, signal, sys, uvicorn

def tell_tasks(*_):
    for task in gc.get_objects():
        if isinstance(task, asyncio.Task) and not task.done():
            code = task.get_coro().cr_code
            if code.co_filename.startswith(os.getcwd()):
                print("task", code.co_qualname, file=sys.stderr)
    print("no more tasks", file=sys.stderr, flush=True)
    os._exit(2)

if hasattr(signal, "SIGQUIT"):
    signal.signal(signal.SIGQUIT, tell_tasks)
sys.path.insert(0, os.getcwd())
uvicorn.run(sys.argv[1] + ":app", port=0)
`

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
	last := ""
	for {
		f := c.Want(fmt.Sprintf("%q%s", text, last))
		if f.Payload == text {
			return
		}
		last = fmt.Sprintf(" (the last message was %s)", f)
		if f.First != wstest.Fin|wstest.Text {
			t.Fatalf("read %s, want %q", f, text)
		}
	}
}
