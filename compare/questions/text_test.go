package questions

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"example.com/chat/compare/servers"
)

func TestAWriteToANilMapPanics(t *testing.T) {
	defer func() {
		if text := recover().(error).Error(); text != "assignment to entry in nil map" {
			t.Errorf("panic: %q", text)
		}
	}()
	add := func(ages map[string]int) { ages["ann"] = 7 }
	add(nil)
}

// What docs/questions.md says of rooms is said of the exercise's solution.
func TestRoomsChangeTheRoutesAndTheEndpointAndLeaveTheManagerAlone(t *testing.T) {
	before := filepath.Join(servers.Root(), "manager.go")
	dir := t.TempDir()
	copyOf(t, dir, "manager.go")
	patch := filepath.Join(servers.Root(), "learn/exercises/rooms/solution/solution.patch")
	apply := exec.Command("git", "apply", "--include=*.go", patch)
	apply.Dir = dir
	if output, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	old, fresh := functions(t, before), functions(t, filepath.Join(dir, "manager.go"))
	var changed []string
	for name := range fresh {
		if fresh[name] != old[name] {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	if !slices.Equal(changed, []string{"App", "checkClientID", "websocketEndpoint"}) {
		t.Errorf("changed are %q", changed)
	}
	if added := functions(t, filepath.Join(dir, "rooms.go")); len(added) != 2 {
		t.Errorf("rooms.go has %v", added)
	}
}

// functions are those of a Go file, each with its text.
func functions(t *testing.T, path string) map[string]string {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, declaration := range file.Decls {
		if f, ok := declaration.(*ast.FuncDecl); ok {
			from, to := files.Position(f.Pos()).Offset, files.Position(f.End()).Offset
			all[f.Name.Name] = string(source[from:to])
		}
	}
	return all
}

// copyOf copies a file or a folder of the repository to root.
func copyOf(t *testing.T, root, part string) {
	t.Helper()
	from, to := filepath.Join(servers.Root(), part), filepath.Join(root, part)
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if info.IsDir() {
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
