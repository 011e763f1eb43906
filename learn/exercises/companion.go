package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"example.com/chat/compare/servers"
	"example.com/chat/learn/exercises/internal/course"
	"example.com/chat/learn/exercises/internal/try"
)

// companion tries exercises on the chat as it is in the repository now.
type companion struct {
	out     io.Writer
	root    string // the chat's folder
	program string // the chat, built
}

func newCompanion(dir string, out io.Writer) *companion {
	return &companion{out: out, root: servers.Root(), program: filepath.Join(dir, "chat.exe")}
}

// missing says once what is not installed, and what that costs.
func (c *companion) missing(page bool) {
	if !try.RaceDetector() {
		fmt.Fprintln(c.out, "No C compiler (gcc) is here: your chat runs without the race "+
			"detector.")
	}
	if page && try.Chromium() == "" {
		fmt.Fprintln(c.out, "No Chromium is here: the page is not tested.")
	}
}

// build compiles the chat. It returns false, and explains why, if that does not work.
func (c *companion) build(ctx context.Context) bool {
	build := try.Build(c.root, c.program, try.RaceDetector())
	cmd := exec.CommandContext(ctx, build.Args[0], build.Args[1:]...)
	cmd.Dir = build.Dir
	output, err := cmd.CombinedOutput()
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(c.out, "It does not compile:\n%s", explain(string(output)))
	}
	return err == nil
}

// list tries all exercises, prints what came of it, and returns the next one.
func (c *companion) list(ctx context.Context) (next course.Exercise, err error) {
	c.missing(true)
	if !c.build(ctx) {
		return next, errors.New("the list needs a chat that compiles")
	}
	last := -1
	var open []int
	for i, e := range course.All {
		output, err := c.test(ctx, e)
		if ctx.Err() != nil {
			return next, ctx.Err()
		}
		mark := "    "
		if err != nil && !strings.Contains(output, "--- FAIL") {
			return next, fmt.Errorf("the test of %s does not run: %w\n%s", e.Name, err, output)
		} else if err == nil {
			mark, last = "done", i
		} else {
			open = append(open, i)
		}
		fmt.Fprintf(c.out, "%s  %-8s %-7s %s\n", mark, e.Name, e.Level, e.Teaches)
	}
	if len(open) == 0 {
		fmt.Fprintln(c.out, "All are done.")
		return next, nil
	}
	next = course.All[open[0]]
	for _, i := range open {
		if i > last { // what comes before it was put aside, or was passed over
			next = course.All[i]
			break
		}
	}
	fmt.Fprintf(c.out, "Next: %s. Read learn/exercises/README.md, then: "+
		"go run -C learn ./exercises %[1]s\n", next.Name)
	return next, nil
}

// test runs the exercise's test on the built chat.
func (c *companion) test(ctx context.Context, e course.Exercise) (output string, err error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "./exercises/"+e.Name,
		"-program", c.program)
	cmd.Dir = filepath.Join(c.root, "learn")
	said, err := cmd.CombinedOutput()
	return string(said), err
}

// attempt tries one exercise, and says what is expected and what came. The error is that the
// companion itself cannot go on.
func (c *companion) attempt(ctx context.Context, e course.Exercise) error {
	c.missing(e.Page)
	return c.again(ctx, e)
}

func (c *companion) again(ctx context.Context, e course.Exercise) error {
	if !c.build(ctx) {
		return ctx.Err()
	}
	output, err := c.test(ctx, e)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		fmt.Fprint(c.out, failure(output))
		fmt.Fprintf(c.out, "A hint: go run -C learn ./exercises %s -hint\n", e.Name)
		return nil
	}
	fmt.Fprintf(c.out, "%s passes its test. Now the chat's own tests (some seconds)…\n", e.Name)
	must, mustNot, err := e.OwnTests(ctx, c.root)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		fmt.Fprintf(c.out, "They do not run any more:\n%s", explain(err.Error()+"\n"))
		return nil
	}
	fmt.Fprint(c.out, verdict(e, len(must), mustNot))
	return nil
}

// verdict tells the failures of the chat's own tests that belong to the exercise from others.
func verdict(e course.Exercise, must int, mustNot []string) string {
	if len(mustNot) > 0 {
		return fmt.Sprintf("It breaks other promises of the chat:\n  %s\n"+
			"See why: go test -run '%s' .\n",
			strings.Join(mustNot, "\n  "), strings.Join(mustNot, "|"))
	}
	text := "All of them pass."
	if must > 0 {
		text = fmt.Sprintf("Failures: %d, and these must be: the exercise changes promises.",
			must)
	}
	return fmt.Sprintf("%s %s is done.\nWhat differs from Python: "+
		"learn/exercises/%[2]s/solution/solution.md\nFor the next one, put your work aside: "+
		"git stash push -u -m %[2]s\n", text, e.Name)
}

var (
	// What the tests say when they read something else.
	readWant = regexp.MustCompile(`^(.*?)\bread (.*?)[,;] want (.*)$`)
	place    = regexp.MustCompile(`^(\w+\.go:\d+): (.*)$`)
)

// failure is the first failure in the output of go test, in few lines: what is expected, what came,
// and what the chat's log says of it.
func failure(output string) string {
	var said strings.Builder
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "--- FAIL: "); ok {
			if said.Len() > 0 && !strings.Contains(name, "/") {
				break // the next test
			}
			test, _, _ := strings.Cut(name, " (")
			said.Reset()
			fmt.Fprintf(&said, "It fails: %s\n", test)
			continue
		}
		if said.Len() == 0 {
			continue
		}
		at := place.FindStringSubmatch(line)
		if at == nil {
			if line != "FAIL" && !strings.HasPrefix(line, "FAIL\t") {
				fmt.Fprintf(&said, "  %s\n", line)
			}
			continue
		}
		if both := readWant.FindStringSubmatch(at[2]); both != nil {
			if both[1] != "" {
				fmt.Fprintf(&said, "  %s\n", strings.TrimSpace(both[1]))
			}
			fmt.Fprintf(&said, "  expected: %s\n  came:     %s\n  (%s)\n", both[3], both[2], at[1])
			continue
		}
		fmt.Fprintf(&said, "  %s (%s)\n", at[2], at[1])
	}
	if said.Len() == 0 {
		return "Its test does not run:\n" + output
	}
	return said.String()
}

// watch tries the exercise each time that a file of the chat changes, until ctx is done.
func (c *companion) watch(ctx context.Context, e course.Exercise) error {
	c.missing(e.Page)
	for {
		seen := c.newest()
		fmt.Fprintf(c.out, "\n== %s, %s\n", e.Name, time.Now().Format(time.TimeOnly))
		if err := c.again(ctx, e); err != nil {
			return err
		}
		fmt.Fprintln(c.out, "Waiting for a file to be saved. CTRL+C ends.")
		for c.newest() == seen {
			select {
			case <-time.After(300 * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// newest is when the chat's files were last changed, and how many there are.
func (c *companion) newest() (state struct {
	at    time.Time
	files int
}) {
	look := func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // a file that an editor has just renamed
		}
		if info, err := entry.Info(); err == nil && !entry.IsDir() {
			state.files++
			if info.ModTime().After(state.at) {
				state.at = info.ModTime()
			}
		}
		return nil
	}
	filepath.WalkDir(filepath.Join(c.root, "static"), look)
	entries, _ := os.ReadDir(c.root)
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		look(entry.Name(), entry, nil)
	}
	return state
}
