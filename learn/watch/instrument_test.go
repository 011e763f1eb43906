package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// TestInstrumentingKeepsEveryLine: whatever is put in, each line has its own text, in its order.
// That the programs compile with it is seen in each story.
func TestInstrumentingKeepsEveryLine(t *testing.T) {
	sources := map[string]string{"a source with all kinds of statement": allKinds}
	for _, p := range programs {
		if p.isPython() {
			continue
		}
		source, err := os.ReadFile(p.path())
		if err != nil {
			t.Fatal(err)
		}
		sources[p.File] = string(source)
	}
	for name, source := range sources {
		instrumented, hooks, lines, err := instrument(source)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		before, after := strings.Split(source, "\n"), strings.Split(instrumented, "\n")
		if len(before) != len(after) {
			t.Fatalf("%s has %d lines, with the calls %d", name, len(before), len(after))
		}
		for i := range before {
			if !isWithin(before[i], after[i]) {
				t.Errorf("%s, line %d: %q became %q", name, i+1, before[i], after[i])
			}
		}
		if got, want := statements(t, instrumented), statements(t, source); got != want {
			t.Errorf("%s: the functions are at lines %s, with the calls at %s", name, want, got)
		}
		if len(lines) == 0 {
			t.Errorf("%s: no line can be blocked", name)
		}
		packageLine := before[strings.Count(source[:strings.Index(source, "\npackage ")+1], "\n")]
		if !strings.Contains(hooks, "\n"+packageLine+"\n") {
			t.Errorf("%s: the hooks are not of its %s", name, packageLine)
		}
	}
}

// isWithin says whether all characters of a line are in the other one, in their order.
func isWithin(line, other string) bool {
	for _, c := range line {
		_, rest, found := strings.Cut(other, string(c))
		if !found {
			return false
		}
		other = rest
	}
	return true
}

func statements(t *testing.T, source string) string {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", source, 0)
	if err != nil {
		t.Fatalf("what is instrumented does not parse: %v\n%s", err, source)
	}
	var at []string
	ast.Inspect(file, func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncDecl); ok {
			begin, end := files.Position(f.Pos()).Line, files.Position(f.End()).Line
			at = append(at, f.Name.Name, string(rune('0'+begin)), string(rune('0'+end)))
		}
		return true
	})
	return strings.Join(at, " ")
}

const allKinds = `// Package kinds { has all kinds of statement.
package kinds

import "sync"

type room struct {
	mu      sync.RWMutex
	clients map[*int]bool
}

func (r *room) all(n int, _ string, c *int) (err error) { // { a brace in a comment
	r.mu.RLock()
	text := ` + "`raw {\n\ttext`" + `
	r.mu.RUnlock()
	defer r.mu.Unlock(); r.mu.Lock()
	if n > 1 { return nil } else if m := n; m < 0 {
		return err
	} else {
		n++
	}
loop:
	for i := 0; i < n; i++ {
		switch {
		case i == 1: break loop
		default:
			select {}
		}
	}
	for range n { go func() { _ = text }() }
	for {
		delete(r.clients, c)
		r.clients[c] = true
		return func() error { return err }()
	}
}
`
