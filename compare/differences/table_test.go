//go:build unix

package main

import (
	"cmp"
	"flag"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
			rewrite(t, r.key, got)
		default:
			t.Errorf("%s\n\tgot   %s\n\ttable %s", r.done, got, cell)
		}
	})
}

var rewriting sync.Mutex

// rewrite puts what FastAPI does into the row in table.go.
func rewrite(t *testing.T, key, got string) {
	rewriting.Lock()
	defer rewriting.Unlock()
	source, err := os.ReadFile("table.go")
	if err != nil {
		t.Fatal(err)
	}
	from, to := cellOf(t, source, key)
	source = slices.Concat(source[:from], []byte(strconv.Quote(got)), source[to:])
	if err := os.WriteFile("table.go", source, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %s", key, got)
}

// cellOf says where in table.go the FastAPI cell of a row begins and ends.
func cellOf(t *testing.T, source []byte, key string) (from, to int) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "table.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		literal, ok := node.(*ast.CompositeLit)
		if !ok || literal.Type != nil { // a row leaves out its type, which the table's tells
			return true
		}
		if name, ok := literal.Elts[0].(*ast.BasicLit); ok && name.Value == strconv.Quote(key) {
			from = files.Position(literal.Elts[2].Pos()).Offset
			to = files.Position(literal.Elts[2].End()).Offset
		}
		return true
	})
	if to == 0 {
		t.Fatalf("table.go has no row %q", key)
	}
	return from, to
}

func TestEachRowsFastAPICellIsFound(t *testing.T) {
	source, err := os.ReadFile("table.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range table {
		from, to := cellOf(t, source, r.key)
		value, err := types.Eval(token.NewFileSet(), nil, token.NoPos, string(source[from:to]))
		if err != nil || constant.StringVal(value.Value) != r.fastAPI {
			t.Errorf("%s: found %s, %v", r.key, source[from:to], err)
		}
	}
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
