package hub

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.com/chat/internal/wstest"
	"example.com/chat/learn/exercises/internal/try"
)

// The list needs no lock if one goroutine owns it. That can be seen in the source alone.
func TestNoLockGuardsTheList(t *testing.T) {
	if try.Python() != "" {
		t.Skip("the main.py of FastAPI's documentation has no lock either")
	}
	files, err := filepath.Glob(filepath.Join(try.Source(), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	goes := false
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "main.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range file.Imports {
			if what := imported.Path.Value; what == `"sync"` || what == `"sync/atomic"` {
				t.Errorf("%s imports %s, want channels alone", filepath.Base(path), what)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			_, found := n.(*ast.GoStmt)
			goes = goes || found
			return true
		})
	}
	if !goes {
		t.Errorf("no go statement starts the goroutine that owns the list")
	}
}

func TestComingsAndLeavingsAndTalkPassThroughTheHub(t *testing.T) {
	const comers, visits = 20, 10
	addr := try.Serve(t)
	listener := try.Join(t, addr, "/ws/1000", "Client #1000")
	var all sync.WaitGroup
	for id := range comers {
		all.Go(func() {
			for visit := range visits {
				c := wstest.Dial(t, addr, fmt.Sprint("/ws/", id))
				c.Say(fmt.Sprint(visit))
				try.Reads(t, c, fmt.Sprintf("Client #%d says: %d", id, visit))
				c.SendClose(1000, "")
				c.ExpectClose()
			}
		})
	}
	said, left := make([]int, comers), make([]int, comers)
	for range 2 * comers * visits {
		text := listener.Read().Payload
		var id, visit int
		if _, err := fmt.Sscanf(text, "Client #%d says: %d", &id, &visit); err == nil {
			if visit != said[id] {
				t.Fatalf("read %q after %d messages of that client", text, said[id])
			}
			said[id]++
		} else if _, err := fmt.Sscanf(text, "Client #%d has left the chat", &id); err == nil {
			left[id]++
		} else {
			t.Fatalf("read %q, want a message or a leaving", text)
		}
	}
	all.Wait()
	for id := range comers {
		if said[id] != visits || left[id] != visits {
			t.Errorf("of client %d read %d messages and %d leavings, want %d of each",
				id, said[id], left[id], visits)
		}
	}
}
