package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	_ "embed"
	"example.com/chat/learn/internal/github"

	"github.com/pmezard/go-difflib/difflib"
)

const pagePath = "../docs/pairs.md"

//go:embed page.tmpl
var pageText string

// entry is a pair as the page shows it.
type entry struct {
	*pair
	Files       []file
	Python, Go  int // lines of code
	Differences []row
	Talk        string
}

type file struct{ Name, Language, Text string }

// row is a stated difference, in Markdown.
type row struct{ What, FastAPI, Go string }

type chapter struct {
	Title   string
	Entries []*entry
}

// updatePage makes docs/pairs.md, or compares it.
func updatePage(all []*pair, check bool) error {
	fresh, err := makePage(all)
	if err != nil {
		return err
	}
	old, err := os.ReadFile(pagePath)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	if fresh == string(old) {
		return nil
	}
	if !check {
		return os.WriteFile(pagePath, []byte(fresh), 0o644)
	}
	diff, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(string(old)), B: difflib.SplitLines(fresh),
		FromFile: "docs/pairs.md", ToFile: "docs/pairs.md as it would be", Context: 3,
	})
	if err != nil {
		return err
	}
	return fmt.Errorf("docs/pairs.md is out of date; go run -C learn ./pairs mends it:\n%s", diff)
}

func makePage(all []*pair) (string, error) {
	functions := template.FuncMap{"anchor": github.Anchor, "inTable": inTable}
	parsed, err := template.New("page").Funcs(functions).Parse(pageText)
	if err != nil {
		return "", err
	}
	entries := map[string]*entry{}
	for _, p := range all {
		if entries[p.Name], err = newEntry(p, all); err != nil {
			return "", fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	var data struct {
		Chapters    []chapter
		Least, Most string // how many times the lines Go needs
		Pairs       int
		Mutants     int
	}
	least, most := 1000.0, 0.0
	for _, section := range sections {
		c := chapter{Title: section.title}
		for _, name := range section.pairs {
			e := entries[name]
			c.Entries = append(c.Entries, e)
			least = min(least, float64(e.Go)/float64(e.Python))
			most = max(most, float64(e.Go)/float64(e.Python))
			mutants, err := readMutants(name)
			if err != nil {
				return "", err
			}
			data.Mutants += len(mutants)
		}
		data.Chapters = append(data.Chapters, c)
	}
	data.Pairs = len(all)
	data.Least, data.Most = fmt.Sprintf("%.1f", least), fmt.Sprintf("%.1f", most)
	var b bytes.Buffer
	err = parsed.Execute(&b, data)
	return b.String(), err
}

// shown are the files of a pair that the page has, in this order.
var shown = []string{"main.py", "test_*.py", "templates/*", "main.go", "*_test.go", "*.tmpl"}

func newEntry(p *pair, all []*pair) (*entry, error) {
	dir := filepath.Join("pairs", p.Name)
	e := &entry{pair: p}
	for _, pattern := range shown {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			f, err := readFile(dir, path)
			if err != nil {
				return nil, err
			}
			e.Files = append(e.Files, f)
			switch f.Language {
			case "python":
				e.Python += countLines(f.Text, "#")
			case "go":
				e.Go += countLines(f.Text, "//")
			}
		}
	}
	lines, err := readTalk(dir)
	if err != nil {
		return nil, err
	}
	stated, err := differences(lines)
	if err != nil {
		return nil, err
	}
	for _, d := range stated {
		r := row{inTable(d.what), codes(d.fastAPI), codes(d.golang)}
		e.Differences = append(e.Differences, r)
	}
	talk, err := os.ReadFile(filepath.Join(dir, "talk.txt"))
	e.Talk = strings.TrimSpace(string(talk))
	e.Text = linked(p.Text, all)
	return e, err
}

var languages = map[string]string{".py": "python", ".go": "go", ".html": "html", ".tmpl": "html"}

func readFile(dir, path string) (file, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return file{}, err
	}
	name, err := filepath.Rel(dir, path)
	return file{
		filepath.ToSlash(name), languages[filepath.Ext(path)], strings.TrimSpace(string(text)),
	}, err
}

// countLines counts lines of code, without empty ones and comments.
func countLines(text, comment string) (n int) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		isComment := strings.HasPrefix(line, comment) && !strings.HasPrefix(line, "//go:")
		if line != "" && !isComment {
			n++
		}
	}
	return n
}

// codes is Markdown for what one side says, one below the other.
func codes(lines []string) string {
	if lines == nil {
		return "–"
	}
	lines = slices.Clone(lines)
	for i, line := range lines {
		lines[i] = inTable(inWords(line))
	}
	return strings.Join(lines, "<br>")
}

// words are what a table says in place of a talk's terms.
var words = []struct {
	term *regexp.Regexp
	said string
}{
	{regexp.MustCompile(`^[a-z]*:? ?late (.*)$`), "answered after $1 or later"},
	{regexp.MustCompile(`^[a-z]*:? ?early (.*)$`), "answered within $1"},
	{regexp.MustCompile(`^[a-z]*: silent (.*)$`), "nothing for $1"},
	{regexp.MustCompile(`^[a-z]*: waits (.*)$`), "no answer for $1"},
	{regexp.MustCompile(`^[a-z]*: end$`), "the connection is closed"},
	{regexp.MustCompile(`^dropped$`), "the connection is dropped, without an answer"},
	{regexp.MustCompile(`^exit (\d+)$`), "exit status $1"},
	{regexp.MustCompile(`^exit SIGTERM$`), "ended by SIGTERM"},
	{regexp.MustCompile(`^prints: (.*)$`), "prints `$1`"},
	{regexp.MustCompile(`^never prints: (.*)$`), "does not print `$1`"},
	{regexp.MustCompile(`^([A-Za-z-]+): none$`), "no `$1`"},
}

// inWords is a line of a talk in words, or as code.
func inWords(line string) string {
	for _, w := range words {
		if w.term.MatchString(line) {
			return w.term.ReplaceAllString(line, w.said)
		}
	}
	return "`" + line + "`"
}

// inTable is text that may stand in a table of Markdown.
func inTable(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

var pairLink = regexp.MustCompile(`\]\(#([a-z]+)\)`)

// linked turns links to a pair's folder, as [csrf](#csrf), into links to its heading.
func linked(text string, all []*pair) string {
	return pairLink.ReplaceAllStringFunc(text, func(link string) string {
		name := pairLink.FindStringSubmatch(link)[1]
		for _, p := range all {
			if p.Name == name {
				return "](#" + github.Anchor(p.Title) + ")"
			}
		}
		return link
	})
}
