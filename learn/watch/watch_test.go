package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/chat/compare/servers"
)

const patience = 30 * time.Second

func TestMain(m *testing.M) {
	code := m.Run()
	servers.Cleanup()
	os.Exit(code)
}

// playAt plays a story at one program, and returns the program and what happened there.
func playAt(t *testing.T, name, at string) (*side, []Event) {
	t.Helper()
	s := startProgram(t, at)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	found, err := storiesNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	found[0].play(ctx, &stage{side: s})
	_, events, _ := s.journal.From(0)
	if testing.Verbose() || t.Failed() {
		t.Log(strings.Join(told1(s, events), "\n"))
	}
	return s, events
}

func told1(s *side, events []Event) []string {
	var l []string
	lines, _ := s.lines()
	for i, e := range events {
		text := ""
		if e.Line() > 0 {
			text = strings.TrimSpace(lines[e.Line()-1].Text)
		}
		l = append(l, fmt.Sprintf("%d %s #%d%s %v to=%d %s %.100q %v skip=%v | %s", i, e.Kind, e.Client, e.Part, e.Lines, e.To, e.Name, e.Value, e.List, e.Skipped, text))
	}
	if len(l) > 150 {
		l = append(l[:30], l[len(l)-120:]...)
	}
	return l
}

// startProgram starts one program alone.
func startProgram(t *testing.T, name string) *side {
	t.Helper()
	i := slices.IndexFunc(programs, func(p program) bool { return p.Name == name })
	if programs[i].isPython() {
		servers.NeedFastAPI(t)
	}
	starter, err := newStarter()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(starter.close)
	r := newRoom(starter, programs[i:i+1])
	if _, err := r.afresh(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r.sides[0]
}

func TestX(t *testing.T) {
	_, _ = errors.New, context.Background
	playAt(t, os.Getenv("STORY"), os.Getenv("AT"))
}
