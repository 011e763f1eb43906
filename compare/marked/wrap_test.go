package marked

import (
	"strings"
	"testing"
)

// columns: a table keeps one line for each entry
func TestWrapBreaksProseAndLeavesTablesAlone(t *testing.T) {
	half, row := strings.Repeat("word ", 15)+"end", "| "+strings.Repeat("cell | ", 30)
	for text, want := range map[string]string{
		half + "\n": half + "\n",
		half + " " + half + "\n": half + " word word word word\n" +
			strings.Repeat("word ", 11) + "end\n",
		"- " + half + " " + half + "\nnext\n": "- " + half + " word word word word\n  " + strings.Repeat("word ", 11) + "end\nnext\n",
		row + "\n":                            row + "\n",
		"no end " + strings.Repeat("x", 100):  "no end\n" + strings.Repeat("x", 100),
	} {
		if got := Wrap(text); got != want {
			t.Errorf("Wrap(%q) is\n%s\nwant\n%s", text, got, want)
		}
	}
}
