package e2e

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// firefoxPrefs: no calls home, no delay of its own between connections, and chat.test is this
// machine.
const firefoxPrefs = `
user_pref("network.dns.forceResolve", "127.0.0.1");
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "http://127.0.0.1:9");
user_pref("browser.safebrowsing.update.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("extensions.getAddons.cache.enabled", false);
`

// firefox is the one Firefox that all tests share. It speaks WebDriver BiDi, which is JSON over a
// WebSocket.
type firefox struct {
	ws     *websocket.Conn
	chrome string // the browser's own window, where preferences can be set

	mu      sync.Mutex
	last    int
	waiting map[int]chan bidiReply
	tabs    map[string]*tab // by their browsing context
}

type bidiReply struct {
	ID      int
	Type    string
	Method  string
	Message string
	Result  json.RawMessage
	Params  json.RawMessage
}

var bidiLine = regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`)

func startFirefox(path, profile string) (b browser, stop func(), err error) {
	if err := os.MkdirAll(profile, 0o755); err != nil {
		return nil, nil, err
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(firefoxPrefs),
		0o644); err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(path, "--headless", "--no-remote", "--remote-debugging-port", "0",
		"--remote-allow-system-access", "--profile", profile)
	ownGroup(cmd) // with the processes that it starts
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	stop = func() {
		killGroup(cmd)
		cmd.Wait()
	}
	lines := bufio.NewScanner(stderr)
	var found []string
	for found == nil && lines.Scan() {
		found = bidiLine.FindStringSubmatch(lines.Text())
	}
	if found == nil {
		stop()
		return nil, nil, fmt.Errorf("%s does not offer WebDriver BiDi", path)
	}
	go func() {
		for lines.Scan() {
		}
	}()
	f := &firefox{waiting: map[int]chan bidiReply{}, tabs: map[string]*tab{}}
	if err := f.connect(found[1] + "/session"); err != nil {
		stop()
		return nil, nil, err
	}
	return f, stop, nil
}

// connect starts the session and finds the browser's own window.
func (f *firefox) connect(url string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if f.ws, _, err = websocket.Dial(ctx, url, nil); err != nil {
		return err
	}
	f.ws.SetReadLimit(-1)
	go f.listen()
	// for the certificate that a test makes for itself
	always := object{"acceptInsecureCerts": true}
	if err := f.call(ctx, "session.new", object{"capabilities": object{"alwaysMatch": always}},
		nil); err != nil {
		return err
	}
	if err := f.call(ctx, "session.subscribe", object{"events": []string{"log.entryAdded"}},
		nil); err != nil {
		return err
	}
	var tree struct{ Contexts []struct{ Context string } }
	if err := f.call(ctx, "browsingContext.getTree", object{"moz:scope": "chrome"},
		&tree); err != nil {
		return err
	}
	f.chrome = tree.Contexts[0].Context
	return nil
}

type object map[string]any

// call runs a command; result may be nil.
func (f *firefox) call(ctx context.Context, method string, params object, result any) error {
	answer := make(chan bidiReply, 1)
	f.mu.Lock()
	f.last++
	id := f.last
	f.waiting[id] = answer
	f.mu.Unlock()
	if err := wsjson.Write(ctx, f.ws,
		object{"id": id, "method": method, "params": params}); err != nil {
		return err
	}
	select {
	case reply := <-answer:
		if reply.Type == "error" {
			return fmt.Errorf("%s: %s", method, reply.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(reply.Result, result)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

// listen hands the answers to who waits, and the console's lines to their tabs.
func (f *firefox) listen() {
	for {
		var reply bidiReply
		if err := wsjson.Read(context.Background(), f.ws, &reply); err != nil {
			return
		}
		f.mu.Lock()
		if reply.Type == "event" {
			f.log(reply.Params)
		} else if answer := f.waiting[reply.ID]; answer != nil {
			delete(f.waiting, reply.ID)
			answer <- reply
		}
		f.mu.Unlock()
	}
}

func (f *firefox) log(params json.RawMessage) {
	var entry struct {
		Level, Text string
		Source      struct{ Context string }
	}
	json.Unmarshal(params, &entry)
	if p := f.tabs[entry.Source.Context]; p != nil &&
		(entry.Level == "error" || entry.Level == "warn") {
		p.complains(entry.Text)
	}
}

// firefoxTab is a window of Firefox in a profile of its own.
type firefoxTab struct {
	*firefox
	context string
}

func (f *firefox) newTab(t *testing.T, p *tab) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var user struct{ UserContext string }
	var created struct{ Context string }
	if err := f.call(ctx, "browser.createUserContext", object{}, &user); err != nil {
		t.Fatal(err)
	}
	window := object{"type": "window", "userContext": user.UserContext}
	if err := f.call(ctx, "browsingContext.create", window, &created); err != nil {
		t.Fatal(err)
	}
	if err := f.call(ctx, "browsingContext.activate", object{"context": created.Context},
		nil); err != nil {
		t.Fatal(err) // otherwise the focus is not shown
	}
	f.mu.Lock()
	f.tabs[created.Context] = p
	f.mu.Unlock()
	p.ctx, p.driver = context.Background(), &firefoxTab{f, created.Context}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		// closes the window
		f.call(ctx, "browser.removeUserContext", object{"userContext": user.UserContext}, nil)
		f.mu.Lock()
		delete(f.tabs, created.Context)
		f.mu.Unlock()
	})
}

func (f *firefoxTab) navigate(ctx context.Context, url string) error {
	return f.call(ctx, "browsingContext.navigate",
		object{"context": f.context, "url": url, "wait": "complete"}, nil)
}

// evaluateIn returns the string that the expression is.
func (f *firefox) evaluateIn(ctx context.Context, context, expression string) (string, error) {
	var answer struct {
		Result           struct{ Value any }
		ExceptionDetails struct{ Text string }
	}
	err := f.call(ctx, "script.evaluate", object{
		"expression": expression, "awaitPromise": true, "target": object{"context": context},
		"resultOwnership": "none",
	}, &answer)
	if err == nil && answer.ExceptionDetails.Text != "" {
		err = fmt.Errorf("%s", answer.ExceptionDetails.Text)
	}
	value, _ := answer.Result.Value.(string)
	return value, err
}

func (f *firefoxTab) evaluate(ctx context.Context, expression string) (json.RawMessage, error) {
	value, err := f.evaluateIn(ctx, f.context,
		"(async () => JSON.stringify(await ("+expression+")))()")
	return json.RawMessage(value), err
}

func (f *firefoxTab) run(ctx context.Context, script string) error {
	_, err := f.evaluateIn(ctx, f.context, script+`; ""`)
	return err
}

func (f *firefoxTab) insert(ctx context.Context, text string) error {
	_, err := f.evaluate(ctx, `document.execCommand("insertText", false, `+quote(text)+`)`)
	return err
}

// firefoxKeys are WebDriver's names of keys that chromedp calls by other characters.
var firefoxKeys = strings.NewReplacer(kb.Enter, "\uE007", kb.Tab, "\uE004", kb.Backspace, "\uE003",
	kb.End, "\uE010", kb.Home, "\uE011",
	kb.ArrowUp, "\uE013", kb.ArrowDown, "\uE015", kb.Escape, "\uE00C",
	kb.F2, "\uE032", kb.F8, "\uE038")

func (f *firefoxTab) press(ctx context.Context, keys string, shift bool) error {
	var actions []object
	key := func(kind, value string) {
		actions = append(actions,
			object{"type": kind, "value": value})
	}
	if shift {
		key("keyDown", "\uE008")
	}
	for _, character := range firefoxKeys.Replace(keys) {
		key("keyDown", string(character))
		key("keyUp", string(character))
	}
	if shift {
		key("keyUp", "\uE008")
	}
	return f.act(ctx, object{"type": "key", "id": "keyboard", "actions": actions})
}

func (f *firefoxTab) click(ctx context.Context, selector string) error {
	point, err := f.evaluate(ctx, `(() => {
		const element = document.querySelector(`+quote(selector)+`);
		element.scrollIntoView({ block: "nearest", behavior: "instant" });
		const { left, top, width, height } = element.getBoundingClientRect();
		return [left + width / 2, top + height / 2].map(Math.round);
	})()`)
	if err != nil {
		return err
	}
	var at [2]int
	json.Unmarshal(point, &at)
	return f.act(ctx, object{"type": "pointer", "id": "mouse", "actions": []object{
		{"type": "pointerMove", "x": at[0], "y": at[1]}, {"type": "pointerDown", "button": 0},
		{"type": "pointerUp", "button": 0},
	}})
}

func (f *firefoxTab) act(ctx context.Context, source object) error {
	return f.call(ctx, "input.performActions",
		object{"context": f.context, "actions": []object{source}}, nil)
}

func (f *firefoxTab) before(ctx context.Context, script string) error {
	return f.call(ctx, "script.addPreloadScript", object{
		"functionDeclaration": "() => {" + script + "}", "contexts": []string{f.context},
	}, nil)
}

// firefoxMedia are the preferences behind a media feature's values.
var firefoxMedia = map[string]string{
	"prefers-color-scheme dark":            `"layout.css.prefers-color-scheme.content-override", 0`,
	"prefers-color-scheme light":           `"layout.css.prefers-color-scheme.content-override", 1`,
	"prefers-reduced-motion reduce":        `"ui.prefersReducedMotion", 1`,
	"prefers-reduced-motion no-preference": `"ui.prefersReducedMotion", 0`,
}

func (f *firefoxTab) media(ctx context.Context, name, value string) error {
	preference, ok := firefoxMedia[name+" "+value]
	if !ok {
		return fmt.Errorf("no preference of Firefox is known for %s: %s", name, value)
	}
	_, err := f.evaluateIn(ctx, f.chrome, `Services.prefs.setIntPref(`+preference+`); ""`)
	return err
}

func (f *firefoxTab) resize(ctx context.Context, width, height int64) error {
	return f.call(ctx, "browsingContext.setViewport", object{
		"context": f.context, "viewport": object{"width": width, "height": height},
	}, nil)
}

func (f *firefoxTab) photograph(ctx context.Context) ([]byte, error) {
	var picture struct{ Data string }
	if err := f.call(ctx, "browsingContext.captureScreenshot", object{"context": f.context},
		&picture); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(picture.Data)
}
