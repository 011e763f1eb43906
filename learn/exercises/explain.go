package main

import (
	"fmt"
	"regexp"
	"strings"
)

// explanations are what messages of the compiler usually mean for who comes from Python. The first
// that fits is taken.
var explanations = []struct {
	message *regexp.Regexp
	means   string
}{
	{regexp.MustCompile(`imported and not used`),
		"Nothing uses this import, which is an error in Go. Delete the line."},
	{regexp.MustCompile(`declared and not used`),
		"Nothing reads this variable, which is an error in Go. Use it, or write _ in its place."},
	{regexp.MustCompile(`no new variables on left side of :=`),
		":= declares new variables. To give an old one another value, write =."},
	{regexp.MustCompile(`cannot use .*\(variable of type int\) as|undefined \(type int has no`),
		"If range made it, it is the index: for _, x := range list. Or say int64(x)."},
	{regexp.MustCompile(`undefined \(type .* has no field or method`),
		"There is no such method or field. Capital letters count; go doc shows what there is."},
	{regexp.MustCompile(`undefined: `),
		"Nothing has this name. A new variable needs :=, and a package its import."},
	{regexp.MustCompile(`missing return`),
		"The function can end without its result, where Python would return None."},
	{regexp.MustCompile(`assignment mismatch`),
		"The function returns more values, or fewer. Often one is an error: x, err := …"},
	{regexp.MustCompile(`not enough arguments in call|too many arguments in call`),
		"The function takes more arguments, or fewer. Go has no defaults for them."},
	{regexp.MustCompile(`mismatched types`),
		"Go converts no number or text by itself: say int64(x), or strconv.Itoa(x)."},
	{regexp.MustCompile(`operator . not defined on .*"?time"?\.Time`),
		"Times have methods: now.Sub(then) > time.Second. A time.Duration counts nanoseconds."},
	{regexp.MustCompile(`append\(.* is not used`),
		"append returns the longer slice: list = append(list, x)."},
	{regexp.MustCompile(`index -\d+ .* must not be negative`),
		"An index counts from the front. The last ten are list[max(0, len(list)-10):]."},
	{regexp.MustCompile(`cannot use .* as .* value`),
		"The types differ, and Go converts nothing by itself. *T is a pointer to a T."},
	{regexp.MustCompile(`non-boolean condition|non-bool .* used as condition`),
		"A condition is a bool. Python's truth of values becomes x != nil, n > 0 or text != \"\"."},
	{regexp.MustCompile(`non-declaration statement outside function body`),
		"Outside of functions there are declarations only: var x = …, and no :=."},
	{regexp.MustCompile(`cannot refer to unexported|not exported by package`),
		"A name with a small first letter cannot be used outside of its package."},
	{regexp.MustCompile(`syntax error`),
		"A brace or a parenthesis is missing, or { stands on a line of its own."},
}

// explain adds what they mean to messages of the compiler, once each.
func explain(output string) string {
	var all strings.Builder
	said := map[string]bool{}
	for line := range strings.Lines(output) {
		if strings.HasPrefix(line, "#") { // the package's name
			continue
		}
		fmt.Fprintf(&all, "  %s", line)
		for _, e := range explanations {
			if e.message.MatchString(line) {
				if !said[e.means] {
					fmt.Fprintf(&all, "    → %s\n", e.means)
				}
				said[e.means] = true
				break
			}
		}
	}
	return all.String()
}
