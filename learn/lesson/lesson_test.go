package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// repository makes a small one of these files.
func repository(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const goSource = `package p

const (
	// A is one.
	A = 1 // really
	B = 2
)

// T has a method.
type T struct{}

// M does it.
func (t *T) M() {
	if true {
		f()
	}
	g()
}
`

const pythonSource = `"""Two lines
of words."""

# a comment
class C:
    def first(self):
        pass

    @decorated
    async def second(self):
        return 1


@app.get("/")
def f():
    return 2
`

func TestABlockIsTheDeclarationThatItsLineNames(t *testing.T) {
	root := repository(t, map[string]string{"a.go": goSource, "b.py": pythonSource})
	for place, want := range map[string]string{
		"a.go A": "// A is one.\nA = 1 // really",
		"a.go T": "// T has a method.\ntype T struct{}",
		"a.go (*T).M": "// M does it.\nfunc (t *T) M() {\n" +
			"\tif true {\n\t\tf()\n\t}\n\tg()\n}",
		"b.py C.second": "@decorated\n" +
			"async def second(self):\n    return 1",
		"b.py f":                                 "@app.get(\"/\")\ndef f():\n    return 2",
		`a.go (*T).M, from "if true" to "\t}\n"`: "if true {\n\tf()\n}",
		`b.py, from "class C" to "pass"`:         "class C:\n    def first(self):\n        pass",
	} {
		text, err := fill(root, "<!-- code: "+place+" -->\n```go\nold\n```", true)
		want := "<!-- code: " + place + " -->\n```go\n" + want + "\n```"
		if err != nil || text != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", place, err, text, want)
		}
	}
}

func TestARunsOutputIsFilledInWithoutWhatVaries(t *testing.T) {
	page := "<!-- run -->\n```sh\necho 'ok 0.53s 127.0.0.1:54711'\n```\n\n" +
		"words\n\n```text\nold\n```"
	text, err := fill(t.TempDir(), page, true)
	if err != nil || !strings.HasSuffix(text, "```text\nok …s 127.0.0.1:…\n```") {
		t.Errorf("%v\n%s", err, text)
	}
	if text, err = fill(t.TempDir(), page, false); err != nil || text != page {
		t.Errorf("without runs: %v\n%s", err, text)
	}
}

