// Package marked replaces the part of a Markdown file that a program writes:
// what stands between the lines <!-- name --> and <!-- /name -->.
package marked

import (
	"fmt"
	"strings"
)

// Replace is text with body between the lines that bear name.
func Replace(text, name, body string) (string, error) {
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	before, rest, ok1 := strings.Cut(text, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		return "", fmt.Errorf("no lines %s and %s", strings.TrimSpace(begin), end)
	}
	return before + begin + body + end + after, nil
}
