package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// ErrNoFastAPI is that of Python where FastAPI cannot be started; its text says what to run.
var ErrNoFastAPI = errors.New("no Python with FastAPI")

const importsAll = "import fastapi, starlette, uvicorn, websockets"

// Python is the interpreter of fastapi/.venv, otherwise one on the PATH that can import what
// fastapi/main.py needs.
var Python = sync.OnceValues(func() (string, error) { return findPython(Root()) })

func findPython(root string) (string, error) {
	venv := filepath.Join(root, "fastapi", ".venv")
	own := ""
	for _, python := range []string{
		filepath.Join(venv, "bin", "python"), filepath.Join(venv, "Scripts", "python.exe"),
		"python3", "python",
	} {
		path, err := exec.LookPath(python)
		if err != nil {
			continue
		}
		if exec.Command(path, "-c", importsAll).Run() == nil {
			return path, nil
		}
		if filepath.IsAbs(python) {
			own = path
		}
	}
	if own != "" {
		return "", fmt.Errorf("%w: fastapi/.venv lacks packages; run: %s",
			ErrNoFastAPI, install(root, own))
	}
	return "", fmt.Errorf("%w: with Python 3.11 or newer (Debian: apt-get install python3-venv) "+
		"run: cd %s && %s", ErrNoFastAPI, root, createAndInstall[runtime.GOOS == "windows"])
}

// createAndInstall makes fastapi/.venv: on other systems, and on Windows.
var createAndInstall = map[bool]string{
	false: "python3 -m venv fastapi/.venv && " +
		"fastapi/.venv/bin/pip install -r fastapi/requirements.txt",
	true: `py -m venv fastapi\.venv; ` +
		`fastapi\.venv\Scripts\pip install -r fastapi\requirements.txt`,
}

// install is the command that gives a Python the pinned packages.
func install(root, python string) string {
	requirements := filepath.Join(root, "fastapi", "requirements.txt")
	return fmt.Sprintf("%s -m pip install -r %s", python, requirements)
}

// NeedFastAPI skips the test where FastAPI is missing, and fails it instead
// where REQUIRE_FASTAPI=1 says that it must be there. A test that fails with other versions than
// the pinned ones says so first.
func NeedFastAPI(t testing.TB) {
	t.Helper()
	if _, err := Python(); err != nil {
		if os.Getenv("REQUIRE_FASTAPI") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	if err := Pinned(); err != nil {
		t.Log(err)
	}
}

// IsPython says whether the server called name is one of fastapi/.
func IsPython(name string) bool { return pythonServers[name] != nil }

// pythonServers are what uvicorn is told: the first lines of each file say the same.
var pythonServers = map[string][]string{
	FastAPI: {"main:app"},
	Fixed:   {"fixed:app", "--ws-max-size", "65536", "--timeout-graceful-shutdown", "5"},

	Gather:           {"--factory", "gather:plain"},
	GatherExceptions: {"--factory", "gather:return_exceptions"},
}

// pythonCommand runs Python in dir as a reader would; uvicorn takes uvloop and
// httptools by itself where they are installed.
func pythonCommand(dir, name string, args []string) (*exec.Cmd, error) {
	python, err := Python()
	if err != nil {
		return nil, err
	}
	uvicorn := []string{"-m", "uvicorn", "--port", "0"}
	cmd := exec.Command(python, slices.Concat(uvicorn, pythonServers[name], args)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1")
	return cmd, nil
}

// Pin is a line of fastapi/requirements.txt.
type Pin struct{ Package, Version string }

var pinLine = regexp.MustCompile(`(?m)^([a-z]+)(?:\[\w+\])?==(\S+)$`)

// Pins are the versions with which everything here was measured.
func Pins() ([]Pin, error) {
	text, err := os.ReadFile(filepath.Join(Root(), "fastapi", "requirements.txt"))
	if err != nil {
		return nil, err
	}
	var pins []Pin
	for _, found := range pinLine.FindAllStringSubmatch(string(text), -1) {
		pins = append(pins, Pin{found[1], found[2]})
	}
	return pins, nil
}

// Pinned returns an error when other versions are installed than the pinned ones.
var Pinned = sync.OnceValue(func() error {
	python, err := Python()
	if err != nil {
		return err
	}
	pins, err := Pins()
	if err != nil {
		return err
	}
	return differ(pins, Versions(context.Background()), python)
})

// differ compares pins with lines of the form "package version".
func differ(pins []Pin, installed []string, python string) error {
	versions := map[string]string{}
	for _, line := range installed {
		name, version, _ := strings.Cut(line, " ")
		versions[name] = version
	}
	var others []string
	for _, pin := range pins {
		if versions[pin.Package] != pin.Version {
			other := fmt.Sprintf("%s %s, not %s", pin.Package, versions[pin.Package], pin.Version)
			others = append(others, other)
		}
	}
	if others == nil {
		return nil
	}
	return fmt.Errorf("other versions than the pinned ones are installed (%s); run: %s",
		strings.Join(others, "; "), install(Root(), python))
}

const versionsScript = `
import platform
from importlib.metadata import PackageNotFoundError, version
print("Python", platform.python_version())
for name in ("fastapi", "starlette", "uvicorn", "websockets", "uvloop", "httptools"):
    try:
        print(name, version(name))
    except PackageNotFoundError:
        print(name, "not installed")
`

// Versions says which Go and which libraries of Python are in use, one line
// for each.
func Versions(ctx context.Context) []string {
	lines := []string{runtime.Version()}
	if python, err := Python(); err == nil {
		output, err := exec.CommandContext(ctx, python, "-c", versionsScript).Output()
		if err == nil {
			for line := range strings.Lines(string(output)) {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	return lines
}
