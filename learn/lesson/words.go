package main

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// The lesson is read in 25 minutes: 170 words of prose a minute, and 20 lines of code or output.
const (
	mostWords = 3_800 // code and output included
	mostProse = 2_500
)

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

// checkLength returns an error for a lesson that is too long.
func checkLength(text string) error {
	if all, prose := countWords(text); all > mostWords || prose > mostProse {
		return fmt.Errorf("the lesson has %d words, %d of them prose; it may have %d and %d",
			all, prose, mostWords, mostProse)
	}
	return nil
}
