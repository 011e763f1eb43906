package main

import (
	"strings"
	"testing"
)

func made(t *testing.T, source string) string {
	t.Helper()
	page, err := asPage([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func mustHave(t *testing.T, page string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(page, want) {
			t.Errorf("%s is not in\n%s", want, page)
		}
	}
}

func TestThePageKeepsItsOwnLinksAndNamesTheFilesOfTheOthers(t *testing.T) {
	got := made(t, "## One stops reading\n\n[above](#one-stops-reading), "+
		"[`manager.go`](../manager.go), "+
		"[Go](https://go.dev/), [how](run.md#there)\n\n![A drawing](img/message.svg)\n")
	mustHave(t, got, `<h2 id="one-stops-reading">`, `<p class="part">Part 1 of 1 · 1 min</p>`,
		`<a href="#one-stops-reading">above</a>, <code>manager.go</code>, `+
			`<a href="https://go.dev/">Go</a>, how [docs/run.md]</p>`)
	if strings.Contains(got, "A drawing") {
		t.Errorf("of a picture that is not there its words stay:\n%s", got)
	}
}

func TestAPythonListingAndItsGoListingStandSideBySide(t *testing.T) {
	got := made(t, "## Part\n\n### broadcast\n\n<!-- code: fastapi/main.py x -->\n```python\nfor "+
		"c in f(a, b):\n```\n\n"+
		"<!-- code: manager.go y -->\n```go\nfunc f() { g(\"x\") } // so\n```\n\nafter\n")
	mustHave(t, got, "<div class=\"pair\">\n<figure class=\"listing "+
		"python\">\n<figcaption>fastapi/main.py <a href=\"/#code=everyone\"",
		"<figcaption>manager.go <a ",
		`<span class="k">for</span> c <span class="k">in</span> f(<wbr>a,<wbr> b):`,
		`<span class="s">&#34;x&#34;</span>`, `<span class="c">// so</span>`,
		"</figure>\n</div>\n<p>after</p>")
}

func TestACommandTellsHowLongItTakesAndLeadsToTheChat(t *testing.T) {
	got := made(t, "## Part\n\n### One sends binary\n\n"+
		"<!-- run -->\n```sh\ngo run ./see <y>\n```\n\n"+
		"```text\nBinary. (This takes 12 seconds.)\n```\n")
	mustHave(t, got, "<div class=\"command\"><pre><code>go run ./see "+
		"&lt;y&gt;</code></pre><small>takes 12 seconds</small>",
		`<a href="/#try=binary" target="chat">Try it in the chat</a></div>`, `<pre class="output"`)
}

func TestNoStyleStandsInThePage(t *testing.T) {
	got := made(t, "| a | b |\n|--:|---|\n| 1 | 2 |\n")
	mustHave(t, got, `<td align="right">1</td>`)
	if strings.Contains(got, "style=") {
		t.Errorf("the server's policy refuses the styles in\n%s", got)
	}
}