func TestARunThatMustFailLeavesItsStackWithoutWhatVaries(t *testing.T) {
	text, err := fill(t.TempDir(), "<!-- run: fails -->\n```sh\nprintf '"+
		`panic: oh\nby goroutine 2:\n\ngoroutine 7 [running]:\n`+
		`github.com/a/b.c(0x1)\n\t/go/pkg/mod/b.go:1 +0x2\n`+
		`main.write(0x1, 0x2)\n\t/home/learn/hub/main.go:32 +0x4f\n`+
		"'; false\n```\n\n```text\nold\n```", true)
	want := "panic: oh\nby goroutine 2:\n\ngoroutine … [running]:\n" +
		"main.write(...)\n    learn/hub/main.go:32\n```"
	if err != nil || !strings.HasSuffix(text, "```text\n"+want) {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestWhatCouldDriftIsAnError(t *testing.T) {
	root := repository(t, map[string]string{"a.go": goSource})
	for name, page := range map[string]string{
		"a block of nowhere":         "```go\nx := 1\n```",
		"an output of nothing":       "```text\nwords\n```",
		"a command that is not run":  "```sh\ntrue\n```",
		"a run without its output":   "<!-- run -->\n```sh\ntrue\n```",
		"a run that fails":           "<!-- run -->\n```sh\nfalse\n```\n\n```text\n```",
		"a run that must fail":       "<!-- run: fails -->\n```sh\ntrue\n```\n\n```text\n```",
		"no such declaration":        "<!-- code: a.go X -->\n```go\n```",
		"no such file":               "<!-- code: b.go -->\n```go\n```",
		"words that are not there":   `<!-- code: a.go A, from "h()" to "}" -->` + "\n```go\n```",
		"words that are there twice": "<!-- code: a.go, from \"()\" to \"}\" -->\n```go\n```",
		"a line without its block":   "<!-- code: a.go -->\n\nwords",
		"no such figure":             "<!-- figure: bench X / Y / Z -->1<!-- / -->",
		"a block without an end":     "<!-- code: a.go -->\n```go\n",
	} {
		if text, err := fill(root, page, true); err == nil {
			t.Errorf("%s: no error, but\n%s", name, text)
		}
	}
}

func TestAPageThatDiffersFailsTheCheckAndIsMended(t *testing.T) {
	page := "<!-- code: a.go A -->\n```go\nold\n```\n"
	root := repository(t, map[string]string{"a.go": goSource, "page.md": page})
	err := update(root, "page.md", true, true)
	if err == nil || !strings.Contains(err.Error(), "-old") {
		t.Errorf("the check says %v, want a diff", err)
	}
	if err := update(root, "page.md", false, true); err != nil {
		t.Fatal(err)
	}
	if err := update(root, "page.md", true, true); err != nil {
		t.Errorf("the mended page fails the check: %v", err)
	}
}

func TestFiguresAreCountedAndLookedUp(t *testing.T) {
	const head = "| | one | two |\n|---|--:|--:|\n"
	root := repository(t, map[string]string{
		"a.go": goSource, "b.py": pythonSource, "c/a.go": goSource, "c/a_test.go": goSource,
		"docs/benchmark.md": "# B\n\n## Speed, k/s\n\nwords\n\n" +
			head + "| FastAPI, uvicorn | 1 | 2\\* |\n| **ours** | 3 | 4 |\n\nratios\n\n" +
			head + "| FastAPI | 5.0 | 6.0 |\n\n## Other\n",
		"docs/differences.md": "# D\n\n| What | Python | Go |\n|---|---|---|\n" +
			"| A client leaves | raises | told |\n",
	})
	for source, want := range map[string]string{
		"lines a.go": "12", "lines b.py": "9", "lines c": "12",
		"bench Speed / FastAPI / two": `2\*`, "bench Speed / ours / one": "3",
		"difference A client leaves / Go": "told",
	} {
		if got, err := figureOf(root, source); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", source, got, err, want)
		}
	}
}

func TestEveryLinkIsFollowed(t *testing.T) {
	page := "# A *page*, again\n\n" +
		"[ok](#a-page-again) [ok](sub/b.md#b) [ok](https://example.com/x) ![ok](sub/p.svg)\n"
	files := map[string]string{"a.md": page, "sub/b.md": "# B\n\n[ok](../a.md)\n", "sub/p.svg": ""}
	if err := checkLinks(repository(t, files)); err != nil {
		t.Error(err)
	}
	wrong := []string{"c.md", "#b", "sub/b.md#c", "sub/q.svg", `picture" src="sub/r.svg`}
	for _, link := range wrong {
		files["a.md"] = page + "[wrong](" + link + ")\n"
		if _, html, ok := strings.Cut(link, ` src="`); ok {
			link = html
			files["a.md"] = page + `words <img alt="" src="` + html + `">` +
				"\n\n<p>\n  <img src=\"sub/s.svg\">\n</p>\n"
		}
		err := checkLinks(repository(t, files))
		if err == nil || !strings.Contains(err.Error(), link) {
			t.Errorf("the link %s: %v", link, err)
		}
	}
}

func TestALessonThatIsTooLongFails(t *testing.T) {
	most := lengths[lesson]
	page := strings.Repeat("word - ", most.prose) +
		"\n```go\n" + strings.Repeat("x := 1\n", (most.all-most.prose)/2) + "```\n" +
		"<!-- code: a -->\n"
	if all, prose := countWords(page); all != most.all || prose != most.prose {
		t.Errorf("%d words, %d of them prose", all, prose)
	}
	if err := checkLength(page, most); err != nil {
		t.Error(err)
	}
	for _, more := range []string{page + "word", "```text\nword\n```\n" + page} {
		if checkLength(more, most) == nil {
			t.Error("a word too many passes")
		}
	}
}

func TestEveryTestThatAPageNamesIsLookedFor(t *testing.T) {
	files := map[string]string{
		"docs/a.md":   "See `TestIt` and `Example_it`.\n",
		"b/b_test.go": "package b\n\nfunc TestIt(t *testing.T) {}\n\nfunc Example_it() {}\n",
	}
	if err := checkNames(repository(t, files)); err != nil {
		t.Error(err)
	}
	files["docs/a.md"] += "And `TestThat`.\n"
	err := checkNames(repository(t, files))
	if err == nil || !strings.Contains(err.Error(), "TestThat") {
		t.Errorf("a test that is not there: %v", err)
	}
}
