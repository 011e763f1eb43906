package main

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// The lesson is read in twenty minutes.
const (
	mostWords = 4_000 // code and output included
	mostProse = 2_500
)

// lengths are the most words that a page may have.
var lengths = map[string]length{
	lesson:        {mostWords, mostProse},
	"docs/hub.md": {1_800, 1_800}, // a quarter of an hour
}

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
		for _, field := range strings.Fields(line) {
			if !strings.ContainsFunc(field, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
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

// checkLength returns an error for a page that is too long.
func checkLength(text string, most length) error {
	if all, prose := countWords(text); all > most.all || prose > most.prose {
		return fmt.Errorf("it has %d words, %d of them prose; it may have %d and %d",
			all, prose, most.all, most.prose)
	}
	return nil
}
