package e2e

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// isPython reports whether the server is FastAPI's, which names itself.
func (s *server) isPython(t *testing.T) bool {
	t.Helper()
	answer, err := http.Get(s.url)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.Header.Get("Server") == "uvicorn"
}

// openCode opens the panel and chooses a pace.
func (p *tab) openCode(mode string) {
	p.t.Helper()
	p.click("#code-button")
	p.click("[data-mode=" + mode + "]")
}

// waitCode waits until the panel says so of the steps that wait.
func (p *tab) waitCode(want string) {
	p.t.Helper()
	const waiting = `document.querySelector("#code-waiting").textContent.replace(/\s+/g, " ")`
	p.wait("the panel says "+want, waiting+`.startsWith(`+quote(want)+`)`)
}

// waitRan waits until this is the step that ran last, and how often it did.
func (p *tab) waitRan(title, whose string, times int) {
	p.t.Helper()
	want := fmt.Sprintf("%s|%s|%d×", title, whose, times)
	p.wait("this ran: "+want, `[...document.querySelectorAll("#pairs .now")]
		.map((row) => ["button", ".whose", ".count"]
			.map((part) => row.querySelector(part).textContent).join("|"))
		.join() === `+quote(want))
}

const yours, theirs = "your handler", "another client’s handler"

func TestStepShowsOneStepAfterTheOther(t *testing.T) {
	parallel(t)
	s := startServer(t)
	bob := s.join(t)
	p := openPage(t, s.url)
	p.openCode("step")
	p.waitRan("Connect", yours, 1)
	p.click("#messageText")
	p.send("hello")
	bob.hears(p.said("hello")) // the chat itself is not slowed
	bob.say("hi")
	p.waitCode("4 steps wait. The server goes on; this page shows it later.")
	if got := p.texts(); len(got) > 0 {
		t.Errorf("before their steps there are %q", got)
	}
	p.click("#code-next")
	p.waitRan("Receive", yours, 1)
	p.click("#messageText")
	p.press(kb.F8) // a key that types nothing works in the text field, too
	p.waitRan("Answer only the sender", yours, 1)
	p.waitText("You wrote: hello")
	p.press(kb.F8)
	p.waitRan("Tell everyone", yours, 1)
	p.waitText(p.said("hello"))
	if got := p.texts(); slices.Contains(got, bob.said("hi")) {
		t.Errorf("before its step there is %q", bob.said("hi"))
	}
	p.press(kb.F8)
	p.waitRan("Tell everyone", theirs, 2)
	p.waitText(bob.said("hi"))
	bob.leave()
	p.waitCode("2 steps wait")
	p.press(kb.F8)
	p.waitRan("Leave", theirs, 1)
	p.press(kb.F8)
	p.waitRan("Tell those who stay", theirs, 1)
	p.press(kb.F8)
	p.waitCode("0 steps wait")
}

func TestBackToLiveShowsEverythingAtOnce(t *testing.T) {
	parallel(t)
	s := startServer(t)
	bob := s.join(t)
	p := openPage(t, s.url)
	for _, back := range []struct {
		name string
		way  func()
	}{
		{"by its button", func() { p.click("[data-mode=live]") }},
		{"by closing the panel", func() { p.click("#code-button") }},
	} {
		if !eval[bool](p, `location.hash === "#code"`) {
			p.click("#code-button")
		}
		p.click("[data-mode=step]")
		for n := range 5 {
			bob.say(fmt.Sprint(back.name, " ", n))
		}
		p.waitCode("5 steps wait")
		came := eval[float64](p, `Date.now()`)
		back.way()
		for n := range 5 {
			p.waitText(bob.said(fmt.Sprint(back.name, " ", n)))
		}
		const lastTime = `Date.parse([...document.querySelectorAll("#messages time")].at(-1)
			.dateTime)`
		if at := eval[float64](p, lastTime); at > came {
			t.Errorf("%s: the last message tells when it was shown, not when it came", back.name)
		}
	}
	p.click("#code-button")
	p.waitRan("Tell everyone", theirs, 10)
}

