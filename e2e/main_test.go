package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var (
	fastAPI     = flag.Bool("fastapi", false, "run against ../fastapi instead of ../main.go")
	browserName = flag.String("browser", "chromium", "the browser: chromium or firefox")
	screenshots = flag.String("screenshots", "", "write the README's pictures to this `directory`")
)

var (
	serverBinary string // empty with -fastapi
	watchDir     string // where ../learn/watch is built
	theBrowser   browser
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	names, ok := browserPrograms[*browserName]
	if !ok {
		fmt.Fprintf(os.Stderr, "e2e: -browser is chromium or firefox, not %q\n", *browserName)
		return 2
	}
	path := firstProgram(names)
	if path == "" {
		fmt.Printf("e2e: %s is not installed, so nothing was tested: install it, or set %s to "+
			"its path\n",
			*browserName, strings.ToUpper(*browserName))
		if os.Getenv("REQUIRE_BROWSER") == "1" {
			return 1
		}
		return 0
	}
	dir, err := os.MkdirTemp("", "chat-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	watchDir = dir
	if !*fastAPI {
		serverBinary = filepath.Join(dir, "chat.exe") // Windows wants that name
		build := exec.Command("go", "build", "-o", serverBinary, "main.go")
		build.Dir = ".."
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build main.go: %v\n%s", err, out)
			return 1
		}
	}
	start := startChromium
	if *browserName == "firefox" {
		start = startFirefox
	}
	started, stop, err := start(path, filepath.Join(dir, "profile"))
	if err != nil {
		fmt.Fprintf(os.Stderr, "starting %s: %v\n", path, err)
		return 1
	}
	defer stop()
	theBrowser = started
	return m.Run()
}

// parallel lets a test run beside others, where each has a window that is active. In Firefox one
// window is, and what a system prefers is a setting of the whole browser.
func parallel(t *testing.T) {
	if *browserName != "firefox" {
		t.Parallel()
	}
}

// browserPrograms are the names that a browser goes by; a variable of the environment comes first.
var browserPrograms = map[string][]string{
	"chromium": {os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome",
		"google-chrome-stable"},
	"firefox": {os.Getenv("FIREFOX"), "firefox-esr", "firefox"},
}

// firstProgram returns the path of the first that is installed, or "".
func firstProgram(names []string) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
