package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"example.com/chat/compare/servers"
)

const (
	cases         = 301 // in the groups 1 to 7, 9 and 10
	informational = 3   // of them: whatever a server does there, the suite only notes it
)

// titles are the first column.
var titles = map[string]string{
	servers.Go:      "**this chat's connection**",
	servers.FastAPI: "FastAPI, uvicorn",
	servers.XNet:    "plain x/net/websocket",
	servers.Gorilla: "gorilla/websocket",
	servers.Coder:   "coder/websocket",
	servers.GWS:     "lxzan/gws",
}

const how = `A case counts as failed when the server behaves or closes in a way that the suite calls
wrong: plain x/net/websocket fails nearly all because it answers no close frame, coder/websocket
leaves UTF-8 to its user. Non-strict is what RFC 6455 permits, but not what the suite would rather
see; a case or two move between OK and non-strict from run to run, because it depends on what
arrives together.
`

// result is what came of all cases with one server.
type result struct {
	ok, nonStrict, informational int
	failed                       []string // case numbers
}

// count sums the verdicts up.
func count(verdicts map[string]verdict) (result, error) {
	if len(verdicts) != cases {
		return result{}, fmt.Errorf("the suite reports %d cases, not %d: was it stopped?",
			len(verdicts), cases)
	}
	var r result
	fine := []string{"OK", "NON-STRICT", "INFORMATIONAL"}
	for _, number := range slices.SortedFunc(maps.Keys(verdicts), byNumber) {
		v := verdicts[number]
		switch {
		case !slices.Contains(fine, v.Behavior) || !slices.Contains(fine, v.BehaviorClose):
			r.failed = append(r.failed, number)
		case v.Behavior == "INFORMATIONAL":
			r.informational++
		case v.Behavior == "NON-STRICT" || v.BehaviorClose == "NON-STRICT":
			r.nonStrict++
		default:
			r.ok++
		}
	}
	return r, nil
}

// byNumber orders 2.10 after 2.9.
func byNumber(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		m, _ := strconv.Atoi(a)
		n, _ := strconv.Atoi(b)
		return cmp.Compare(m, n)
	})
}

// allPass is what our own echo server has to do.
func allPass(r result) error {
	if r.ok == cases-informational && r.informational == informational {
		return nil
	}
	return fmt.Errorf("ours has %d OK and %d informational, want %d and %d; failed: %s",
		r.ok, r.informational, cases-informational, informational, ranges(r.failed))
}

// ranges shortens 6.3.1, 6.3.2, 6.3.3 to 6.3.1–3.
func ranges(numbers []string) string {
	var words []string
	for i := 0; i < len(numbers); {
		group, first := split(numbers[i])
		n := 1
		for i+n < len(numbers) {
			if g, last := split(numbers[i+n]); g != group || last != first+n {
				break
			}
			n++
		}
		words = append(words, numbers[i])
		if n > 1 {
			words[len(words)-1] += fmt.Sprint("–", first+n-1)
		}
		i += n
	}
	return cmp.Or(strings.Join(words, ", "), "none")
}

func split(number string) (group string, last int) {
	i := strings.LastIndex(number, ".")
	last, _ = strconv.Atoi(number[i+1:])
	return number[:i], last
}

// table has a line for each server.
func table(results map[string]result) string {
	text := "| echo server on | OK | non-strict | informational | failed | which failed |\n" +
		"|---|--:|--:|--:|--:|---|\n"
	for _, name := range all {
		if r, ok := results[name]; ok {
			text += fmt.Sprintf("| %s | %d | %d | %d | %d | %s |\n",
				titles[name], r.ok, r.nonStrict, r.informational, len(r.failed), ranges(r.failed))
		}
	}
	return text
}

// isIn says whether a page's table says the same of the server, but for what varies.
func (r result) isIn(server, page string) bool {
	for line := range strings.Lines(page) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 6 || strings.TrimSpace(cells[0]) != titles[server] {
			continue
		}
		ok, _ := strconv.Atoi(cells[1])
		nonStrict, _ := strconv.Atoi(cells[2])
		return ok+nonStrict == r.ok+r.nonStrict && cells[3] == fmt.Sprint(r.informational) &&
			strings.TrimSpace(cells[5]) == ranges(r.failed)
	}
	return false
}