// TestSlowTakesItsTime: one message makes three steps, the last two steps' time after the first.
func TestSlowTakesItsTime(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.openCode("slow")
	p.run(`window.steps = []; new MutationObserver(() => {
		const now = document.querySelector("#pairs .now").dataset.step;
		if (now !== steps.at(-1)?.now) steps.push({ now, at: performance.now() });
	}).observe(document.querySelector("#pairs"), { subtree: true, attributeFilter: ["class"] })`)
	p.click("#messageText")
	p.send("slowly")
	p.waitText(p.said("slowly"))
	p.waitRan("Tell everyone", yours, 1)
	type step struct {
		Now string
		At  float64
	}
	steps := eval[[]step](p, `steps.map(({ now, at }) => ({ Now: now, At: at }))`)
	var names []string
	for _, step := range steps {
		names = append(names, step.Now)
	}
	want := []string{"receive", "answer", "everyone"}
	if !slices.Equal(names, want) || steps[2].At-steps[0].At < 3000 {
		t.Errorf("the steps were %v", steps)
	}
}

func TestNoMoreThanAThousandStepsWait(t *testing.T) {
	parallel(t)
	s := startServer(t)
	bob := s.join(t)
	p := openPage(t, s.url)
	p.openCode("step")
	for n := range 1200 {
		bob.say(fmt.Sprint("message ", n))
	}
	p.waitRan("Tell everyone", theirs, 200) // the first are shown
	p.waitCode("1,000 steps wait")
}

func TestAFloodCountsEachStep(t *testing.T) {
	s := startServer(t)
	p := openPage(t, s.url)
	p.openCode("live")
	sayMany(p, s.join(t), 900)
	p.waitRan("Tell everyone", theirs, 900)
	// A screen reader is told of a step now and then, not of each.
	p.wait("it is announced",
		`document.querySelector("#code-said").textContent === "Tell everyone: `+theirs+`"`)
}

func TestTheBadgeIsAtTheServersColumn(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.click("#code-button")
	want := "Go · manager.go this server"
	if s.isPython(t) {
		want = "Python · fastapi/main.py this server"
	}
	p.wait("it is at "+want, `[...document.querySelectorAll("#code-view .columns p")]
		.map((column) => column.innerText.replace(/\s+/g, " ").trim())
		.filter((text) => text.includes("this server")).join() === `+quote(want))
}

// TestEachLineOfThePanelIsInTheProgram reads what the page shows, and the programs.
func TestEachLineOfThePanelIsInTheProgram(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.click("#code-button")
	for language, path := range map[string]string{"python": "../fastapi/main.py",
		"go": "../manager.go"} {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		indentation := regexp.MustCompile(`(?m)^\s+`)
		program := strings.Split(indentation.ReplaceAllString(string(source), ""), "\n")
		texts := `[...document.querySelectorAll("#pairs .` + language + `")]
			.map(({ textContent }) => textContent)`
		p.wait("the lines are there", texts+`.filter((text) => text).length === 6`)
		panel := indentation.ReplaceAllString(eval[string](p, texts+`.join("")`), "")
		lines := strings.Split(strings.TrimSpace(panel), "\n")
		if len(lines) < 10 {
			t.Errorf("only %q", lines)
		}
		for _, line := range lines {
			if !slices.Contains(program, line) {
				t.Errorf("%q is not in %s", line, path)
			}
		}
	}
}

