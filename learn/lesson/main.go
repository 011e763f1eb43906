// Command lesson fills in docs/fastapi-to-go.md and the pages like it: every code block from the
// file that it names, every "you will see" from a run, every figure from another page or a count.
// It makes static/lesson.html of the lesson. In all Markdown files it checks the links, and in
// those of docs/ the names of tests.
//
//	go run -C learn ./lesson              fill in
//	go run -C learn ./lesson -check       fail, with a diff, where a page would change
//	go run -C learn ./lesson -runs=false  leave the runs alone, which take a minute and a half
//
// In the Markdown, before a block:
//
//	<!-- code: manager.go (*ConnectionManager).Broadcast -->
//		a declaration; in Python, too: ConnectionManager.broadcast
//	<!-- code: main.go run, from "first words" to "last words" -->
//		whole lines of it; \t and \n are what they are in Go
//	<!-- code: fastapi/main.py -->
//		a whole file
//	<!-- run -->
//		the sh block that follows is run in the root, the text block after that is what it printed
//	<!-- run: fastapi -->
//		left as it is where Python has no FastAPI, unless REQUIRE_FASTAPI=1
//	<!-- run: fails -->
//		the command must fail
//	<!-- by hand: why -->
//		the sh block that follows is not run
//
// and within a line
//
//	<!-- figure: lines manager.go -->90<!-- / -->
//	<!-- figure: bench Deliveries / FastAPI / N100 K1 w1 -->100<!-- / -->
//	<!-- figure: difference A page of another site / Go -->403 Forbidden<!-- / -->
//
// A block of Go, Python or text without such a line is an error: it could drift.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pmezard/go-difflib/difflib"
)

// pages are filled in; all other Markdown files only have their links checked.
var pages = []string{lesson, "docs/hub.md", "docs/inside.md", "README.md", "docs/questions.md"}

const lesson = "docs/fastapi-to-go.md"

func main() {
	check := flag.Bool("check", false, "change nothing, and fail where something would change")
	runs := flag.Bool("runs", true, "run the commands, too")
	flag.Parse()
	root, err := filepath.Abs("..")
	if err == nil {
		err = run(root, *check, *runs)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(root string, check, runs bool) error {
	var failed []error
	for _, name := range pages {
		failed = append(failed, update(root, name, check, runs))
	}
	return errors.Join(append(failed, updatePage(root, check), checkLinks(root),
		checkNames(root))...)
}

// update fills in one page, or compares it.
func update(root, name string, check, runs bool) error {
	path := filepath.Join(root, name)
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	fresh, err := fill(root, string(old), runs)
	if most, limited := lengths[name]; limited && err == nil {
		err = checkLength(fresh, most)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if fresh == string(old) {
		return nil
	}
	if !check {
		return os.WriteFile(path, []byte(fresh), 0o644)
	}
	diff, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(string(old)), FromFile: name,
		B: difflib.SplitLines(fresh), ToFile: name + " as it would be", Context: 3,
	})
	if err != nil {
		return err
	}
	return fmt.Errorf("%s is out of date; go run -C learn ./lesson mends it:\n%s", name, diff)
}
