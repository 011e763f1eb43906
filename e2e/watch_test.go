//go:build unix

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp/kb"
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

// startWatch starts ../learn/watch for this test alone, and returns the address of its page. The
// test is skipped without Python's FastAPI.
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
		if missing := strings.HasPrefix(lines.Text(), "Only Go is shown"); missing {
			go io.Copy(io.Discard, out)
			t.Skip(lines.Text())
		}
		if found := watchLine.FindStringSubmatch(lines.Text()); found != nil {
			go io.Copy(io.Discard, out)
			return found[1]
		}
		t.Log(lines.Text())
	}
	t.Fatal("watch does not run")
	return ""
}

// play plays a story to its end.
func (p *tab) play(story string) {
	p.t.Helper()
	p.run(fmt.Sprintf(`document.querySelector("#told").replaceChildren();
		document.querySelector("#story").value = %q;
		document.querySelector("#stories button").click()`, story))
	p.wait("the story "+story+" is over", `document.querySelector("#told .after")`)
}

// row is a line of a program, by its text.
func row(program int, text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("[data-program='%d'] .line")].find((row) =>
		row.querySelector("code").textContent.includes(%q))`, program, text)
}

// rowShows is true when a line has this among its marks or notes.
func rowShows(program int, text, what string) string {
	return fmt.Sprintf(`[%s].some((row) => (row.querySelector(".marks").textContent +
		row.querySelector(".notes").textContent).includes(%q))`, row(program, text), what)
}

const isIdle = `["websocket.receive_text()", "connection.ReceiveText()"].every((text) =>
	[...document.querySelectorAll(".line")].some((row) => row.textContent.includes(text) &&
		row.querySelectorAll(".marks .mark").length === 3))`

func TestWatchShowsWhereEveryHandlerIs(t *testing.T) {
	parallel(t)
	url := startWatch(t)
	p := newTab(t)
	p.viewport(1280, 720)
	p.navigate(url)
	p.wait("three clients wait in each program", isIdle)
	p.run(axe)
	p.accessible("idle")
	p.play("binary")
	p.wait("the exception is on its line, and numbered",
		rowShows(0, "websocket.receive_text()", "1. ✗ #1 KeyError"))
	p.wait("what it skipped is struck out",
		row(0, "has left the chat")+`.classList.contains("struck")`)
	p.wait("who is gone stays in Python's list",
		`document.querySelector("[data-program='0'] .list .dead").textContent === "#1 gone"`)
	p.wait("Go shows the error",
		rowShows(1, "connection.ReceiveText()", "#1 err = closed with 1003"))
	p.wait("the others wait in Go", rowShows(1, "connection.ReceiveText()", "#2#3"))
	p.accessible("a story")
	p.viewport(390, 844)
	p.accessible("on a phone")
	p.viewport(1280, 720)
	p.goBack("raises KeyError")
	p.wait("a screen reader hears it", `document.querySelector("#said").textContent
		.includes("client 1, line 50, raises KeyError")`)
	p.wait("#1 is not gone yet", `!document.querySelector("[data-program='0'] .list .dead")`)
	p.press("n")
	p.wait("a step further", rowShows(0, "except WebSocketDisconnect:", "#1"))
	p.click("[data-pace=live]")
	p.wait("all is shown again", `document.querySelector("[data-program='0'] .list .dead")`)
	p.run(row(0, "websocket.receive_text()") + `.dispatchEvent(new PointerEvent("pointerenter"))`)
	p.wait("pairs light up together",
		row(1, "connection.ReceiveText()")+`.classList.contains("pair")`)
}

// goBack drags Python's time line to the first event that is told with these words.
func (p *tab) goBack(words string) {
	p.t.Helper()
	found := eval[bool](p, fmt.Sprintf(`(async () => {
		const slider = document.querySelector("[data-program='0'] input[type=range]");
		for (let n = Number(slider.min); n <= Number(slider.max); n++) {
			slider.value = n;
			slider.dispatchEvent(new Event("input"));
			await new Promise(requestAnimationFrame);
			if (slider.ariaValueText.includes(%q)) return true;
		}
		return false;
	})()`, words))
	if !found {
		p.t.Fatalf("no event is told as %q", words)
	}
}

func TestWatchBlocksWhoeverComesToALine(t *testing.T) {
	parallel(t)
	url := startWatch(t)
	p := newTab(t)
	p.media("prefers-color-scheme", "dark")
	p.viewport(1280, 720)
	p.navigate(url)
	p.wait("three clients wait in each program", isIdle)
	for _, text := range []string{"connection.send_text(message)", "connection.Send(frame)"} {
		program := 0
		if text == "connection.Send(frame)" {
			program = 1
		}
		p.run(row(program, text) + `.querySelector("button").focus()`)
		p.press(kb.ArrowUp + kb.ArrowDown + kb.Enter)
		p.wait("the line is armed", rowShows(program, text, "whoever comes next is blocked here"))
	}
	p.click(".client:nth-child(1) button")
	p.wait("Python stands", rowShows(0, "connection.send_text(message)", "#1 blocked here by you"))
	p.wait("#1 stands in Go", rowShows(1, "connection.Send(frame)", "#1 blocked here by you"))
	p.click(".client:nth-child(2) button")
	p.click("#come")
	p.wait("#4 waits for the lock in Go", `[...document.querySelectorAll(".line")].some((row) =>
		row.textContent.includes("#4 waiting for the lock, which #1 holds"))`)
	where := func(program int) string {
		return fmt.Sprintf(`document.querySelector(
			".client:nth-child(4) [data-program='%d'] .where").textContent`, program)
	}
	p.wait("#4 is not let in by Python", where(0)+` === "not let in yet"`)
	p.run(axe)
	p.accessible("blocked")
	p.click("#release")
	p.wait("#4 goes on in Python", where(0)+`.startsWith("line")`)
	p.wait("#4 goes on in Go", where(1)+`.startsWith("line")`)
}

func TestWatchFitsAProjectorAndAPhone(t *testing.T) {
	parallel(t)
	url := startWatch(t, "-third", "fixed")
	p := newTab(t)
	p.viewport(1280, 720)
	p.navigate(url)
	p.wait("three programs run", `document.querySelectorAll(".program .here").length >= 3`)
	const overflow = `document.documentElement.scrollWidth - innerWidth`
	for _, size := range [][2]int64{{1280, 720}, {1920, 1080}, {390, 844}} {
		p.viewport(size[0], size[1])
		p.wait(fmt.Sprint("nothing is beside the page at ", size), overflow+` <= 0`)
		if size[0] < 600 {
			p.click("#tabs button:nth-child(2)")
			p.wait("one program is shown", `[...document.querySelectorAll(".program")]
				.filter((program) => program.getClientRects().length)
				.map((program) => program.ariaLabel).join() === "manager.go"`)
			continue
		}
		p.wait(fmt.Sprint("manager.go fits at ", size), `document
			.querySelector("[data-program='1'].program")
			.getBoundingClientRect().bottom <= innerHeight`)
	}
}

// TestWatchScreenshots makes the pictures of the README and of docs/watch.md.
func TestWatchScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("makes pictures where -screenshots names a directory")
	}
	url := startWatch(t)
	for _, c := range []struct {
		name, story, scheme string
	}{
		{"watch-light", "stops-reading", "light"}, {"watch-dark", "stops-reading", "dark"},
		{"watch-block", "block", "light"},
	} {
		p := newTab(t)
		p.media("prefers-color-scheme", c.scheme)
		p.viewport(1280, 720)
		p.navigate(url)
		p.wait("the page is there", `document.querySelector(".line")`)
		p.play(c.story)
		p.wait("nothing moves", `document.getAnimations().length === 0`)
		p.photograph(filepath.Join(*screenshots, c.name+".png"))
	}
}
