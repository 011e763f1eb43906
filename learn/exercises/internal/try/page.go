package try

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const patience = 20 * time.Second

// Page is the chat's page in a real browser.
type Page struct {
	t   testing.TB
	ctx context.Context
}

// Open opens the page at path, as /#ann, and waits until it is connected. It skips the test where
// no Chromium is installed; with REQUIRE_BROWSER=1 that is a failure.
func Open(t testing.TB, addr, path string) *Page {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(t.TempDir()), chromedp.NoFirstRun,
		chromedp.DisableGPU, chromedp.Flag("headless", "new"),
		chromedp.Flag("disable-dev-shm-usage", true),
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // it refuses root, which containers are
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, _ := chromedp.NewContext(allocator)
	t.Cleanup(func() { chromedp.Cancel(ctx) })
	if err := chromedp.Do(ctx, chromedp.Navigate("http://"+addr+path)); err != nil {
		t.Fatal(err)
	}
	p := &Page{t, ctx}
	p.wait(`document.querySelector("#status").dataset.state === "connected"`)
	return p
}

// Say sends a message by the page's form.
func (p *Page) Say(text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`document.querySelector("#messageText").value = %s,
		document.querySelector("#form").requestSubmit(), true`, quote(text)))
}

// Shows waits until the page shows this text, as a message of this kind: own, other, personal, left
// or unknown.
func (p *Page) Shows(kind, text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`[...document.querySelectorAll("#messages .%s .text")]
		.some((shown) => shown.textContent === %s)`, kind, quote(text)))
}

// Tries runs a trial of Try it, and waits until the page says this of it.
func (p *Page) Tries(trial, seen string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`[...document.querySelectorAll("#try button")]
		.find((button) => button.textContent.startsWith(%s)).click(), true`, quote(trial)))
	p.wait(`document.querySelector("#trial").dataset.state === "done"`)
	p.wait(fmt.Sprintf(`document.querySelector("#trial-seen").textContent
		.includes(%s)`, quote(seen)))
}

// WaitsForNothing looks, after longer than the page is patient, whether it still waits for an
// answer.
func (p *Page) WaitsForNothing() {
	p.t.Helper()
	time.Sleep(time.Second)
	waiting, err := chromedp.Run(p.ctx, chromedp.Evaluate[int](
		`document.querySelectorAll("#outbox li").length`))
	if err != nil || waiting > 0 {
		p.t.Errorf("the page waits for %d answers, %v; want 0", waiting, err)
	}
}

// wait waits until the JavaScript expression is true.
func (p *Page) wait(expression string) {
	p.t.Helper()
	promise := fmt.Sprintf(`new Promise((resolve) => {
		const look = () => (%s) ? resolve(true) : setTimeout(look, 10);
		look();
	})`, expression)
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	awaited := chromedp.Evaluate[bool](promise, chromedp.EvalAwaitPromise)
	if _, err := chromedp.Run(ctx, awaited); err != nil {
		p.t.Fatalf("the page waited in vain for %s: %v", expression, err)
	}
}

// quote makes a JavaScript string of it.
func quote(s string) string {
	quoted, _ := json.Marshal(s) // cannot fail on a string
	return string(quoted)
}

func chromium(t testing.TB) string {
	t.Helper()
	if path := Chromium(); path != "" {
		return path
	}
	const missing = "no Chromium is installed, so the page is not tested: install one, or set " +
		"CHROMIUM to its path"
	if os.Getenv("REQUIRE_BROWSER") == "1" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// Chromium is the browser's path, or empty.
func Chromium() string {
	for _, name := range []string{
		os.Getenv("CHROMIUM"), "chromium", "chromium-browser",
		"google-chrome", "google-chrome-stable",
	} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
