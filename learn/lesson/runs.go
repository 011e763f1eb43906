package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"example.com/chat/compare/servers"
)

// runLimit is far more than any command of the lesson takes, compiling included.
const runLimit = 5 * time.Minute

// run runs a block's command in the root and keeps what it prints for the text block that follows.
// All commands of a page run at the same time, because most of them wait.
func (p *page) run(command, needs string) error {
	if needs != "" && needs != "fastapi" && needs != "fails" {
		return fmt.Errorf("run: %q is not known", needs)
	}
	if p.output != nil || p.keep {
		return errors.New("the run before has no text block")
	}
	if needs == "fastapi" {
		if _, err := servers.Python(); err != nil {
			if os.Getenv("REQUIRE_FASTAPI") == "1" {
				return err
			}
			if p.begins {
				log.Printf("left as it is: %s: %v", command, err)
			}
			p.keep = true
			return nil
		}
	}
	if !p.runs {
		p.keep = true
		return nil
	}
	if p.begins {
		prints := func() (string, error) { return printed(p.root, command, needs == "fails") }
		p.begun[command] = sync.OnceValues(prints)
		go p.begun[command]()
		p.keep = true
		return nil
	}
	text, err := p.begun[command]()
	p.output = &text
	return err
}

// printed is what the command prints in the root, but for what differs from run to run. It is to
// succeed, or to fail.
func printed(root, command string, fails bool) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), runLimit)
	defer cancel()
	shell := exec.CommandContext(ctx, "sh", "-ec", command)
	shell.Dir = root
	output, err := shell.CombinedOutput()
	if fails && shell.ProcessState.ExitCode() > 0 {
		err = nil
	} else if fails && err == nil {
		err = errors.New("it did not fail")
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", command, err, output)
	}
	return normal(string(output)), nil
}

// What differs from run to run, and what is written instead. The lesson says so to its reader, too.
var varying = []struct {
	pattern *regexp.Regexp
	instead string
}{
	// Of a stack, what is not in learn/; then addresses, numbers, and where the repository is.
	{regexp.MustCompile(`(?m)^\S.*\n\t\S*/(?:pkg/mod|src/runtime)/.*\n`), ""},
	{regexp.MustCompile(`(?m)(\.go:\d+) \+0x[0-9a-f]+$`), "$1"},
	{regexp.MustCompile(`(?m)^(main\.\S+?)\(0x.*\)$`), "$1(...)"},
	{regexp.MustCompile(`(?m)(^| in )goroutine (?:[2-9]|\d\d+)( \[|$)`), "${1}goroutine …$2"},
	{regexp.MustCompile(`(?m)^\t\S*/(learn/\S+)$`), "    $1"},

	{regexp.MustCompile(`\b\d+\.\d+s\b`), "…s"},                      // how long a test took
	{regexp.MustCompile(`\b127\.0\.0\.1:\d{5}`), "127.0.0.1:…"},      // a free port
	{regexp.MustCompile(`(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d`), "…"}, // when a line was logged
	{regexp.MustCompile(`\S*/go-build\d+/\S+`), "main:"},             // go run's own folder
	{regexp.MustCompile(`(?m)^go: downloading .*\n`), ""},            // only the first time
	{regexp.MustCompile(`\bgo1\.\d+(\.\d+)?\b`), "go1.…"},            // which Go
	{regexp.MustCompile(`(?m)^Python 3\.\d+\.\d+$`), "Python 3.…"},
	{regexp.MustCompile(`(?m)^(uvloop|httptools) .*$`), "$1 …"}, // not pinned
	{regexp.MustCompile(`(?m)(golang\.org/x/net\s+v)\d+\.\d+\.\d+.*$`), "${1}…"},
}

func normal(output string) string {
	for _, v := range varying {
		output = v.pattern.ReplaceAllString(output, v.instead)
	}
	lines := strings.Split(strings.TrimRight(output, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.Join(lines, "\n")
}
