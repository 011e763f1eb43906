package main

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// figureOf returns the value of a figure: "lines PATH", or "bench SECTION / ROW / COLUMN".
func figureOf(root, source string) (string, error) {
	kind, argument, _ := strings.Cut(source, " ")
	switch kind {
	case "lines":
		n, err := countLines(filepath.Join(root, argument))
		return fmt.Sprint(n), err
	case "bench":
		place := strings.Split(argument, " / ")
		if len(place) != 3 {
			return "", errors.New("want SECTION / ROW / COLUMN")
		}
		text, err := os.ReadFile(filepath.Join(root, "docs", "benchmark.md"))
		if err != nil {
			return "", err
		}
		return cell(string(text), place[0], place[1], place[2])
	}
	return "", fmt.Errorf("%q is no kind of figure", kind)
}

// cell looks a figure up in a Markdown page: in the first table of the section whose title begins
// so, in the row that begins so.
func cell(text, section, row, column string) (string, error) {
	_, text, found := strings.Cut(text, "\n## "+section)
	if !found {
		return "", fmt.Errorf("docs/benchmark.md has no section %q", section)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	at := -1 // the column's place, once the table has begun
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.ReplaceAll(line, "**", ""), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case at < 0:
			at = slices.Index(cells, column)
		case len(cells) > at && strings.HasPrefix(cells[1], row):
			return cells[at], nil
		}
	}
	return "", fmt.Errorf("section %q has no %q of %q", section, column, row)
}

// countLines counts lines of code, without comments and empty lines; of a folder, those of its Go
// files that are no tests.
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
