package servers

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// ErrNoFastAPI says what to install where FastAPI cannot be started.
var ErrNoFastAPI = errors.New("no Python with FastAPI: apt-get install python3-fastapi uvicorn python3-websockets, or pip install -r fastapi/requirements.txt")

const versionsScript = `
import platform
print("Python", platform.python_version())
for name in ("fastapi", "starlette", "uvicorn", "websockets", "uvloop", "httptools"):
    try:
        print(name, __import__(name).__version__)
    except ImportError:
        print(name, "not installed")
`

// Python is the interpreter that can import what the original needs.
var Python = sync.OnceValues(func() (string, error) {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import fastapi, uvicorn, websockets").Run() == nil {
			return python, nil
		}
	}
	return "", ErrNoFastAPI
})

// NeedFastAPI skips the test where FastAPI is missing, and fails it instead
// where REQUIRE_FASTAPI=1 says that it must be there.
func NeedFastAPI(t testing.TB) {
	t.Helper()
	if _, err := Python(); err == nil {
		return
	}
	if os.Getenv("REQUIRE_FASTAPI") == "1" {
		t.Fatal(ErrNoFastAPI)
	}
	t.Skip(ErrNoFastAPI)
}

// pythonCommand runs the original as a reader would; uvicorn takes uvloop and
// httptools by itself where they are installed.
func pythonCommand(args []string) (*exec.Cmd, error) {
	python, err := Python()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(python, append([]string{"-m", "uvicorn", "main:app", "--port", "0"}, args...)...)
	cmd.Dir = filepath.Join(Root(), "fastapi")
	cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1")
	return cmd, nil
}
