// Package github is what GitHub does with Markdown, as far as the pages of docs/ need it.
package github

import (
	"strings"
	"unicode"
)

// Anchor is a heading's name, by which it can be linked to.
func Anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, strings.TrimSpace(heading))
}
