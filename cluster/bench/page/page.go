// Package page puts what a program measured into a Markdown file.
package page

import (
	"fmt"
	"os"
	"strings"
)

// Insert replaces what stands between the lines <!-- command --> and <!-- /command --> of a file.
func Insert(path, command, table string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	mark, endMark := "<!-- "+command+" -->\n", "<!-- /"+command+" -->\n"
	before, rest, ok := strings.Cut(string(text), mark)
	_, after, ok2 := strings.Cut(rest, endMark)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no %q and %q", path, mark, endMark)
	}
	return os.WriteFile(path, []byte(before+mark+table+endMark+after), 0o644)
}
