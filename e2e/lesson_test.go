//go:build unix

package e2e

import (
	"fmt"
	"testing"
)

// openLesson opens the lesson by its address.
func openLesson(t *testing.T, s *server, width, height int64) *tab {
	t.Helper()
	p := newTab(t) // whose console must be clean: the policy refuses nothing
	p.viewport(width, height)
	p.navigate(s.url + "/static/lesson.html")
	p.wait("its script has run", `document.querySelector(".command .copy")`)
	return p
}

const box = `const box = (element) => element.getBoundingClientRect();`

func TestTheLessonShowsPythonBesideGoWhereThereIsRoom(t *testing.T) {
	parallel(t)
	s := startServer(t)
	for width, beside := range map[int64]bool{390: false, 911: false, 1280: true, 1920: true} {
		p := openLesson(t, s, width, 800)
		pairs := eval[[]bool](p, `(() =>
			{ `+box+` return [...document.querySelectorAll(".pair")].map((pair) => {
			const [python, go] = [...pair.querySelectorAll(".listing")].map(box);
			return python.right <= go.left && python.top === go.top;
		}); })()`)
		if len(pairs) < 3 {
			t.Errorf("%d pairs", len(pairs))
		}
		for n, got := range pairs {
			if got != beside {
				t.Errorf("at %d px pair %d is side by side: %t", width, n, got)
			}
		}
		longest := eval[float64](p, `Math.max(...[...document.querySelectorAll("main > p")]
			.map((text) =>
			text.clientWidth / parseFloat(getComputedStyle(text).fontSize)))`)
		if longest > 46 {
			t.Errorf("at %d px a line of the text is %.0f em long", width, longest)
		}
		p.wait("an output begins where its command does",
			`[...document.querySelectorAll(".command + .output")].every((output) =>
				output.getBoundingClientRect().left ===
					output.previousElementSibling.getBoundingClientRect().left)`)
		p.wait("the page itself does not scroll sideways",
			`document.documentElement.scrollWidth <= innerWidth`)
	}
}

func TestOnAPhoneNoCodeOfTheLessonScrollsSideways(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openLesson(t, s, 360, 740)
	wide := eval[[]string](p, `[...document.querySelectorAll("pre")]
		.filter((pre) => pre.scrollWidth > pre.clientWidth + 1)
			.map((pre) => pre.textContent.slice(0, 60))`)
	if len(wide) > 0 {
		t.Errorf("these scroll sideways: %q", wide)
	}
}

func TestTheLessonTellsWhereOneIs(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openLesson(t, s, 1600, 800)
	p.run(`document.querySelector("#one-sends-binary").scrollIntoView({ behavior: "instant" })`)
	p.wait("the contents mark the section",
		`document.querySelector("#contents [aria-current]")?.textContent === "One sends binary"`)
	p.wait("the part is told",
		`/^Part 2 of 5 · \d+ min$/.test(document.querySelector("#place").textContent)`)
	p.wait("the way back and the contents are in sight", `(() => { `+box+`
		return ["header a", "#contents [aria-current]"].every((selector) => {
			const { top, bottom } = box(document.querySelector(selector));
			return top >= 0 && bottom <= innerHeight;
		}); })()`)
}

func TestCopyTakesTheCommandAndNoMore(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openLesson(t, s, 1280, 800)
	p.run(`window.copied = []; navigator.clipboard.writeText = async (text) =>
		void copied.push(text);`)
	p.click(".command .copy")
	p.wait("it is copied", `copied.join() === "go run -C learn ./race"`)
	p.wait("it says so", `document.querySelector(".copy").textContent === "Copied"`)
}

// TestTheLessonAndTheChatLeadToEachOther: no link of the lesson opens a second client, none leads
// nowhere.
func TestTheLessonAndTheChatLeadToEachOther(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openLesson(t, s, 1280, 800)
	const links = `[...document.querySelectorAll("a[href^='/']")]`
	p.wait("each leads to the tab of the chat", links+`.every(({ target }) => target === "chat")`)
	hashes := eval[[]string](p, links+`.map(({ hash }) => hash)`)
	p.navigate(s.url)
	p.waitStatus("Connected")
	p.wait("the chat has this name", `window.name === "chat"`)
	id := p.id()
	for _, hash := range hashes {
		var name, argument string
		if fmt.Sscanf(hash, "#try=%s", &argument); argument != "" {
			name = "try"
		} else if fmt.Sscanf(hash, "#code=%s", &argument); argument != "" {
			name = "code"
		}
		p.run(`location.hash = ` + quote(hash))
		switch name {
		case "try":
			p.wait(hash+" leads to a trial, and does not start it",
				`document.activeElement.closest("#try li") &&
				document.querySelector("#trial").hidden`)
			p.click("#try-close")
		case "code":
			p.wait(hash+" opens the pair",
				`document.querySelector("#pairs .open")?.dataset.step === `+quote(argument))
		}
	}
	if p.id() != id || len(hashes) < 8 {
		t.Errorf("%d links, and the client is %d, not %d", len(hashes), p.id(), id)
	}
}
