package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// browser is Chromium or Firefox.
type browser interface {
	newTab(t *testing.T, p *tab) // in a profile and a window of its own
}

// driver is what the tests do with a tab, in either browser.
type driver interface {
	navigate(ctx context.Context, url string) error
	// a promise is awaited
	evaluate(ctx context.Context, expression string) (json.RawMessage, error)
	run(ctx context.Context, script string) error
	insert(ctx context.Context, text string) error
	press(ctx context.Context, keys string, shift bool) error
	click(ctx context.Context, selector string) error
	before(ctx context.Context, script string) error
	media(ctx context.Context, name, value string) error
	resize(ctx context.Context, width, height int64) error
	photograph(ctx context.Context) ([]byte, error)
}

// tab is one tab of the browser.
type tab struct {
	t      *testing.T
	ctx    context.Context
	driver driver

	// the test breaks the connection, of which the browser itself complains in the console
	mayBreak    bool
	mayComplain *regexp.Regexp // the test provokes such complaints

	mu       sync.Mutex
	console  []string
	complain chan struct{} // has something after each complaint
}

// newTab opens an empty tab in a profile and a window of its own. When the test ends its console
// must be clean.
func newTab(t *testing.T) *tab {
	t.Helper()
	p := &tab{t: t, complain: make(chan struct{}, 1)}
	theBrowser.newTab(t, p)
	p.viewport(1280, 800)
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

// complains notes a line of the console.
func (p *tab) complains(line string) {
	p.mu.Lock()
	p.console = append(p.console, line)
	p.mu.Unlock()
	select {
	case p.complain <- struct{}{}:
	default:
	}
}

// brokenConnection is how the browsers complain of a connection that a test has broken.
var brokenConnection = regexp.MustCompile(`^WebSocket connection to ` +
	`|^Failed to load resource: net::ERR_(CONNECTION|TIMED_OUT|EMPTY)` +
	`|^Firefox can’t establish a connection|^The connection to ws.* was interrupted`)

// complaints are the console's errors and warnings that the test did not cause itself.
func (p *tab) complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.console), func(line string) bool {
		return p.mayBreak && brokenConnection.MatchString(line) ||
			p.mayComplain != nil && p.mayComplain.MatchString(line)
	})
}

