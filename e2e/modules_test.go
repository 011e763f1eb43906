//go:build unix

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// TestThePureModules calls what needs no page: each expression, with the module as m, must be true.
func TestThePureModules(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := newTab(t)
	p.navigate(s.url + "/static/lesson.html") // a document without the chat
	const speech = `((s) => %s)(new m.Speech(7))`
	const steps = `m.stepsOf(%s).map(([name]) => name).join()`
	const pace = `(() => { const shown = [], pace = new m.Pace(({ name }) => shown.push(name));
		const mine = "your handler", theirs = "another client’s handler"; %s; return shown.join();
			})()`
	for _, c := range []struct{ module, is string }{
		{"close-codes", `m.closeCode(1009) === "1009: message too big"`},
		{"close-codes", `m.closeCode(4000).startsWith("4000: a code of the application")`},
		{"text", `m.bytesOf("aé€😀").length === 10`},
		{"text", `m.isBlank(" \u200b\u3164\u2800") && m.isBlank("") && !m.isBlank(" .")`},
		{"text", `m.shorten("abc", 3) === "abc" && m.shorten("abcd", 3) === "abc…"`},
		{"text", `m.shorten("ab👩‍👩‍👧", 4) === "ab…"`},
		{"text", `m.wellFormed("a\ud83d") === "a\ufffd" && m.wellFormed("😀") === "😀"`},
		{"speech", fmt.Sprintf(speech,
			`(s.sent("x"), s.read("You wrote: x").answers.text === "x" &&
				s.read("Client #7 says: x").kind === "own")`)},
		{"speech", fmt.Sprintf(speech,
			`s.read("Client #7 says: x").kind === "namesake" && s.read("Client #8 says: x")
				.kind === "other"`)},
		{"speech", fmt.Sprintf(speech,
			`s.read("Client #-8 has left the chat").id === "-8" && s.read("x")
				.kind === "unknown"`)},
		{"speech", fmt.Sprintf(speech,
			`(s.sent("x"), s.forget(), s.read("You wrote: x").answers === undefined)`)},
		{"frame", `m.header({ up: true, opcode: 1 }, 125).map(([, bits]) => bits)
			.join() === "1,000,0001,1,1111101,????"`},
		{"frame", `m.header({ opcode: 1 }, 65_535)[4][1] === "1111110" &&
			m.header({ opcode: 1 }, 65_536)[4][1] === "1111111"`},
		{"frame", `m.header({ opcode: 1, deflate: true }, 70_000).map(([, bits]) => bits)
			.join() === "1,?00,0001,0,?"`},
		{"frame", `m.header({ opcode: 8, deflate: true }, 2)[1][1] === "000"`},
		{"frame", `m.header({ up: true, opcode: 1 }, 70_000)[0][1] === "?"`},
		{"frame", `[...m.payloadOf({ opcode: 8, code: 1000, data: "a" })].join() === "3,232,97"`},
		{"steps", fmt.Sprintf(steps, `"opened", {}`) + ` === "connect"`},
		{"steps", fmt.Sprintf(steps, `"received", { kind: "personal" }, "python"`) +
			` === "receive,answer"`},
		{"steps", fmt.Sprintf(steps, `"closed", { wasOpen: true, code: 1003 }, "go"`) +
			` === "receive,leave,stay"`},
		{"steps", fmt.Sprintf(steps, `"closed", { wasOpen: true, code: 1006 }, "go"`) + ` === ""`},
		{"steps", fmt.Sprintf(steps, `"closed", { wasOpen: true, code: 1000 }, "python"`) +
			` === ""`},
		{"steps", fmt.Sprintf(steps, `"closed", { wasOpen: true, code: 1000, gaveUp: "x" }, "go"`) +
			` === ""`},
		{"steps", fmt.Sprintf(steps, `"closed", { wasOpen: false, code: 1006 }, "go"`) + ` === ""`},
		{"steps", `/exception, here or later/.test(m.endOf({ wasOpen: true, code: 1006 },
			"python"))`},
		{"steps", `m.endOf({ wasOpen: true, code: 1003 }, "go") === "" &&
			m.endOf({ wasOpen: false }, "python") === ""`},
		{"pace", fmt.Sprintf(pace, `pace.add({ name: "a" }, {})`) + ` === "a,"`},
		{"pace", fmt.Sprintf(pace,
			`pace.mode = "step"; pace.add({ name: "a" }, {}, { name: "b" }); pace.next()`) +
			` === "a,"`},
		{"pace", fmt.Sprintf(pace, `pace.mode = "step"; pace.onlyMine = true;
			pace.add({ name: "a", whose: theirs }, { name: "b", whose: mine }, { name: "c",
				whose: theirs })`) + ` === "a"`},
		{"pace", fmt.Sprintf(pace, `pace.mode = "step";
			pace.add({ name: "a", whose: theirs }, { name: "b", whose: mine },
			{ name: "c", whose: mine }); pace.nextOfMine()`) + ` === "a,b"`},
		{"pace", fmt.Sprintf(pace,
			`pace.mode = "step"; pace.add({ name: "a" }); pace.mode = "live"`) + ` === "a"`},
	} {
		got, err := tryEval[bool](p, `import("/static/`+c.module+`.js").then((m) => `+c.is+`)`)
		if err != nil || !got {
			t.Errorf("%s: this is not so: %s (%v)", c.module, c.is, err)
		}
	}
}

// TestThePageAsksForAllItsModulesAtOnce: none waits until another one was read.
func TestThePageAsksForAllItsModulesAtOnce(t *testing.T) {
	page, err := os.ReadFile("../index.html")
	if err != nil {
		t.Fatal(err)
	}
	imported := regexp.MustCompile(`from "\./([\w-]+\.js)"`)
	needed := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		source, err := os.ReadFile(filepath.Join("../static", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range imported.FindAllSubmatch(source, -1) {
			if name := string(found[1]); !needed[name] {
				needed[name] = true
				visit(name)
			}
		}
	}
	visit("chat.js")
	var want, got []string
	for name := range needed {
		want = append(want, name)
	}
	preload := regexp.MustCompile(`"modulepreload" href="/static/([^"]+)"`)
	for _, found := range preload.FindAllSubmatch(page, -1) {
		got = append(got, string(found[1]))
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("index.html preloads\n%q, and the modules are\n%q", got, want)
	}
}
