package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tab is one tab of the browser.
type tab struct {
	t   *testing.T
	ctx context.Context

	mayBreak    bool           // the test breaks the connection, of which the browser itself complains in the console
	mayComplain *regexp.Regexp // the test provokes such complaints

	mu       sync.Mutex
	console  []string
	complain chan struct{} // has something after each complaint
}

// newTab opens an empty tab in a profile and a window of its own. When the test ends its console must be clean.
func newTab(t *testing.T, options ...chromedp.ContextOption) *tab {
	t.Helper()
	if len(options) == 0 {
		options = append(options, chromedp.WithNewBrowserContext())
	}
	p := &tab{t: t, complain: make(chan struct{}, 1)}
	ctx, cancel := chromedp.NewContext(browserContext, options...)
	p.ctx = ctx
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // binds the tab's life to the context, so without a timeout
		t.Fatal(err)
	}
	p.do(chromedp.EmulateViewport(1280, 800))
	go p.listen(chromedp.Console(ctx))
	t.Cleanup(func() {
		if complaints := p.complaints(); len(complaints) > 0 {
			t.Errorf("in the console: %q", complaints)
		}
	})
	return p
}

// openPage opens the chat in a tab of its own and waits until it is connected.
func openPage(t *testing.T, url string) *tab {
	t.Helper()
	p := newTab(t)
	p.navigate(url)
	p.waitStatus("Connected")
	return p
}

// listen notes the console's errors and warnings until the tab is closed.
func (p *tab) listen(messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	for message, err := range messages {
		if err != nil {
			return
		}
		if message.Type == "error" || message.Type == "warning" || message.IsException() {
			p.mu.Lock()
			p.console = append(p.console, message.Text)
			p.mu.Unlock()
			select {
			case p.complain <- struct{}{}:
			default:
			}
		}
	}
}

// complaints are the console's errors and warnings that the test did not cause itself.
func (p *tab) complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.console), func(line string) bool {
		broken := strings.HasPrefix(line, "WebSocket connection to ") || strings.HasPrefix(line, "Failed to load resource: net::ERR_CONNECTION_")
		return p.mayBreak && broken ||
			p.mayComplain != nil && p.mayComplain.MatchString(line)
	})
}

// waitComplaint waits until the console has a complaint that contains the text.
func (p *tab) waitComplaint(text string) {
	p.t.Helper()
	timeout := time.After(patience)
	for {
		p.mu.Lock()
		found := slices.ContainsFunc(p.console, func(line string) bool { return strings.Contains(line, text) })
		all := strings.Join(p.console, "\n")
		p.mu.Unlock()
		if found {
			return
		}
		select {
		case <-p.complain:
		case <-timeout:
			p.t.Fatalf("%q is not in the console: %s", text, all)
		}
	}
}

// do runs actions, or fails the test.
func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// call runs a command of the DevTools protocol, or fails the test.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		p.t.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

func (p *tab) navigate(url string) {
	p.t.Helper()
	p.do(chromedp.Navigate(url))
}

// eval returns what the JavaScript expression is; a promise is awaited.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%.200s: %v", expression, err)
	}
	return value
}

// wait waits until the JavaScript expression is true. (Chromedp's Poll needs unsafe-eval, which the page forbids.)
func (p *tab) wait(what, expression string) {
	p.t.Helper()
	promise := fmt.Sprintf(`new Promise((resolve) => { const look = () => (%s) ? resolve(true) : setTimeout(look, 10); look(); })`, expression)
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](promise, chromedp.EvalAwaitPromise)); err != nil {
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		defer cancel()
		text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText.slice(-1500)`))
		p.t.Fatalf("waited in vain until %s: %v; the page says:\n%s", what, err, text)
	}
}

const statusText = `document.querySelector("[role=status]").textContent`

func (p *tab) status() string { return eval[string](p, statusText) }

func (p *tab) waitStatus(want string) {
	p.t.Helper()
	p.wait("the status is "+want, statusText+" === "+quote(want))
}

// id is the page's id, as it shows it.
func (p *tab) id() int64 {
	p.t.Helper()
	id, err := strconv.ParseInt(eval[string](p, `document.querySelector("#ws-id").textContent`), 10, 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// said is how everyone hears what this page sends.
func (p *tab) said(text string) string { return fmt.Sprintf("Client #%d says: %s", p.id(), text) }

const shownTexts = `[...document.querySelectorAll("#messages .text")].map((text) => text.textContent)`

// texts are the messages on the page, oldest first.
func (p *tab) texts() []string { return eval[[]string](p, shownTexts) }

func (p *tab) waitText(want string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("%.60q is shown", want), shownTexts+`.includes(`+quote(want)+`)`)
}

// write puts the text where the focus is, as a paste or an input method does.
func (p *tab) write(text string) {
	p.t.Helper()
	call(p, input.InsertText, input.InsertTextParams{Text: text})
}

func (p *tab) press(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// send writes a message and presses Enter.
func (p *tab) send(text string) {
	p.t.Helper()
	p.write(text)
	p.press(kb.Enter)
}

func (p *tab) draft() string { return eval[string](p, `document.querySelector("#messageText").value`) }

func (p *tab) hint() string { return eval[string](p, `document.querySelector("#hint").textContent`) }

func (p *tab) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// focused tells what has the focus: "#id", or the element's name.
func (p *tab) focused() string {
	return eval[string](p, `(({ id, localName }) => id ? "#" + id : localName)(document.activeElement)`)
}

// before runs the script in each document to come, ahead of the page's own.
func (p *tab) before(script string) {
	p.t.Helper()
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
}

// media sets a media feature, such as prefers-color-scheme.
func (p *tab) media(name, value string) {
	p.t.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: name, Value: value}}})
}

// viewport sets the size in CSS pixels; below 600 it is a phone's.
func (p *tab) viewport(width, height int64) {
	p.t.Helper()
	options := []chromedp.EmulateViewportOption{}
	if width < 600 {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait)
	}
	p.do(chromedp.EmulateViewport(width, height, options...))
	// Not before the page was laid out anew.
	eval[bool](p, `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))))`)
}

// onceIn waits for the event on the element that the JavaScript statements cause.
func (p *tab) onceIn(selector, event, cause string) {
	p.t.Helper()
	eval[bool](p, fmt.Sprintf(`new Promise((resolve) => {
		const element = document.querySelector(%q);
		element.addEventListener(%q, () => resolve(true), { once: true });
		%s
	})`, selector, event, cause))
}

// quote makes a JavaScript string of it.
func quote(s string) string {
	quoted, _ := json.Marshal(s) // cannot fail on a string
	return string(quoted)
}
