package main

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// lengths are the most words that a page may have.
var lengths = map[string]length{
	lesson:        {3_800, 2_500}, // 25 minutes: 170 words of prose a minute, 20 lines of code
	"docs/hub.md": {1_800, 1_800}, // a quarter of an hour
}

// length is in words: with code and output, and of prose alone.
type length struct{ all, prose int }

var comment = regexp.MustCompile(`(?s)<!--.*?-->`)

// countWords counts what a reader reads: fields with a letter or a digit in them. Prose is all that
// stands in no block.
func countWords(text string) (all, prose int) {
	within := false
	for line := range strings.Lines(comment.ReplaceAllString(text, "")) {
		if strings.HasPrefix(line, "```") {
			within = !within
			continue
		}
		for field := range strings.FieldsSeq(line) {
			if !strings.ContainsFunc(field, isWord) {
				continue
			}
			all++
			if !within {
				prose++
			}
		}
	}
	return all, prose
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// checkLength returns an error for a page that is too long.
func checkLength(text string, most length) error {
	if all, prose := countWords(text); all > most.all || prose > most.prose {
		return fmt.Errorf("it has %d words, %d of them prose; it may have %d and %d",
			all, prose, most.all, most.prose)
	}
	return nil
}
