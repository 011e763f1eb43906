// Package course is the list of the exercises, and what is known about each.
package course

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"example.com/chat/compare/servers"
)

// Exercise is one of them.
type Exercise struct {
	Name, Level, Teaches string
	Page                 bool // its test opens a browser
}

// All are the exercises, from easy to hard.
var All = []Exercise{
	{"names", "easy", "path values, a check before the connection is accepted", true},
	{"joined", "easy", "two steps under one lock", false},
	{"who", "easy", "a struct beside the connection, a loop under the lock", false},
	{"notice", "easy", "sending from another route; pages of other sites", false},
	{"test", "easy", "a test with two clients that cannot hang", false},
	{"whisper", "medium", "several results, strings.Cut, errors in input", true},
	{"flood", "medium", "time, state of one connection, closing with a reason", false},
	{"tick", "medium", "receive and send at once: goroutine, ticker, context", false},
	{"login", "medium", "cookies and tokens, before the connection is accepted", false},
	{"json", "medium", "JSON in and out, and saying what is wrong with it", false},
	{"history", "hard", "what must be one step, while others talk", false},
	{"rooms", "hard", "a map of managers, and when an entry may go", true},
	{"hub", "hard", "a goroutine that owns data, in place of a lock", false},
}

// Find returns the exercise with this name.
func Find(name string) (Exercise, error) {
	i := slices.IndexFunc(All, func(e Exercise) bool { return e.Name == name })
	if i < 0 {
		return Exercise{}, fmt.Errorf("there is no exercise %q: without a name all are listed",
			name)
	}
	return All[i], nil
}

// Folder is that of the exercise.
func (e Exercise) Folder() string {
	return filepath.Join(servers.Root(), "learn", "exercises", e.Name)
}

// Hints are the paragraphs of hints.md. Each tells a little more than the last one.
func (e Exercise) Hints() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(e.Folder(), "hints.md"))
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n\n"), nil
}

// sometimes marks a test in breaks.txt that does not fail each time.
const sometimes = " (not each time)"

// Broken are the chat's own tests that fail because the exercise changes what the chat promises.
// One that is mapped to false does not fail each time. They are in breaks.txt, if there are any.
func (e Exercise) Broken() (map[string]bool, error) {
	text, err := os.ReadFile(filepath.Join(e.Folder(), "breaks.txt"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	tests := map[string]bool{}
	for name := range strings.Lines(string(text)) {
		name, notEach := strings.CutSuffix(strings.TrimSpace(name), sometimes)
		tests[name] = !notEach
	}
	return tests, nil
}

// OwnTests runs the chat's own tests in dir, and returns the names of those that fail: which the
// exercise breaks, as it must, and which it should not. The error is that they do not run at all.
func (e Exercise) OwnTests(ctx context.Context, dir string) (must, mustNot []string, err error) {
	broken, err := e.Broken()
	if err != nil {
		return nil, nil, err
	}
	failed, err := ownTests(ctx, dir, "")
	for _, name := range failed {
		if _, ok := broken[name]; ok {
			must = append(must, name)
		} else {
			mustNot = append(mustNot, name)
		}
	}
	if err == nil && mustNot != nil { // once more, because a machine with much to do fails some
		mustNot, err = ownTests(ctx, dir, "^("+strings.Join(mustNot, "|")+")$")
	}
	return must, mustNot, err
}

func ownTests(ctx context.Context, dir, run string) (failed []string, err error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-trimpath", "-count=1", "-timeout=3m",
		"-run", run, ".")
	cmd.Dir = dir
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	ended := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var said strings.Builder
	ran := false
	for decoder := json.NewDecoder(&output); ; {
		var event struct{ Action, Test, Output string }
		if err := decoder.Decode(&event); err == io.EOF {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go test: %v\n%s", ended, said.String())
		}
		said.WriteString(event.Output)
		if event.Test == "" || strings.Contains(event.Test, "/") {
			continue
		}
		ran = true
		if event.Action == "fail" {
			failed = append(failed, event.Test)
		}
	}
	// A panic in a goroutine ends all tests at once, and is no failure of one.
	if ended != nil && (!ran || failed == nil) {
		return nil, errors.New(strings.TrimSpace(said.String()))
	}
	slices.Sort(failed)
	return failed, nil
}
