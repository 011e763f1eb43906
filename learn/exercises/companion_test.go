package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/chat/learn/exercises/internal/course"
)

// Go's own compiler says it, as it would say it to a learner.
func TestEachMistakeOfWhoComesFromPythonIsExplained(t *testing.T) {
	mistakes := []string{
		"import \"os\"\nfunc f() {}",
		"func f() { x := 1 }",
		"func f() int { x := 1; x := 2; return x }",
		"func g(string) {}; func f(list []string) { for x := range list { g(x); x.Close() } }",
		"type t struct{}; func f() { t{}.Close() }",
		"func f() { g() }",
		"func f() int { for range 3 { } }",
		"import \"strconv\"\nfunc f() int { n := strconv.ParseInt(\"7\", 10, 64); return int(n) }",
		"func g(int) {}; func f() { g() }",
		"func f(a int, b int64) bool { return a == b }",
		"import \"time\"\nfunc f(a, b time.Time) { _ = a - b }",
		"func f(list []int) { append(list, 1) }",
		"func f(list []int) []int { return list[-10:] }",
		"func g(string) {}; func f() { g(7) }",
		"func f(n int) { if n { } }",
		"x := 1",
		"import \"strings\"\nfunc f() { strings.indexFunc() }",
		"func f()\n{\n}",
	}
	if len(mistakes) != len(explanations) {
		t.Errorf("%d mistakes for %d explanations", len(mistakes), len(explanations))
	}
	dir := t.TempDir()
	module := []byte("module m\n\ngo 1.26\n")
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), module, 0o644); err != nil {
		t.Fatal(err)
	}
	for i, mistake := range mistakes {
		path := filepath.Join(dir, fmt.Sprint("p", i), "x.go")
		os.Mkdir(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte("package p\n\n"+mistake+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		build := exec.Command("go", "build", "./"+filepath.Base(filepath.Dir(path)))
		build.Dir = dir
		output, err := build.CombinedOutput()
		if err == nil {
			t.Errorf("this compiles: %s", mistake)
		}
		if got := explain(string(output)); !strings.Contains(got, explanations[i].means) {
			t.Errorf("%s\nis explained as:\n%s\nwant: %s", mistake, got, explanations[i].means)
		}
	}
}

func TestAFailureIsToldAsWhatIsExpectedAndWhatCame(t *testing.T) {
	output := `--- FAIL: TestWhoeverAsksIsToldWhoIsHere (1.20s)
    who_test.go:13: read a close with 1011 and "internal error", want "Here are: 10"
    try.go:140: the chat panicked at manager.go:72: assignment to entry in nil map
--- FAIL: TestAnother (0.10s)
    who_test.go:20: read "a", want "b"
FAIL
FAIL	example.com/chat/learn/exercises/who	1.250s
`
	want := `It fails: TestWhoeverAsksIsToldWhoIsHere
  expected: "Here are: 10"
  came:     a close with 1011 and "internal error"
  (who_test.go:13)
  the chat panicked at manager.go:72: assignment to entry in nil map (try.go:140)
`
	if got := failure(output); got != want {
		t.Errorf("told as:\n%s\nwant:\n%s", got, want)
	}
}

func TestFailuresThatBelongToTheExerciseAreToldFromOthers(t *testing.T) {
	e := course.Exercise{Name: "who"}
	for _, row := range []struct {
		must    int
		mustNot []string
		want    string
	}{
		{0, nil, "All of them pass. who is done."},
		{2, nil, "Failures: 2, and these must be"},
		{1, []string{"TestOrder"}, "It breaks other promises of the chat:\n  TestOrder\n"},
	} {
		if got := verdict(e, row.must, row.mustNot); !strings.Contains(got, row.want) {
			t.Errorf("%d, %q is told as %q, want %q in it", row.must, row.mustNot, got, row.want)
		}
	}
}

func TestEachHintIsTheNext(t *testing.T) {
	name, hint, watching, err := parse([]string{"names", "-hint", "-hint"})
	if name != "names" || hint != 2 || watching || err != nil {
		t.Errorf("read %q, %d, %t, %v", name, hint, watching, err)
	}
	e, err := course.Find("names")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for number := 1; number <= 3; number++ {
		var out bytes.Buffer
		if err := newCompanion("", &out).hint(e, number); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), fmt.Sprintf("Hint %d of 3 for names", number)) {
			t.Errorf("hint %d is %q", number, out.String())
		}
		all = append(all, out.String())
	}
	if all[0] == all[1] || all[1] == all[2] {
		t.Errorf("a hint came twice: %q", all)
	}
}
