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

// figureOf returns the value of a figure: "lines PATH", "bench SECTION / ROW / COLUMN", or
// "difference ROW / COLUMN", a cell of docs/differences.md.
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
		section, err := section(string(text), place[0])
		if err != nil {
			return "", fmt.Errorf("docs/benchmark.md: %w", err)
		}
		return cell(section, place[1], place[2])
	case "difference":
		row, column, _ := strings.Cut(argument, " / ")
		text, err := os.ReadFile(filepath.Join(root, "docs", "differences.md"))
		if err != nil {
			return "", err
		}
		return cell(string(text), row, column)
	}
	return "", fmt.Errorf("%q is no kind of figure", kind)
}

// section returns the section of a Markdown page whose title begins so.
func section(text, title string) (string, error) {
	_, text, found := strings.Cut(text, "\n## "+title)
	if !found {
		return "", fmt.Errorf("there is no section %q", title)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text, nil
}

// cell looks a figure up in the first table of a text, in the row that begins so.
func cell(text, row, column string) (string, error) {
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
	return "", fmt.Errorf("there is no %q of %q", column, row)
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
