package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/chat/compare/servers"
)

func TestCaseNumbersInARowAreShortened(t *testing.T) {
	for numbers, want := range map[string]string{
		"":                        "none",
		"7.1.5":                   "7.1.5",
		"1.1.1 1.1.2 1.1.3 1.2.4": "1.1.1–3, 1.2.4",
		"5.9 5.10 5.12":           "5.9–10, 5.12",
	} {
		if got := ranges(strings.Fields(numbers)); got != want {
			t.Errorf("%s is %s, want %s", numbers, got, want)
		}
	}
}

// report is a run in which all cases passed but for those given.
func report(others map[string]verdict) map[string]verdict {
	all := map[string]verdict{}
	for i := range cases {
		all[fmt.Sprint("1.", i+1)] = verdict{"OK", "OK"}
	}
	for _, number := range []string{"1.299", "1.300", "1.301"} {
		all[number] = verdict{"INFORMATIONAL", "INFORMATIONAL"}
	}
	maps.Copy(all, others)
	return all
}

func TestOursMustPassEveryCase(t *testing.T) {
	for _, c := range []struct {
		others map[string]verdict
		passes bool
	}{
		{nil, true},
		{map[string]verdict{"1.2": {"NON-STRICT", "OK"}}, false},
		{map[string]verdict{"1.2": {"FAILED", "OK"}}, false},
		{map[string]verdict{"1.2": {"OK", "UNCLEAN"}}, false},
		{map[string]verdict{"1.2": {"INFORMATIONAL", "OK"}}, false},
	} {
		r, err := count(report(c.others))
		if err != nil {
			t.Fatal(err)
		}
		if err := allPass(r); (err == nil) != c.passes {
			t.Errorf("with %v: %v", c.others, err)
		}
	}
	if _, err := count(map[string]verdict{"1.1.1": {"OK", "OK"}}); err == nil {
		t.Error("a run that stopped early counts")
	}
}

func TestAPageThatSaysSomethingElseIsFound(t *testing.T) {
	written, _ := count(report(map[string]verdict{"1.2": {"FAILED", "OK"},
		"1.7": {"NON-STRICT", "OK"}}))
	page := table(map[string]result{servers.FastAPI: written, servers.Go: {}})
	if !written.isIn(servers.FastAPI, page) {
		t.Errorf("not found in\n%s", page)
	}
	varied, _ := count(report(map[string]verdict{"1.2": {"FAILED", "OK"}}))
	if !varied.isIn(servers.FastAPI, page) {
		t.Error("a case that moved from non-strict to OK is another result")
	}
	other, _ := count(report(map[string]verdict{"1.3": {"FAILED", "OK"}}))
	if other.isIn(servers.FastAPI, page) || written.isIn(servers.Go, page) {
		t.Error("another result is found in the page")
	}
}

func TestPython2IsLookedForOnThePathAndInPyenv(t *testing.T) {
	path, pyenv := t.TempDir(), t.TempDir()
	t.Setenv("PATH", path)
	t.Setenv("PYENV_ROOT", pyenv)
	if _, err := findPython2(); !errors.Is(err, errNoPython) {
		t.Fatalf("found none: %v", err)
	}
	fake := func(folder, script string) {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "python2.7"),
			[]byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	fake(path, "exit 127") // a shim of pyenv, where another version is chosen
	fake(filepath.Join(pyenv, "versions", "2.7.18", "bin"), "echo -n kept")
	if python, err := findPython2(); python != "kept" || err != nil {
		t.Errorf("behind a shim that fails: %q, %v", python, err)
	}
	fake(path, "echo -n path")
	if python, err := findPython2(); python != "path" || err != nil {
		t.Errorf("with one on the PATH: %q, %v", python, err)
	}
}
