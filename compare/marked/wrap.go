package marked

import (
	"strings"
	"unicode/utf8"
)

const columns = 100

// Wrap breaks the lines of a Markdown text that have more than 100 columns at their spaces. Rows of
// tables and pictures stay as they are, and what belongs to an item of a list is indented.
func Wrap(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") || strings.HasPrefix(line, "!") {
			out.WriteString(line)
			continue
		}
		indent := ""
		if strings.HasPrefix(line, "- ") {
			indent = "  "
		}
		width := 0
		for i, word := range strings.Split(line, " ") {
			n := utf8.RuneCountInString(strings.TrimSuffix(word, "\n"))
			switch {
			case i == 0:
			case width+1+n > columns:
				out.WriteString("\n" + indent)
				width = len(indent)
			default:
				out.WriteString(" ")
				width++
			}
			out.WriteString(word)
			width += n
		}
	}
	return out.String()
}
