package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The two sides that every talk is played with.
const (
	fastAPI = "FastAPI"
	golang  = "Go"
)

// line is one line of a talk. Its side is empty where it holds for both.
type line struct {
	number int
	mark   string // who and what: "> ", "ann< ", "ann>> ", or empty
	side   string
	text   string
}

// message is a request or an answer, as the talk has it.
type message struct {
	head    string // "GET /items", or "200"
	body    string
	headers []string // "Name: value"
	times   int      // how many are sent at once; 0 is one
	fields  []string // of a multipart form: "name=value", or "name=@file.txt content"
}

// step is what the player does next.
type step struct {
	number int
	who    string // "" is somebody who sends one request and is gone
	what   string // "request", "answer", "say", "hear", or the first word of the line
	text   string
	message
}

var (
	spoken    = regexp.MustCompile(`^([a-z]*)(>>|<<…|<<|>|<) (?:(FastAPI|Go): )?(.*)$`)
	stated    = regexp.MustCompile(`^(?:(FastAPI|Go): )?(.+)$`)
	named     = regexp.MustCompile(`^([a-z]*): (.*)$`)
	request   = regexp.MustCompile(`^([A-Z]+ /\S*)(?: (.*))?$`)
	answer    = regexp.MustCompile(`^(\d{3}|dropped)(?: (.*))?$`)
	header    = regexp.MustCompile(`^[A-Z][A-Za-z-]*: .*$`)
	knownStep = []string{
		"env", "start", "prints:", "never", "SIGTERM", "exit", "$", "within",
		"leaves", "end", "cut", "silent", "waits", "early", "late",
	}
)

// readTalk returns the lines of a pair's talk, comments included.
func readTalk(dir string) ([]line, error) {
	source, err := os.ReadFile(filepath.Join(dir, "talk.txt"))
	if err != nil {
		return nil, err
	}
	return parseLines(string(source)), nil
}

func parseLines(source string) (lines []line) {
	for i, text := range strings.Split(strings.TrimRight(source, "\n"), "\n") {
		l := line{number: i + 1, text: text}
		if found := spoken.FindStringSubmatch(text); found != nil {
			l.mark, l.side, l.text = found[1]+found[2]+" ", found[3], found[4]
		} else if found := stated.FindStringSubmatch(text); found != nil {
			l.side, l.text = found[1], found[2]
		}
		lines = append(lines, l)
	}
	return lines
}

// steps returns what one side plays.
func steps(lines []line, side string) ([]step, error) {
	var all []step
	for _, l := range lines {
		if l.side != "" && l.side != side || l.text == "" || strings.HasPrefix(l.text, "#") {
			continue
		}
		next, more, err := parseStep(l)
		if err == nil && more {
			err = extend(all, l)
		}
		if err != nil {
			return nil, fmt.Errorf("talk.txt:%d: %w", l.number, err)
		}
		if !more {
			all = append(all, next)
		}
	}
	return all, nil
}

// parseStep returns the step that a line begins, or says that it continues the one before.
func parseStep(l line) (s step, more bool, err error) {
	s.number = l.number
	if l.mark == "" {
		word, rest, _ := strings.Cut(l.text, " ")
		if found := named.FindStringSubmatch(l.text); found != nil && found[1] != "prints" {
			s.who = found[1]
			word, rest, _ = strings.Cut(found[2], " ")
		}
		if !slices.Contains(knownStep, word) {
			return s, false, fmt.Errorf("%q is nothing that a talk knows", l.text)
		}
		s.what, s.text = strings.TrimSuffix(word, ":"), rest
		return s, false, nil
	}
	s.who = strings.TrimRight(l.mark, "<>… ")
	form, what := request, "request"
	switch strings.TrimSpace(strings.TrimPrefix(l.mark, s.who)) {
	case ">>":
		s.what, s.text = "say", l.text
		return s, false, nil
	case "<<":
		s.what, s.text = "hear", l.text
		return s, false, nil
	case "<<…":
		s.what, s.text = "wait", l.text
		return s, false, nil
	case "<":
		form, what = answer, "answer"
	}
	found := form.FindStringSubmatch(l.text)
	if found == nil {
		return s, true, nil
	}
	s.what, s.head, s.body = what, found[1], found[2]
	return s, false, nil
}

// extend adds a header, a form's field, or a line of the body to the message that the talk is at.
func extend(all []step, l line) (err error) {
	if len(all) == 0 {
		return fmt.Errorf("%q continues nothing", l.text)
	}
	last := &all[len(all)-1]
	body, isBody := strings.CutPrefix(l.text, "|")
	field, isField := strings.CutPrefix(l.text, "field ")
	switch {
	case last.what != "request" && last.what != "answer":
		return fmt.Errorf("%q continues nothing", l.text)
	case isBody:
		if last.body != "" {
			last.body += "\n"
		}
		last.body += strings.TrimPrefix(body, " ")
	case isField && last.what == "request":
		last.fields = append(last.fields, field)
	case strings.HasPrefix(l.text, "times ") && last.what == "request":
		last.times, err = strconv.Atoi(strings.TrimPrefix(l.text, "times "))
	case header.MatchString(l.text):
		last.headers = append(last.headers, l.text)
	default:
		return fmt.Errorf("%q is neither a header nor a line of the body", l.text)
	}
	return err
}

// difference is a place where the two sides are stated to differ.
type difference struct {
	what            string // the comment, or the request, above it
	fastAPI, golang []string
}

// asks says whether a client begins a request here.
func (l line) asks() bool {
	return request.MatchString(l.text) && strings.HasSuffix(l.mark, "> ") && l.mark != "service> "
}

// commented says whether a difference is named by a comment, and not by its request.
func commented(what string) bool { return what != "" && !strings.HasPrefix(what, "`") }

// differences returns what a talk states, in its order. A difference that is none is an error.
func differences(lines []line) (all []difference, err error) {
	what := ""
	var open *difference
	for _, l := range lines {
		comment, isComment := strings.CutPrefix(l.text, "# ")
		switch {
		case l.side == "":
			open = nil
			if isComment {
				what = comment
			} else if l.text == "" {
				what = ""
			} else if l.asks() && !commented(what) {
				what = "`" + l.text + "`"
			}
			continue
		case open == nil:
			all = append(all, difference{what: what})
			open = &all[len(all)-1]
		}
		if l.side == fastAPI {
			open.fastAPI = append(open.fastAPI, l.text)
		} else {
			open.golang = append(open.golang, l.text)
		}
	}
	for _, d := range all {
		if slices.Equal(d.fastAPI, d.golang) {
			return nil, fmt.Errorf("talk.txt: %s: both sides are stated to be %q", d.what, d.golang)
		}
	}
	return all, nil
}
