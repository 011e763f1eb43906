package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// compared are the headers of an answer that must be as the talk has them, and absent where it
// has none. A Content-Type that the body lets one expect need not be said.
var compared = []string{"Content-Type", "Location", "Set-Cookie", "Allow"}

// glob says whether text is what a talk has: … stands for anything.
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`(?s)^` + strings.Join(parts, ".*") + `$`).MatchString(text)
}

// sameBody compares JSON as values, other bodies but for a newline at their end. Where … stands
// for more than a string, JSON is compared without its spaces.
func sameBody(want, got string) bool {
	if wantValue, ok := canonical(want); ok {
		gotValue, _ := canonical(got)
		return glob(wantValue, gotValue)
	}
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(got)) == nil {
		got = compact.String()
	}
	return glob(want, strings.TrimRight(got, "\n"))
}

// canonical is JSON with its keys in order.
func canonical(body string) (text string, ok bool) {
	var value any
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil || decoder.More() {
		return body, false
	}
	b, err := json.Marshal(value)
	return string(b), err == nil
}

// expectedType is the Content-Type of a body of which the talk says nothing else.
func expectedType(body string) string {
	switch _, isJSON := canonical(body); {
	case body == "":
		return ""
	case isJSON, strings.HasPrefix(body, "{"), strings.HasPrefix(body, "["):
		return "application/json"
	}
	return "text/plain; charset=utf-8"
}

// checkAnswer compares an answer with the talk's.
func checkAnswer(want message, status int, headers http.Header, body string, streamed bool) error {
	if fmt.Sprint(status) != want.head {
		return fmt.Errorf("answered %d %s, not %s", status, short(body), want.head)
	}
	if !streamed && !sameBody(want.body, body) {
		return fmt.Errorf("the body is %s, not %s", short(body), short(want.body))
	}
	said := http.Header{}
	for _, h := range want.headers {
		name, value, _ := strings.Cut(h, ": ")
		said.Add(name, value)
	}
	if said.Get("Content-Type") == "" && !streamed {
		if expected := expectedType(want.body); expected != "" {
			said.Set("Content-Type", expected)
		}
	}
	names := slices.Clone(compared)
	for name := range said {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if err := sameHeader(name, said.Values(name), headers.Values(name)); err != nil {
			return err
		}
	}
	return nil
}

func sameHeader(name string, want, got []string) error {
	same := slices.EqualFunc(want, got, func(want, got string) bool {
		switch {
		case name == "Set-Cookie":
			want, got = cookie(want), cookie(got)
		case name == "Content-Type" && !strings.Contains(want, "…"):
			want, got = strings.ToLower(want), strings.ToLower(got)
		}
		return glob(want, got)
	})
	if absent := slices.Equal(want, []string{"none"}) && len(got) == 0; !same && !absent {
		return fmt.Errorf("%s is %q, not %q", name, got, want)
	}
	return nil
}

// cookie puts a cookie's attributes in one order and case, in which frameworks differ.
func cookie(text string) string {
	parts := strings.Split(text, "; ")
	for i := range parts[1:] {
		parts[i+1] = strings.ToLower(parts[i+1])
	}
	slices.Sort(parts[1:])
	return strings.Join(parts, "; ")
}

// short is a text that fits a message.
func short(text string) string {
	if len(text) > 700 {
		text = text[:700] + "…"
	}
	return fmt.Sprintf("%q", text)
}
