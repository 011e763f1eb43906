package main

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	directive = regexp.MustCompile(`^<!-- (code|run|by hand)(?:: (.*))? -->$`)
	figure    = regexp.MustCompile(`<!-- figure: (.*?) -->(.*?)<!-- / -->`)
)

// page is a Markdown file on its way to a fresh copy.
type page struct {
	root   string
	runs   bool
	begun  map[string]func() (string, error) // by command: waits for what it prints
	begins bool                              // in a first pass, which begins all runs
	out    []string
	output *string // of the last run, until its text block comes
	keep   bool    // the next text block stays as it is
}

// fill returns the text with all blocks and figures as they should be.
func fill(root, text string, runs bool) (string, error) {
	p := page{root: root, runs: runs, begun: map[string]func() (string, error){}}
	lines := strings.Split(text, "\n")
	for _, p.begins = range []bool{true, false} {
		p.out = nil
		for i := 0; i < len(lines); {
			next, err := p.step(lines, i)
			if err != nil {
				return "", fmt.Errorf("line %d: %w", i+1, err)
			}
			i = next
		}
	}
	if p.output != nil || p.keep {
		return "", fmt.Errorf("a run has no text block")
	}
	return strings.Join(p.out, "\n"), nil
}

// step copies what begins at line i, and returns the line after it.
func (p *page) step(lines []string, i int) (next int, err error) {
	line := lines[i]
	if found := directive.FindStringSubmatch(line); found != nil {
		if i+1 == len(lines) || !strings.HasPrefix(lines[i+1], "```") {
			return 0, fmt.Errorf("no block follows %s", line)
		}
		p.out = append(p.out, line)
		return p.block(lines, i+1, found[1], found[2])
	}
	if strings.HasPrefix(line, "```") {
		return p.block(lines, i, "", "")
	}
	var failed error
	line = figure.ReplaceAllStringFunc(line, func(whole string) string {
		source := figure.FindStringSubmatch(whole)[1]
		value, err := figureOf(p.root, source)
		if err != nil {
			failed = fmt.Errorf("figure %s: %w", source, err)
		}
		return "<!-- figure: " + source + " -->" + value + "<!-- / -->"
	})
	p.out = append(p.out, line)
	return i + 1, failed
}

// block copies a fenced block with the body that it should have.
func (p *page) block(lines []string, i int, kind, argument string) (next int, err error) {
	language := strings.TrimPrefix(lines[i], "```")
	end := i + 1
	for end < len(lines) && lines[end] != "```" {
		end++
	}
	if end == len(lines) {
		return 0, fmt.Errorf("a block does not end")
	}
	body := strings.Join(lines[i+1:end], "\n")
	switch {
	case kind == "code":
		body, err = region(p.root, argument)
	case kind == "run" && language == "sh":
		err = p.run(body, argument)
	case kind == "by hand" && language == "sh" && argument != "":
	case language == "text" && kind == "" && p.keep:
		p.keep = false
	case language == "text" && kind == "" && p.output != nil:
		body, p.output = *p.output, nil
	default:
		err = fmt.Errorf("nothing says where this block of %q comes from", language)
	}
	p.out = append(p.out, lines[i])
	p.out = append(p.out, strings.Split(body, "\n")...)
	p.out = append(p.out, "```")
	return end + 1, err
}
