package main

import (
	"strings"
	"testing"
)

func TestThePageKeepsItsOwnLinksAndTheWordsOfTheOthers(t *testing.T) {
	page, err := asPage([]byte("## One stops reading\n\n[above](#one-stops-reading), [`manager.go`](../manager.go), [Go](https://go.dev/)\n\n![A drawing](img/message.svg)\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<h2 id="one-stops-reading">`, `<a href="#one-stops-reading">above</a>, <code>manager.go</code>, <a href="https://go.dev/">Go</a>`, "<p>A drawing</p>"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("%s is not in\n%s", want, page)
		}
	}
}
