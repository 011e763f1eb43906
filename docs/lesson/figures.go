package main

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// figureOf returns the value of a figure: "lines PATH", or "bench SECTION / ROW / COLUMN", or "times
// SECTION / ROW / COLUMN" for the section's second table, which has ratios. The figure of "bench?" is –
// while the benchmark has no such row.
func figureOf(root, source string) (string, error) {
	kind, argument, _ := strings.Cut(source, " ")
	switch kind {
	case "lines":
		n, err := countLines(filepath.Join(root, argument))
		return fmt.Sprint(n), err
	case "bench", "bench?", "times":
		place := strings.Split(argument, " / ")
		if len(place) != 3 {
			return "", errors.New("want SECTION / ROW / COLUMN")
		}
		text, err := os.ReadFile(filepath.Join(root, "docs", "benchmark.md"))
		if err != nil {
			return "", err
		}
		table := 0
		if kind == "times" {
			table = 1
		}
		if kind == "bench?" && !strings.Contains(string(text), "\n| "+place[1]) {
			return "–", nil
		}
		return cell(string(text), place[0], table, place[1], place[2])
	}
	return "", fmt.Errorf("%q is no kind of figure", kind)
}

// cell looks a figure up in a Markdown page: in the table of the section whose title begins so.
func cell(text, section string, table int, row, column string) (string, error) {
	_, text, found := strings.Cut(text, "\n## "+section)
	if !found {
		return "", fmt.Errorf("docs/benchmark.md has no section %q", section)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	var tables [][][]string
	within := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			within = false
			continue
		}
		if !within {
			tables = append(tables, nil)
		}
		within = true
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.ReplaceAll(strings.TrimSpace(cells[i]), "**", "")
		}
		tables[len(tables)-1] = append(tables[len(tables)-1], cells)
	}
	if table >= len(tables) {
		return "", fmt.Errorf("section %q has %d tables", section, len(tables))
	}
	for i, name := range tables[table][0] {
		if name != column {
			continue
		}
		for _, cells := range tables[table] {
			if strings.HasPrefix(cells[0], row) && i < len(cells) {
				return cells[i], nil
			}
		}
	}
	return "", fmt.Errorf("section %q has no %q of %q", section, column, row)
}

// countLines counts lines of code, without comments and empty lines; of a folder, those of its Go files that are no tests.
func countLines(path string) (int, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	files := []string{path}
	if info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(path, "*.go")); err != nil {
			return 0, err
		}
	}
	sum := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		if filepath.Ext(file) == ".py" {
			sum += pythonLines(string(source))
		} else {
			sum += goLines(source)
		}
	}
	return sum, nil
}

// goLines counts the lines on which some token begins, or a string goes on.
func goLines(source []byte) int {
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, 0)
	code := map[int]bool{}
	for {
		position, kind, text := s.Scan()
		if kind == token.EOF {
			return len(code)
		}
		if kind == token.SEMICOLON && text == "\n" {
			continue
		}
		first := file.Line(position)
		for line := first; line <= first+strings.Count(text, "\n"); line++ {
			code[line] = true
		}
	}
}

// pythonLines counts lines that are neither empty nor comments nor docstrings.
func pythonLines(source string) (n int) {
	within := false
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		quotes := strings.Count(line, `"""`)
		switch {
		case within || strings.HasPrefix(line, `"""`):
			within = within != (quotes%2 == 1)
		case line != "" && !strings.HasPrefix(line, "#"):
			n++
		}
	}
	return n
}
