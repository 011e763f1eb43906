package test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/chat/compare/servers"
	"example.com/chat/learn/exercises/internal/try"
)

// fault is one that is planted in the chat.
type fault struct {
	name             string
	golang, broken   string // a line of manager.go, and what stands there instead
	python, brokenPy string // the same in main.py
}

var faults = []fault{
	{
		"nobody is told that a client has left",
		`manager.Broadcast(fmt.Sprintf("Client #%s has left the chat", clientID))`,
		`_ = clientID`,
		`await manager.broadcast(f"Client #{client_id} has left the chat")`,
		`pass`,
	},
	{
		"only who came first hears what is said",
		`for _, connection := range m.activeConnections {`,
		`for _, connection := range m.activeConnections[:min(1, len(m.activeConnections))] {`,
		`for connection in self.active_connections:`,
		`for connection in self.active_connections[:1]:`,
	},
	{
		"everyone reads the answer that is for the speaker alone",
		`manager.SendPersonalMessage(fmt.Sprintf("You wrote: %s", data), connection)`,
		`manager.Broadcast(fmt.Sprintf("You wrote: %s", data))`,
		`await manager.send_personal_message(f"You wrote: {data}", websocket)`,
		`await manager.broadcast(f"You wrote: {data}")`,
	},
}

func TestYourTestPassesOnTheRightChat(t *testing.T) {
	t.Parallel()
	if output, err := yourTest(t, nil); err != nil {
		t.Errorf("your test says of the right chat:\n%s", output)
	}
}

func TestYourTestFailsOnEachFault(t *testing.T) {
	t.Parallel()
	if output, err := yourTest(t, nil); err != nil {
		t.Skipf("your test does not pass on the right chat yet:\n%s", output)
	}
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			if _, err := yourTest(t, &fault); err == nil {
				t.Errorf("your test passes on a chat in which %s", fault.name)
			}
		})
	}
}

// yourTest runs it on the chat with this fault, or on the right one.
func yourTest(t *testing.T, fault *fault) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var cmd *exec.Cmd
	if try.Python() != "" {
		cmd = pythonTest(ctx, t, fault)
	} else {
		cmd = goTest(ctx, t, fault)
	}
	said, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("your test has not ended after a minute:\n%s", said)
	}
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatal(err)
	}
	return string(said), err
}

// goTest runs yours_test.go of the root alone, with an overlay: Go reads other files in the place
// of manager.go and of the chat's own tests.
func goTest(ctx context.Context, t *testing.T, fault *fault) *exec.Cmd {
	t.Helper()
	yours := filepath.Join(try.Source(), "yours_test.go")
	if text, err := os.ReadFile(yours); err != nil {
		t.Fatalf("write your test in yours_test.go, beside manager.go: %v", err)
	} else if !strings.Contains(string(text), "func TestYours(") {
		t.Fatal("yours_test.go has no func TestYours(t *testing.T)")
	}
	manager := filepath.Join(try.Source(), "manager.go")
	own := filepath.Join(try.Source(), "manager_test.go")
	overlay := map[string]string{own: ""} // as if deleted
	if fault != nil {
		overlay[manager] = planted(t, manager, fault.golang, fault.broken)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	content, err := json.Marshal(map[string]any{"Replace": overlay})
	if err == nil {
		err = os.WriteFile(file, content, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-trimpath", "-count=1", "-timeout=20s",
		"-overlay", file, "-run", "^TestYours$", ".")
	cmd.Dir = try.Source()
	return cmd
}

// pythonTest runs the test in Python beside a main.py, which it imports.
func pythonTest(ctx context.Context, t *testing.T, fault *fault) *exec.Cmd {
	t.Helper()
	interpreter, err := servers.Python()
	if err != nil {
		t.Fatal(err)
	}
	main := filepath.Join(try.Source(), "fastapi", "main.py")
	if fault != nil {
		main = planted(t, main, fault.python, fault.brokenPy)
	}
	cmd := exec.CommandContext(ctx, interpreter, try.Python(), main)
	cmd.Env = append(cmd.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	return cmd
}

// planted is a copy of the file in which a line is another.
func planted(t *testing.T, path, line, broken string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), line) != 1 {
		t.Fatalf("%s has been changed: put your other work aside (git stash)", path)
	}
	folder := filepath.Join(t.TempDir(), "fastapi")
	if err := os.MkdirAll(filepath.Join(filepath.Dir(folder), "static"), 0o755); err != nil {
		t.Fatal(err)
	}
	os.Mkdir(folder, 0o755)
	copied := filepath.Join(folder, filepath.Base(path))
	changed := strings.Replace(string(text), line, broken, 1)
	if err := os.WriteFile(copied, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	return copied
}
