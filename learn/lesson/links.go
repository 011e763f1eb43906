package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"example.com/chat/learn/internal/github"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// checkLinks follows every link inside the repository, in all Markdown files: the file must be
// there, and so must the heading.
func checkLinks(root string) error {
	var failed []error
	err := eachFile(root, ".md", func(path, _ string) {
		links, _, err := read(path)
		if err != nil {
			failed = append(failed, err)
		}
		for _, link := range links {
			if err := follow(path, link); err != nil {
				name, _ := filepath.Rel(root, path)
				failed = append(failed, fmt.Errorf("%s: link %s: %w", name, link, err))
			}
		}
	})
	return errors.Join(append(failed, err)...)
}

// eachFile does something with each file of the repository whose name ends so.
func eachFile(root, ending string, do func(path, text string)) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() {
			if name == ".git" || name == ".venv" || name == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ending) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			do(path, string(text))
		}
		return err
	})
}

// follow returns an error for a link on a page that leads to nothing. Links to elsewhere are not
// followed.
func follow(page, link string) error {
	u, err := url.Parse(link)
	if err != nil {
		return err
	}
	if u.Scheme != "" || u.Host != "" {
		return nil
	}
	target := page
	if u.Path != "" {
		target = filepath.Join(filepath.Dir(page), filepath.FromSlash(u.Path))
	}
	if _, err := os.Stat(target); err != nil {
		return errors.New("there is no such file")
	}
	if u.Fragment == "" || filepath.Ext(target) != ".md" {
		return nil
	}
	_, headings, err := read(target)
	if err == nil && !headings[u.Fragment] {
		err = errors.New("there is no such heading")
	}
	return err
}

// read returns a page's links, its pictures included, and the names by which its headings can be
// linked to.
func read(path string) (links []string, headings map[string]bool, err error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	headings = map[string]bool{}
	markdown := goldmark.New(goldmark.WithExtensions(extension.GFM))
	document := markdown.Parser().Parse(text.NewReader(source))
	err = ast.Walk(document, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := node.(type) {
		case *ast.Link:
			links = append(links, string(n.Destination))
		case *ast.Image:
			links = append(links, string(n.Destination))
		case *ast.HTMLBlock:
			links = append(links, htmlLinks(string(n.Lines().Value(source)))...)
		case *ast.RawHTML:
			links = append(links, htmlLinks(string(n.Segments.Value(source)))...)
		case *ast.Heading:
			headings[github.Anchor(string(n.Lines().Value(source)))] = true
		}
		return ast.WalkContinue, nil
	})
	return links, headings, err
}

var htmlLink = regexp.MustCompile(`\b(?:src|srcset|href)="([^"]*)"`)

func htmlLinks(html string) (links []string) {
	for _, found := range htmlLink.FindAllStringSubmatch(html, -1) {
		links = append(links, found[1])
	}
	return links
}
