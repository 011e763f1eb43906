// Command columns fails for each line of code or prose that has more than 100 columns, with tabs
// of 4. Run it in the repository's root: go run .ci/columns.go
//
// These may be longer: rows of tables in Markdown; entries of tables in a test that says so with
// the comment "columns: a table keeps one line for each entry"; a line without a space to break
// at, as a long address; what other programs make.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	most    = 100
	tab     = "    "
	allowed = "// columns: a table keeps one line for each entry"
)

var (
	checked = []string{".go", ".md", ".py", ".js", ".css", ".html", ".toml", ".yaml", ".sh", "run"}
	made    = []string{"bootstrap.min.css", "lean-qr.js", "axe.min.js", "lesson.html"}

	comment = regexp.MustCompile(`<!-- .*? -->`)               // of Markdown, which nobody sees
	row     = regexp.MustCompile(`^\s*\|`)                     // of a table in Markdown
	entry   = regexp.MustCompile("^\t+(\\{|[\"'`0-9]|\\w+: )") // of a table in Go
	oneWord = regexp.MustCompile(`^\s*(//|#|\*|-)? ?\S+$`)
)

func main() {
	names, err := exec.Command("git", "ls-files", "-z").Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, "columns: git ls-files:", err)
		os.Exit(1)
	}
	long := 0
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		endsWith := func(end string) bool { return strings.HasSuffix(name, end) }
		if !slices.ContainsFunc(checked, endsWith) || slices.Contains(made, path.Base(name)) {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			continue // removed, and not committed yet
		}
		long += tooLong(name, text)
	}
	if long > 0 {
		fmt.Fprintf(os.Stderr, "%d lines have more than %d columns: break them\n", long, most)
		os.Exit(1)
	}
}

// tooLong prints the lines of a file that are too long, and counts them.
func tooLong(name string, text []byte) (n int) {
	var may *regexp.Regexp // what may be longer here
	switch {
	case strings.HasSuffix(name, ".md"):
		may = row
	case strings.HasSuffix(name, "_test.go") && bytes.Contains(text, []byte(allowed)):
		may = entry
	}
	for i, line := range strings.Split(string(text), "\n") {
		if may == row {
			line = comment.ReplaceAllString(line, "")
		}
		columns := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", tab))
		if columns <= most || oneWord.MatchString(line) || may != nil && may.MatchString(line) {
			continue
		}
		fmt.Printf("%s:%d: %d columns\n", name, i+1, columns)
		n++
	}
	return n
}
