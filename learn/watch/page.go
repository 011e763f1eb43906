package main

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"example.com/chat/compare/servers"
)

//go:embed page
var pageFiles embed.FS

// often is how often a page is told what is new, at most.
const often = 40 * time.Millisecond

// site is the page, what it is told, and what it asks for.
type site struct {
	room    *room
	ctx     context.Context // of the stories that play
	missing error           // why there is no Python
	asked   chan []story    // stories to play; none starts the programs afresh
	opened  chan struct{}   // closed when the first page is shown
	open    sync.Once
}

func newSite(ctx context.Context, r *room, missing error) *site {
	return &site{
		room: r, ctx: ctx, missing: missing, asked: make(chan []story), opened: make(chan struct{}),
	}
}

// awaitPage waits until somebody looks.
func (s *site) awaitPage() bool {
	select {
	case <-s.opened:
		return true
	case <-s.ctx.Done():
		return false
	}
}

func (s *site) handler() http.Handler {
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err)
	}
	routes := http.NewServeMux()
	routes.Handle("GET /", http.FileServerFS(files))
	routes.HandleFunc("GET /pairs.json", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(servers.Root(), "static", "pairs.json"))
	})
	routes.HandleFunc("GET /events", s.events)
	routes.HandleFunc("POST /do", s.do)
	guarded := http.NewCrossOriginProtection().Handler(routes) // no other site may press a button
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		guarded.ServeHTTP(w, r)
	})
}

// message is what a page is told: all that there is, or what is new at one program.
type message struct {
	Programs []shown  `json:"programs,omitempty"` // begins anew
	Stories  []story  `json:"stories,omitempty"`
	Missing  string   `json:"missing,omitempty"`
	Program  int      `json:"program"` // whose events these are
	Sum      *sum     `json:"sum,omitempty"`
	Events   []Event  `json:"events,omitempty"`
	Story    *caption `json:"story,omitempty"`
}

// shown is a program as a page needs it.
type shown struct {
	Name  string `json:"name"`
	File  string `json:"file"`
	Lines []Line `json:"lines"`
}

type caption struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Before string `json:"before"`
	After  string `json:"after,omitempty"` // when the story is over
}

// events tells a page what happens until it is closed. Nobody waits for it, however slow it is.
func (s *site) events(w http.ResponseWriter, r *http.Request) {
	s.open.Do(func() { close(s.opened) })
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	tell := func(m message) error {
		line, err := json.Marshal(m)
		if err == nil {
			_, err = fmt.Fprintf(w, "data: %s\n\n", line)
		}
		return err
	}
	var shownSides []*side
	var next []int
	var story *told
	for {
		sides, playing, changed := s.room.view()
		if len(sides) > 0 && (len(shownSides) == 0 || sides[0] != shownSides[0]) {
			shownSides, next, story = sides, make([]int, len(sides)), nil
			if tell(s.all(sides)) != nil {
				return
			}
		}
		if playing != nil && playing != story {
			story = playing
			if tell(message{Story: captionOf(story)}) != nil {
				return
			}
		}
		var more []<-chan struct{}
		for i, side := range shownSides {
			sum, events, changed := side.journal.From(next[i])
			more = append(more, changed)
			if sum != nil {
				next[i] = sum.Dropped
			}
			next[i] += len(events)
			if sum == nil && len(events) == 0 {
				continue
			}
			if tell(message{Program: i, Sum: sum, Events: events}) != nil {
				return
			}
		}
		if out.Flush() != nil || !sleep(r.Context(), often) || !anyOf(r.Context(), changed, more) {
			return
		}
	}
}

func captionOf(t *told) *caption {
	c := &caption{Name: t.Name, Title: t.Title, Before: t.Before}
	if t.done {
		c.After = t.After
	}
	return c
}

// anyOf waits until one of the channels is closed; false means that the page is gone.
func anyOf(ctx context.Context, first <-chan struct{}, more []<-chan struct{}) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	any := make(chan struct{}, len(more)+1)
	for _, c := range append(more, first) {
		go func() {
			select {
			case <-c:
				any <- struct{}{}
			case <-ctx.Done():
			}
		}()
	}
	select {
	case <-any:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *site) all(sides []*side) message {
	m := message{Stories: stories}
	if s.missing != nil {
		m.Missing = s.missing.Error()
	}
	for _, side := range sides {
		lines, err := side.lines()
		if err != nil {
			fmt.Fprintln(os.Stderr, "watch:", err)
		}
		m.Programs = append(m.Programs, shown{side.program.Name, side.File, lines})
	}
	return m
}

// command is what a button asks for.
type command struct {
	Do      string `json:"do"`
	Client  int    `json:"client"`
	Program int    `json:"program"`
	Line    int    `json:"line"`
	Name    string `json:"name"`
}

func (s *site) do(w http.ResponseWriter, r *http.Request) {
	var c command
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&c); err != nil {
		http.Error(w, "this is not a command: "+err.Error(), http.StatusBadRequest)
		return
	}
	if err := s.command(c); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *site) command(c command) error {
	sides, _, _ := s.room.view()
	switch c.Do {
	case "come":
		return s.room.come()
	case "act":
		return s.room.act(c.Client, c.Name)
	case "block":
		if c.Program < 0 || c.Program >= len(sides) {
			return fmt.Errorf("there is no program %d", c.Program)
		}
		sides[c.Program].block(c.Line)
		return nil
	case "release":
		for _, side := range sides {
			side.tell("release")
		}
		return nil
	case "afresh":
		return s.ask(nil)
	case "story":
		chosen, err := storiesNamed(c.Name)
		if err != nil {
			return err
		}
		return s.ask(chosen)
	}
	return fmt.Errorf("unknown command %q", c.Do)
}

// ask hands stories to the director.
func (s *site) ask(chosen []story) error {
	select {
	case s.asked <- chosen:
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// direct plays what is asked for, until the end. What is asked for next ends what plays.
func (s *site) direct() error {
	var playing sync.WaitGroup
	defer playing.Wait()
	ctx, end := context.WithCancel(s.ctx)
	for {
		select {
		case <-s.ctx.Done():
			end()
			return nil
		case chosen := <-s.asked:
			end()
			playing.Wait()
			ctx, end = context.WithCancel(s.ctx)
			playing.Go(func() {
				if err := s.perform(ctx, chosen); err != nil && ctx.Err() == nil {
					fmt.Fprintln(os.Stderr, "watch:", err)
				}
			})
		}
	}
}

// perform plays stories; without any, it starts afresh with three clients.
func (s *site) perform(ctx context.Context, chosen []story) error {
	if len(chosen) > 0 {
		return s.room.play(ctx, chosen)
	}
	if _, err := s.room.afresh(); err != nil {
		return err
	}
	return s.room.comeAll(3)
}
