package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// section is a part of the table, in the order in which a learner meets things.
type section struct {
	title string
	pairs []string // folders
}

var sections = []section{
	{"The first program", []string{
		"start", "typed", "body", "response", "status", "headers", "forms", "redirects",
	}},
	{"Structure", []string{
		"router", "depends", "session", "middleware", "cors", "csrf", "errors", "settings",
		"logging", "lifespan", "static", "templates",
	}},
	{"Beside the request", []string{
		"background", "periodic", "blocking", "taskgroup", "timeout", "queue", "locks", "service",
		"leaves",
	}},
	{"Streams", []string{"streaming", "sse", "websocket", "wsauth", "broadcast"}},
	{"Tests", []string{"testing", "overrides"}},
}

// pair is what about.txt says of a folder: three lines "name: value", an empty one, and the text.
type pair struct {
	Name    string
	Title   string
	FastAPI string // what a FastAPI developer looks up
	Golang  string // and finds
	Text    string
}

// readPairs reads all pairs, and fails where a folder is in no section.
func readPairs() (all []*pair, err error) {
	listed := map[string]bool{}
	for _, section := range sections {
		for _, name := range section.pairs {
			listed[name] = true
			pair, err := readPair(name)
			if err != nil {
				return nil, err
			}
			all = append(all, pair)
		}
	}
	folders, err := filepath.Glob(filepath.Join("pairs", "*", "talk.txt"))
	for _, folder := range folders {
		if name := filepath.Base(filepath.Dir(folder)); !listed[name] {
			return nil, fmt.Errorf("pairs.go does not list the pair %s", name)
		}
	}
	return all, err
}

func readPair(name string) (*pair, error) {
	path := filepath.Join("pairs", name, "about.txt")
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	p := &pair{Name: name}
	head, text, _ := strings.Cut(string(source), "\n\n")
	p.Text = strings.TrimSpace(text)
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "title":
			p.Title = value
		case "fastapi":
			p.FastAPI = value
		case "go":
			p.Golang = value
		default:
			return nil, fmt.Errorf("%s: %q is none of title, fastapi, go", path, key)
		}
	}
	if p.Title == "" || p.FastAPI == "" || p.Golang == "" || p.Text == "" {
		return nil, fmt.Errorf("%s needs the lines title, fastapi and go, and a text", path)
	}
	return p, nil
}
