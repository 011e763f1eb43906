package e2e

import (
	"context"
	"encoding/json"
	"iter"
	"os"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// chromium is the one Chromium that all tests share. It speaks the DevTools protocol.
type chromium struct{ ctx context.Context }

func startChromium(path, profile string) (b browser, stop func(), err error) {
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.DisableGPU, chromedp.Flag("headless", "new"), chromedp.Flag("hide-scrollbars",
			true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-quic",
			true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-background-networking",
			true), chromedp.Flag("disable-component-update", true),
		chromedp.IgnoreCertErrors, // for the certificate that a test makes for itself
		// A name that is not this machine's own, for what the page does when the network itself is
		// gone.
		chromedp.Flag("host-resolver-rules", "MAP chat.test 127.0.0.1"),
	}
	if os.Geteuid() == 0 {
		// Chromium's sandbox refuses root, which containers are
		options = append(options, chromedp.NoSandbox)
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		return nil, nil, err
	}
	return &chromium{ctx}, func() { chromedp.Cancel(ctx); cancel() }, nil
}

// chromiumTab is a tab of Chromium; what it does needs the tab's context.
type chromiumTab struct{}

func (c *chromium) newTab(t *testing.T, p *tab) {
	t.Helper()
	c.newTabIn(t, p, chromedp.WithNewBrowserContext())
}

func (c *chromium) newTabIn(t *testing.T, p *tab, options ...chromedp.ContextOption) {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, options...)
	p.ctx, p.driver = ctx, chromiumTab{}
	t.Cleanup(cancel)
	// binds the tab's life to the context, so without a timeout
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	go listen(p, chromedp.Console(ctx))
}

// listen notes the console's errors and warnings until the tab is closed.
func listen(p *tab, messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	for message, err := range messages {
		if err != nil {
			return
		}
		if message.Type == "error" || message.Type == "warning" || message.IsException() {
			p.complains(message.Text)
		}
	}
}

// call runs a command of the DevTools protocol, or fails the test. Firefox does not speak it.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	p.onlyChromium()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		p.t.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// onlyChromium ends a test that needs what only the DevTools protocol can do.
func (p *tab) onlyChromium() {
	p.t.Helper()
	if _, ok := p.driver.(chromiumTab); !ok {
		p.t.Skip("needs Chromium's DevTools protocol")
	}
}

func (chromiumTab) navigate(ctx context.Context, url string) error {
	return chromedp.Do(ctx, chromedp.Navigate(url))
}

func (chromiumTab) evaluate(ctx context.Context, expression string) (json.RawMessage, error) {
	return chromedp.Run(ctx,
		chromedp.Evaluate[json.RawMessage](expression, chromedp.EvalAwaitPromise))
}

func (chromiumTab) run(ctx context.Context, script string) error {
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script+"; true"))
	return err
}

func (chromiumTab) insert(ctx context.Context, text string) error {
	_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
	return err
}

// press does not use chromedp's KeyEvent, which types the character even where the page has
// prevented that.
func (chromiumTab) press(ctx context.Context, keys string, shift bool) error {
	for _, key := range keys {
		events := kb.Encode(key)
		down := events[0]
		if events[1].Type == kb.KeyChar {
			down.Type = input.DispatchKeyEventTypeKeyDown
			down.Text, down.UnmodifiedText = events[1].Text, events[1].UnmodifiedText
			events = append(events[:1], events[2:]...)
		}
		for _, event := range events {
			if shift {
				event.Modifiers |= int64(chromedp.ModifierShift)
			}
			if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, *event); err != nil {
				return err
			}
		}
	}
	return nil
}

func (chromiumTab) click(ctx context.Context, selector string) error {
	return chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

func (chromiumTab) before(ctx context.Context, script string) error {
	_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	return err
}

func (chromiumTab) media(ctx context.Context, name, value string) error {
	features := []*emulation.MediaFeature{{Name: name, Value: value}}
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{Features: features})
	return err
}

func (chromiumTab) resize(ctx context.Context, width, height int64) error {
	options := []chromedp.EmulateViewportOption{}
	if width < 600 {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch,
			chromedp.EmulatePortrait)
	}
	return chromedp.Do(ctx, chromedp.EmulateViewport(width, height, options...))
}

func (chromiumTab) photograph(ctx context.Context) ([]byte, error) {
	return chromedp.Run(ctx, chromedp.CaptureScreenshot())
}
