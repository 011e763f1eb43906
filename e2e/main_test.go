package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

var (
	serverURL   = flag.String("url", "", "run against the server at this `URL` instead of building ../main.go")
	screenshots = flag.String("screenshots", "", "write the README's pictures to this `directory`")
)

var (
	serverBinary   string          // empty with -url
	browserContext context.Context // of the one browser
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	browser := browserPath()
	if browser == "" {
		fmt.Println("e2e: no Chromium is installed, so nothing was tested: install one, or set CHROMIUM to its path")
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
	if *serverURL == "" {
		serverBinary = filepath.Join(dir, "chat")
		build := exec.Command("go", "build", "-o", serverBinary, "main.go")
		build.Dir = ".."
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build main.go: %v\n%s", err, out)
			return 1
		}
	}
	stop, err := startBrowser(browser, filepath.Join(dir, "profile"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer stop()
	return m.Run()
}

// browserPath returns the browser's path, or "" if none is installed.
func browserPath() string {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// startBrowser starts the one browser that all tests share; each page gets a profile of its own in it.
func startBrowser(path, profile string) (stop func(), err error) {
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.DisableGPU, chromedp.Flag("headless", "new"), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.IgnoreCertErrors, // for the certificate that a test makes for itself
		// A name that is not this machine's own, for what the page does when the network itself is gone.
		chromedp.Flag("host-resolver-rules", "MAP chat.test 127.0.0.1"),
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses root, which containers are
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	browserContext = ctx
	return func() { chromedp.Cancel(ctx); cancel() }, nil
}
