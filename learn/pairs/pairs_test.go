package main

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestASideHearsWhatIsSaidToBothAndToIt(t *testing.T) {
	lines := parseLines("> GET /\n< FastAPI: 422 …\n< Go: 400 no\n< Go: Location: /x\n" +
		"ann: leaves\n")
	for side, want := range map[string]message{
		fastAPI: {head: "422", body: "…"},
		golang:  {head: "400", body: "no", headers: []string{"Location: /x"}},
	} {
		all, err := steps(lines, side)
		if err != nil || len(all) != 3 {
			t.Fatalf("%s: %v, %v", side, all, err)
		}
		got := all[1].message
		if got.head != want.head || got.body != want.body || len(got.headers) != len(want.headers) {
			t.Errorf("%s: %+v, not %+v", side, got, want)
		}
		if all[2].who != "ann" || all[2].what != "leaves" {
			t.Errorf("%s: %+v", side, all[2])
		}
	}
}

func TestATalkWithALineThatNobodyKnowsIsRefused(t *testing.T) {
	for _, text := range []string{
		"> GET /\n< 200\n< content", "hello", "< Location: /x", "prints x",
	} {
		if all, err := steps(parseLines(text), golang); err == nil {
			t.Errorf("%q is read as %+v", text, all)
		}
	}
}

func TestAStatedDifferenceMustBeOne(t *testing.T) {
	if _, err := differences(parseLines("> GET /\n< FastAPI: 200 a\n< Go: 200 a")); err == nil {
		t.Error("the same twice is taken for a difference")
	}
	all, err := differences(parseLines("# Why\n> GET /\n< FastAPI: 200 a\n< Go: 200 b\n"))
	if err != nil || len(all) != 1 || all[0].what != "Why" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestAnAnswerIsWhatTheTalkHas(t *testing.T) {
	// columns: a table keeps one line for each entry
	const plain, inJSON = "text/plain; charset=utf-8", "application/json"
	for _, test := range []struct {
		name        string
		want        message
		status      int
		contentType string
		location    string
		body        string
		same        bool
	}{
		{"JSON as values", message{head: "200", body: `{"a": 1, "b": 2}`}, 200, inJSON, "",
			`{"b":2,"a":1}`, true},
		{"an integer of 64 bits", message{head: "200", body: "9007199254740993"}, 200, inJSON, "",
			"9007199254740992", false},
		{"text", message{head: "200", body: "a b"}, 200, plain, "", "a b\n", true},
		{"… in text", message{head: "200", body: "a … b"}, 200, plain, "", "a x b", true},
		{"… in JSON", message{head: "200", body: `{"a":[…1…]}`}, 200, inJSON, "",
			`{"a": [0, 1, 2]}`, true},
		{"another status", message{head: "200", body: "a"}, 201, plain, "", "a", false},
		{"another body", message{head: "200", body: "a"}, 200, plain, "", "ab", false},
		{"JSON as text", message{head: "200", body: "{}"}, 200, plain, "", "{}", false},
		{"a Location too many", message{head: "200", body: "a"}, 200, plain, "/x", "a", false},
		{"a Location", message{head: "200", body: "a", headers: []string{"Location: /…"}}, 200,
			plain, "/x", "a", true},
		{"a missing header", message{head: "200", body: "a", headers: []string{"Vary: Origin"}},
			200, plain, "", "a", false},
		{"none", message{head: "200", body: "a", headers: []string{"Location: none"}}, 200, plain,
			"/x", "a", false},
	} {
		headers := http.Header{"Content-Type": {test.contentType}}
		if test.location != "" {
			headers.Set("Location", test.location)
		}
		err := checkAnswer(test.want, test.status, headers, test.body, false)
		if (err == nil) != test.same {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestCookiesAreComparedButForTheOrderOfTheirAttributes(t *testing.T) {
	a, b := "a=B; Path=/; HttpOnly; SameSite=lax", "a=B; HttpOnly; SameSite=Lax; Path=/"
	if err := sameHeader("Set-Cookie", []string{a}, []string{b}); err != nil {
		t.Error(err)
	}
	if sameHeader("Set-Cookie", []string{a}, []string{strings.ToLower(b)}) == nil {
		t.Error("another value is not noticed")
	}
}

func TestEveryPairIsListedAndBothItsProgramsHaveMutants(t *testing.T) {
	t.Chdir("..")
	all, err := readPairs()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		mutants, err := readMutants(p.Name)
		if err != nil {
			t.Error(err)
		}
		for _, m := range mutants {
			source, err := os.ReadFile("pairs/" + p.Name + "/" + m.file)
			if err == nil {
				_, err = m.apply(string(source))
			}
			if err != nil {
				t.Errorf("%s: %v", p.Name, err)
			}
		}
	}
}
