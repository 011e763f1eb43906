package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mutant is a program's text with one mistake in it, which the talk must notice.
type mutant struct {
	pair, kind string
	file       string
	old, new   string
}

func (m *mutant) fileName() string {
	if m == nil {
		return ""
	}
	return m.file
}

func (m *mutant) side() string {
	if strings.HasSuffix(m.file, ".py") {
		return fastAPI
	}
	return golang
}

func (m *mutant) String() string {
	return fmt.Sprintf("%s/%s, %s:\n- %s\n+ %s", m.pair, m.file, m.kind,
		strings.ReplaceAll(m.old, "\n", "\n- "), strings.ReplaceAll(m.new, "\n", "\n+ "))
}

// apply makes the mistake.
func (m *mutant) apply(source string) (string, error) {
	if n := strings.Count(source, m.old); n != 1 {
		return "", fmt.Errorf("%s has %q %d times, not once", m.file, m.old, n)
	}
	return strings.Replace(source, m.old, m.new, 1), nil
}

// kinds are the mistakes that a talk must notice. Those with locks are tried under -race.
var kinds = map[string]string{
	"status":     "another status",
	"header":     "a header that is wrong or missing",
	"body":       "another body",
	"input":      "what came is checked or read otherwise",
	"return":     "the handler goes on after its answer",
	"order":      "another order",
	"route":      "another path or method",
	"error":      "an error that nobody looks at",
	"access":     "whoever should be refused is let in",
	"lock":       "shared memory without its lock",
	"waiting":    "nobody waits, or everybody does",
	"cancelling": "work that goes on when nobody wants it",
	"shutdown":   "the end comes too early, or never",
	"planted":    "a fault in the program under test",
}

// readMutants reads the mutants of a pair: blocks of "kind: FILE", lines with "- " and with "+ ".
func readMutants(pair string) (all []*mutant, err error) {
	source, err := os.ReadFile(filepath.Join("pairs", pair, "mutants.txt"))
	if err != nil {
		return nil, err
	}
	for i, text := range strings.Split(strings.TrimRight(string(source), "\n"), "\n") {
		mark, rest, _ := strings.Cut(text, " ")
		switch {
		case text == "" || mark == "#":
		case mark == "-" && len(all) > 0:
			last := all[len(all)-1]
			last.old = join(last.old, rest)
		case mark == "+" && len(all) > 0:
			last := all[len(all)-1]
			last.new = join(last.new, rest)
		case kinds[strings.TrimSuffix(mark, ":")] != "" && rest != "":
			all = append(all, &mutant{pair: pair, kind: strings.TrimSuffix(mark, ":"), file: rest})
		default:
			return nil, fmt.Errorf("%s/mutants.txt:%d: %q is of no known kind", pair, i+1, text)
		}
	}
	sides := map[string]bool{}
	for _, m := range all {
		sides[m.side()] = true
	}
	if len(sides) != 2 {
		return nil, fmt.Errorf("%s/mutants.txt: both programs need a mutant", pair)
	}
	return all, nil
}

func join(text, line string) string {
	if text == "" {
		return line
	}
	return text + "\n" + line
}

// Two accesses without a lock may happen to be in order: then the race detector says nothing.
const raceTries = 3

// try plays the talk with a mutant, and returns an error if nothing notices it.
func (m *mutant) try(ctx context.Context) error {
	race := m.kind == "lock"
	err := play(ctx, m.pair, m.side(), m, race)
	for i := 1; race && err == nil && i < raceTries; i++ {
		err = play(ctx, m.pair, m.side(), m, race)
	}
	switch {
	case err == nil:
		return fmt.Errorf("no line of the talk notices this mistake:\n%s", m)
	case errors.Is(err, errNotPlayed):
		return fmt.Errorf("%w\n%s", err, m)
	}
	return nil
}
