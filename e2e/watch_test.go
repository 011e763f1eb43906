//go:build unix

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
)

var watchLine = regexp.MustCompile(`Watch them run on (http://\S+)`)

// watchBinary is ../learn/watch, built once.
var watchBinary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(watchDir, "watch")
	build := exec.Command("go", "build", "-o", path, "./watch")
	build.Dir = "../learn"
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./watch: %v\n%s", err, out)
	}
	return path, nil
})

// startWatch starts ../learn/watch for this test alone, and returns the address of its page. Without
// Python's FastAPI, the test is skipped.
func startWatch(t *testing.T, args ...string) string {
	t.Helper()
	binary, err := watchBinary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, args...)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGINT)
		if err := cmd.Wait(); err != nil {
			t.Errorf("CTRL+C does not end it well: %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := watchLine.FindStringSubmatch(lines.Text()); found != nil {
			go io.Copy(io.Discard, out)
			return found[1]
		}
		t.Log(lines.Text())
	}
	t.Fatal("watch does not run")
	return ""
}

func TestWatchLook(t *testing.T) {
	if *screenshots == "" {
		t.Skip()
	}
	p := newTab(t)
	url := startWatch(t)
	p.viewport(1280, 720)
	p.navigate(url)
	p.wait("idle", `document.querySelectorAll(".here .mark").length >= 6`)
	p.photograph(filepath.Join(*screenshots, "watch-idle.png"))
	for _, s := range []string{"binary", "block", "stops-reading"} {
		p.run(fmt.Sprintf(`document.querySelector("#story").value = %q; document.querySelector("#stories button").click()`, s))
		p.wait("begins", fmt.Sprintf(`!document.querySelector(".after") && document.querySelector("#told strong")`))
		p.wait("over", `document.querySelector(".after")`)
		p.photograph(filepath.Join(*screenshots, "watch-"+s+".png"))
	}
}