func TestAPairTellsWhatDiffersAndWhereToReadOn(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.click("#code-button")
	const open = `[...document.querySelectorAll("#pairs > li")]
		.filter((row) => row.querySelector(".differs").getClientRects().length &&
			row.querySelector("button").ariaExpanded === "true")
		.map(({ dataset }) => dataset.step).join()`
	for _, step := range []string{"connect", "everyone"} { // one at a time
		p.run(fmt.Sprintf(`document.querySelector("[data-step=%s] button").focus()`, step))
		p.press(kb.Enter)
		p.wait(step+" is open", open+` === `+quote(step))
	}
	p.wait("it says what differs", `document.querySelector("[data-step=everyone] .differs")
		.innerText
		.includes("Python waits for each client in turn")`)
	p.press(kb.Enter)
	p.wait("none is open", open+` === ""`)
	p.wait("no link leads away from the chat", `[...document.querySelectorAll(".differs a")]
		.every(({ target }) => target === "lesson")`)
	const links = `[...document.querySelectorAll(".differs a")].map(({ href }) => href)`
	for _, link := range eval[[]string](p, links) {
		_, section, _ := strings.Cut(link, "#")
		found := eval[bool](p, fmt.Sprintf(`fetch(%q).then((answer) => answer.text())
			.then((text) => text.includes('id="%s"'))`, link, section))
		if !found {
			t.Errorf("%s leads nowhere", link)
		}
	}
}

func TestOnAPhoneOnePairIsOpen(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := newTab(t)
	p.viewport(360, 740)
	p.navigate(s.url + "/#code")
	p.waitStatus("Connected")
	p.wait("the first is open",
		`document.querySelector("#pairs li.now")?.dataset.step === "connect"`)
	p.click("[data-mode=step]")
	p.click("#messageText")
	p.send("from a phone")
	p.waitCode("3 steps wait")
	for _, step := range []string{"receive", "answer", "everyone"} {
		p.click("#code-next")
		p.wait(step+" alone is open, the running program's lines above the other's", `(() => {
			const open = [...document.querySelectorAll("#pairs > li")]
				.filter((row) => row.querySelector(".lines").getClientRects().length);
			if (open.length !== 1 || open[0].dataset.step !== `+quote(step)+`) return false;
			const box = (element) => element.getBoundingClientRect();
			const [python, go] = ["pre.python",
				"pre.go"].map((side) => box(open[0].querySelector(side)));
			const isPython = document.querySelector("#code-view").dataset.language === "python";
			const [first, second] = isPython ? [python, go] : [go, python];
			const view = box(document.querySelector("#code-view .scroller"));
			return first.bottom <= second.top && first.top >= view.top &&
				first.top + 100 <= view.bottom;
		})()`)
	}
}

func TestOnePanelAtATimeAndTheAddressKeepsIt(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	const open = `[...document.querySelectorAll(".view:not([hidden])")]
		.map(({ id }) => id).join() + location.hash`
	p.click("#wire-button")
	p.wait("the wire is open", open+` === "wire-view#wire"`)
	p.click("#code-button")
	p.wait("the code is open", open+` === "code-view#code"`)
	p.run(`setTimeout(() => location.reload())`)
	p.waitAcross("it is open in the new page",
		`performance.getEntriesByType("navigation")[0].type === "reload" && `+
			open+` === "code-view#code" && `+statusText+` === "Connected"`)
	p.click("#code-button")
	p.wait("none is open", open+` === ""`)
}

func TestInForcedColoursOneSeesWhatRan(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := newTab(t)
	p.onlyChromium()
	p.media("forced-colors", "active")
	p.navigate(s.url + "/#code")
	p.waitStatus("Connected")
	p.waitRan("Connect", yours, 1)
	p.wait("it has a bar, and no other has", `[...document.querySelectorAll("#pairs > li")]
		.filter((row) => parseFloat(getComputedStyle(row).borderInlineStartWidth) > 3)
			.length === 1`)
	for pressed, other := range map[string]string{
		"button[data-mode=live]": "button[data-mode=step]", "#code-button": "#wire-button",
	} {
		colour := func(selector string) string {
			return `getComputedStyle(document.querySelector(` + quote(selector) + `)).color`
		}
		p.wait(pressed+" looks pressed", colour(pressed)+" !== "+colour(other))
	}
}