// waitComplaint waits until the console has a complaint that contains the text.
func (p *tab) waitComplaint(text string) {
	p.t.Helper()
	timeout := time.After(patience)
	for {
		p.mu.Lock()
		found := slices.ContainsFunc(p.console,
			func(line string) bool { return strings.Contains(line, text) })
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

// do does something that must work.
func (p *tab) do(what string, act func(ctx context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := act(ctx); err != nil {
		p.t.Fatalf("%.200s: %v", what, err)
	}
}

func (p *tab) navigate(url string) {
	p.t.Helper()
	p.do(url, func(ctx context.Context) error { return p.driver.navigate(ctx, url) })
}

// tryEval returns what the JavaScript expression is; a promise is awaited.
func tryEval[T any](p *tab, expression string) (value T, err error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	encoded, err := p.driver.evaluate(ctx, expression)
	if err == nil {
		err = json.Unmarshal(encoded, &value)
	}
	return value, err
}

func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	value, err := tryEval[T](p, expression)
	if err != nil {
		p.t.Fatalf("%.200s: %v", expression, err)
	}
	return value
}

// run runs a script, from which nothing comes back.
func (p *tab) run(script string) {
	p.t.Helper()
	p.do(script, func(ctx context.Context) error { return p.driver.run(ctx, script) })
}

// wait waits until the JavaScript expression is true. (Chromedp's Poll needs unsafe-eval, which the
// page forbids.)
func (p *tab) wait(what, expression string) {
	p.t.Helper()
	promise := fmt.Sprintf(`new Promise((resolve) => { const look = () =>
		(%s) ? resolve(true) : setTimeout(look, 10); look(); })`, expression)
	if _, err := tryEval[bool](p, promise); err != nil {
		text, _ := tryEval[string](p, `document.body.innerText.slice(-1500)`)
		p.t.Fatalf("waited in vain until %s: %v; the page says:\n%s", what, err, text)
	}
}

// waitAcross is wait for an expression that is true in another document than this one, which takes
// the waiting with it.
func (p *tab) waitAcross(what, expression string) {
	p.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for start := time.Now(); time.Since(start) < patience; <-tick.C {
		ctx, cancel := context.WithTimeout(p.ctx, time.Second)
		answer, err := p.driver.evaluate(ctx, `!!(`+expression+`)`)
		cancel()
		if err == nil && string(answer) == "true" {
			return
		}
	}
	p.t.Fatalf("waited in vain until %s", what)
}

const statusText = `document.querySelector("#status").textContent`

func (p *tab) status() string { return eval[string](p, statusText) }

func (p *tab) waitStatus(want string) {
	p.t.Helper()
	p.wait("the status is "+want, statusText+" === "+quote(want))
}

// id is the page's id, as it shows it.
func (p *tab) id() int64 {
	p.t.Helper()
	id, err := strconv.ParseInt(eval[string](p, `document.querySelector("#ws-id").textContent`), 10,
		64)
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// said is how everyone hears what this page sends.
func (p *tab) said(text string) string { return fmt.Sprintf("Client #%d says: %s", p.id(), text) }

const shownTexts = `[...document.querySelectorAll("#messages .text")].map((text) =>
	text.textContent)`

// texts are the messages on the page, oldest first.
func (p *tab) texts() []string { return eval[[]string](p, shownTexts) }

func (p *tab) waitText(want string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("%.60q is shown", want), shownTexts+`.includes(`+quote(want)+`)`)
}

// waitLast is waitText for the last message on the page. It takes next to nothing of a flooded
// page's time.
func (p *tab) waitLast(want string) {
	p.t.Helper()
	last := `document.querySelector("#messages li:last-child .text")?.textContent`
	p.wait(fmt.Sprintf("%.60q is shown last", want), last+` === `+quote(want))
}

// write puts the text where the focus is, as a paste or an input method does.
func (p *tab) write(text string) {
	p.t.Helper()
	p.do("writing", func(ctx context.Context) error { return p.driver.insert(ctx, text) })
}

func (p *tab) press(keys string) {
	p.t.Helper()
	p.do("a key", func(ctx context.Context) error { return p.driver.press(ctx, keys, false) })
}

func (p *tab) pressShift(keys string) {
	p.t.Helper()
	p.do("a key", func(ctx context.Context) error { return p.driver.press(ctx, keys, true) })
}

// send writes a message and presses Enter.
func (p *tab) send(text string) {
	p.t.Helper()
	p.write(text)
	p.press(kb.Enter)
}

func (p *tab) draft() string {
	return eval[string](p,
		`document.querySelector("#messageText").value`)
}

func (p *tab) click(selector string) {
	p.t.Helper()
	p.wait(selector+" is there",
		`document.querySelector(`+quote(selector)+`)?.getClientRects().length`)
	p.do("clicking "+selector,
		func(ctx context.Context) error { return p.driver.click(ctx, selector) })
}

// focused tells what has the focus: "#id", or the element's name.
func (p *tab) focused() string {
	return eval[string](p,
		`(({ id, localName }) => id ? "#" + id : localName)(document.activeElement)`)
}

// before runs the script in each document to come, ahead of the page's own.
func (p *tab) before(script string) {
	p.t.Helper()
	p.do("a script", func(ctx context.Context) error { return p.driver.before(ctx, script) })
}

// media sets a media feature, such as prefers-color-scheme.
func (p *tab) media(name, value string) {
	p.t.Helper()
	p.do(name, func(ctx context.Context) error { return p.driver.media(ctx, name, value) })
}

// viewport sets the size in CSS pixels; below 600 it is a phone's.
func (p *tab) viewport(width, height int64) {
	p.t.Helper()
	p.do("resizing", func(ctx context.Context) error { return p.driver.resize(ctx, width, height) })
	// Not before the page was laid out anew.
	eval[bool](p, `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() =>
		resolve(true))))`)
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
