package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/chat/compare/servers"
)

func TestWithoutPythonTheGoHalfRunsAlone(t *testing.T) {
	t.Setenv("REQUIRE_FASTAPI", "")
	starter, err := newStarter()
	if err != nil {
		t.Fatal(err)
	}
	defer starter.close()
	starter.python = func() (string, error) {
		return "", fmt.Errorf("%w: run this", servers.ErrNoFastAPI)
	}
	r := newRoom(starter, programs[:2])
	missing, err := r.afresh()
	defer r.close()
	if err != nil || missing == nil || !strings.HasSuffix(missing.Error(), "run this") {
		t.Fatalf("missing: %v, error: %v", missing, err)
	}
	if len(r.sides) != 1 || r.sides[0].File != "manager.go" {
		t.Errorf("there run %d programs", len(r.sides))
	}
}

// TestAStrangerIsNotTakenForAProgram dials the port that the programs dial.
func TestAStrangerIsNotTakenForAProgram(t *testing.T) {
	starter, err := newStarter()
	if err != nil {
		t.Fatal(err)
	}
	defer starter.close()
	stranger, err := net.Dial("tcp", starter.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	fmt.Fprintf(stranger, "\n{\"kind\":\"list\",\"list\":[7]}\n")
	r := newRoom(starter, []program{named(t, "go")})
	if _, err := r.afresh(); err != nil {
		t.Fatal(err)
	}
	defer r.close()
	s := &stage{side: r.sides[0]}
	s.come(soon(t), 1)
	scriptOf(t, s.side).follows(t, "list [1]")
	scriptOf(t, s.side).never(t, "list [7]")
}

func TestNobodyWaitsForAClientThatIsBusy(t *testing.T) {
	r := startRoom(t, "go")
	for range maxClients {
		if err := r.come(); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.come(); err == nil || !strings.Contains(err.Error(), "let one close first") {
		t.Errorf("one client too many: %v", err)
	}
	for what, err := range map[string]error{
		"unknown action":  r.act(1, "sing"),
		"is gone or busy": r.act(99, "hello"),
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("want %q, got %v", what, err)
		}
	}
	s := &stage{side: r.sides[0]}
	holds := func(n int) func(Event) bool {
		return func(e Event) bool { return e.Kind == "list" && len(e.List) == n }
	}
	s.until(soon(t), patience, holds(maxClients))
	if err := r.act(1, "cut"); err != nil {
		t.Error(err)
	}
	if !s.until(soon(t), patience, holds(maxClients-1)) {
		t.Error("whose line is cut stays in the list")
	}
	if err := r.come(); err != nil {
		t.Errorf("after one is gone: %v", err)
	}
}

func TestTheThirdProgramAndTheStoryMustBeKnown(t *testing.T) {
	if _, err := chosen("nothing"); err == nil ||
		!strings.Contains(err.Error(), "fixed, plain, hub") {
		t.Errorf("got %v", err)
	}
	_, err := storiesNamed("nothing")
	if err == nil || !strings.Contains(err.Error(), "all, stops-reading, last-word") {
		t.Errorf("got %v", err)
	}
	three, err := chosen("fixed")
	if err != nil || len(three) != 3 || three[2].File != "fastapi/fixed.py" {
		t.Errorf("got %v, %v", three, err)
	}
}

func TestThePageTakesNothingFromOtherSitesAndNoNonsense(t *testing.T) {
	site := httptest.NewServer(newSite(soon(t), startRoom(t, "go"), nil).handler())
	defer site.Close()
	for _, c := range []struct {
		body, origin string
		status       int
	}{
		{`{"do":"come"}`, "", http.StatusNoContent},
		{`{"do":"come"}`, site.URL, http.StatusNoContent},
		{`{"do":"come"}`, "https://evil.example", http.StatusForbidden},
		{`{"do":`, "", http.StatusBadRequest},
		{`{"do":"sing"}`, "", http.StatusConflict},
		{`{"do":"block","program":5,"line":1}`, "", http.StatusConflict},
		{`{"do":"story","name":"nothing"}`, "", http.StatusConflict},
	} {
		request, _ := http.NewRequest("POST", site.URL+"/do", strings.NewReader(c.body))
		if c.origin != "" {
			request.Header.Set("Origin", c.origin)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != c.status {
			t.Errorf("%s from %q: %s, want %d", c.body, c.origin, answer.Status, c.status)
		}
	}
}

// TestInGoTheOthersTalkOnWhileOneIsBlockedAtItsAnswer blocks a client where it holds no lock.
func TestInGoTheOthersTalkOnWhileOneIsBlockedAtItsAnswer(t *testing.T) {
	s := &stage{side: startRoom(t, "go").sides[0]}
	ctx := soon(t)
	s.come(ctx, 1, 2, 3)
	s.block(s.lineOf("manager.SendPersonalMessage("))
	s.until(ctx, patience, func(e Event) bool { return e.Kind == "armed" })
	s.act(1, "hello")
	if !s.until(ctx, patience, func(e Event) bool { return e.Kind == "held" }) {
		t.Fatal("#1 is not blocked")
	}
	s.act(2, "hello")
	if err := s.client(3).hears(ctx, "Client #2 says: hello"); err != nil {
		t.Error(err)
	}
	s.tell("release")
	if err := s.client(3).hears(ctx, "Client #1 says: hello"); err != nil {
		t.Errorf("after #1 is let go on: %v", err)
	}
}
