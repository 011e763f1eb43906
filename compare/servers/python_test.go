package servers

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// fakePython puts a Python into folder that can import all, or nothing.
func fakePython(t *testing.T, folder, name string, imports bool) string {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\nexit 1\n"
	if imports {
		script = "#!/bin/sh\nexit 0\n"
	}
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPythonIsThatOfTheEnvironmentOtherwiseOneOfThePath(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the Pythons here are shell scripts")
	}
	const has, lacks, none = "has", "lacks", "none"
	for _, c := range []struct{ venv, path, want string }{
		{has, has, "venv"},
		{has, none, "venv"},
		{lacks, has, "path"},
		{none, has, "path"},
		{lacks, lacks, "/.venv/bin/python -m pip install -r "},
		{lacks, none, "/.venv/bin/python -m pip install -r "},
		{none, lacks, createAndInstall[false]},
		{none, none, createAndInstall[false]},
	} {
		t.Run("environment "+c.venv+", path "+c.path, func(t *testing.T) {
			root, bin := t.TempDir(), t.TempDir()
			t.Setenv("PATH", bin)
			found := map[string]string{}
			if c.venv != none {
				folder := filepath.Join(root, "fastapi", ".venv", "bin")
				found["venv"] = fakePython(t, folder, "python", c.venv == has)
			}
			if c.path != none {
				found["path"] = fakePython(t, bin, "python3", c.path == has)
			}
			python, err := findPython(root)
			if want, ok := found[c.want]; ok {
				if python != want || err != nil {
					t.Errorf("found %q, %v; want %q", python, err, want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("found %q, error %v; want one line with %q", python, err, c.want)
			}
		})
	}
}

func TestOtherVersionsThanThePinnedOnesAreNamed(t *testing.T) {
	pins := []Pin{{"fastapi", "2.0"}, {"uvicorn", "1.1"}}
	installed := []string{"go1.26.8", "Python 3.13.0", "fastapi 2.0", "uvicorn 1.1"}
	if err := differ(pins, installed, "python3"); err != nil {
		t.Errorf("the pinned versions: %v", err)
	}
	err := differ(pins, []string{"fastapi 2.0", "uvicorn 0.9"}, "python3")
	if err == nil || !strings.Contains(err.Error(), "uvicorn 0.9, not 1.1") ||
		strings.Contains(err.Error(), "fastapi 2.0") || strings.Contains(err.Error(), "\n") ||
		!strings.Contains(err.Error(), "python3 -m pip install -r ") {
		t.Errorf("got %v, want one line that names the one that differs and what to run", err)
	}
}

func TestTheRequirementsPinExactVersions(t *testing.T) {
	pins, err := Pins()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"fastapi", "starlette", "uvicorn", "websockets"}
	if len(pins) != len(want) {
		t.Fatalf("pinned are %v, want %v", pins, want)
	}
	for i, pin := range pins {
		if pin.Package != want[i] || strings.Count(pin.Version, ".") < 1 {
			t.Errorf("line %d pins %v, want an exact version of %s", i+1, pin, want[i])
		}
	}
}
