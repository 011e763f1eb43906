//go:build unix

package main

import (
	"cmp"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.com/chat/compare/servers"
)

var update = flag.Bool("update", false, "write what FastAPI does into table.go")

// atOnce is how many proofs run at the same time: nearly all they do is wait.
const atOnce = "10"

func TestMain(m *testing.M) {
	defer servers.Cleanup()
	flag.Parse()
	flag.Set("test.parallel", atOnce)
	m.Run()
}

func TestEveryCellOfTheTableIsWhatHappens(t *testing.T) {
	for key := range mended {
		if proofs[key] == nil {
			t.Errorf("no row is called %q", key)
		}
	}
	if len(proofs) != len(table) {
		t.Errorf("%d proofs for %d rows", len(proofs), len(table))
	}
	for _, r := range table {
		prove(t, r, servers.FastAPI, r.fastAPI)
		prove(t, r, servers.Fixed, cmp.Or(mended[r.key], r.fastAPI))
		prove(t, r, servers.Go, r.goes)
		if r.fastAPI == r.goes {
			t.Errorf("%s: no difference", r.done)
		}
	}
}

// prove does what the row says with one server, in parallel to others.
func prove(t *testing.T, r row, name, cell string) {
	t.Run(r.key+"/"+name, func(t *testing.T) {
		if servers.IsPython(name) {
			servers.NeedFastAPI(t)
		}
		t.Parallel()
		s, err := servers.Start(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Kill)
		got := proofs[r.key](t, s)
		switch {
		case got == cell:
		case *update && name == servers.FastAPI:
			rewrite(t, r, got)
		default:
			t.Errorf("%s\n\tgot   %s\n\ttable %s", r.done, got, cell)
		}
	})
}

var rewriting sync.Mutex

// rewrite puts what FastAPI does into the row in table.go.
func rewrite(t *testing.T, r row, got string) {
	rewriting.Lock()
	defer rewriting.Unlock()
	source, err := os.ReadFile("table.go")
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(source), strconv.Quote(r.key)+", "+strconv.Quote(r.done)+",")
	fresh := strings.Replace(after, strconv.Quote(r.fastAPI), strconv.Quote(got), 1)
	if !found || fresh == after {
		t.Fatalf("table.go has no row %q with %q", r.key, r.fastAPI)
	}
	source = []byte(before + strconv.Quote(r.key) + ", " + strconv.Quote(r.done) + "," + fresh)
	if err := os.WriteFile("table.go", source, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %s", r.done, got)
}

func TestTheTableInAFileIsCheckedAndReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	put := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	begin, end := "<!-- differences -->\n", "<!-- /differences -->"
	put("before\n" + begin + "| old |\n" + end + "\nafter\n")
	if run(file, "") == nil {
		t.Error("an old table passes the check")
	}
	if err := run("", file); err != nil {
		t.Fatal(err)
	}
	if err := run(file, ""); err != nil {
		t.Error(err)
	}
	text, _ := os.ReadFile(file)
	if string(text) != "before\n"+begin+markdown()+end+"\nafter\n" {
		t.Errorf("the file is now\n%s", text)
	}
	put("no table")
	if run(file, "") == nil || run("", file) == nil {
		t.Error("a file without a place for the table passes")
	}
}

func TestAFileMayHaveTheShortTableAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	text := "before\n<!-- most telling -->\n| old |\n<!-- /most telling -->\nafter\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if run(file, "") == nil {
		t.Error("an old table passes the check")
	}
	if err := run("", file); err != nil {
		t.Fatal(err)
	}
	if err := run(file, ""); err != nil {
		t.Error(err)
	}
}
