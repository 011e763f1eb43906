package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"

	"example.com/chat/compare/servers"
)

// maxClients are connected at once: a page has no room for more.
const maxClients = 8

// room is the programs and their clients. Each client does the same at every program. Its lock is
// never held while anything waits for a program.
type room struct {
	starter  *starter
	programs []program
	starting sync.Mutex // held while the programs start

	mu      sync.Mutex
	sides   []*side
	nextID  int           // of the next client
	told    *told         // the story that plays, or played last
	changed chan struct{} // closed when the sides or the told story change
}

// side is one program, and the clients at it.
type side struct {
	*running
	mu      sync.Mutex
	clients map[int]*client
}

func newRoom(s *starter, programs []program) *room {
	return &room{starter: s, programs: programs, nextID: 1, changed: make(chan struct{})}
}

// afresh ends all programs and starts them again, without clients. Without Python, the programs of
// Go start alone; missing says how to get it.
func (r *room) afresh() (missing error, err error) {
	r.starting.Lock()
	defer r.starting.Unlock()
	r.close()
	var sides []*side
	for _, p := range r.programs {
		started, startErr := r.starter.start(p)
		if errors.Is(startErr, servers.ErrNoFastAPI) && os.Getenv("REQUIRE_FASTAPI") != "1" {
			missing = startErr
			continue
		}
		if startErr != nil {
			for _, s := range sides {
				s.stop()
			}
			return missing, fmt.Errorf("%s does not start: %w", p.File, startErr)
		}
		sides = append(sides, &side{running: started, clients: map[int]*client{}})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sides, r.nextID, r.told = sides, 1, nil
	r.tellLocked()
	return missing, nil
}

// close ends all programs. The room stays empty until it is started afresh.
func (r *room) close() {
	r.mu.Lock()
	sides := r.sides
	r.sides = nil
	r.mu.Unlock()
	for _, s := range sides {
		for _, c := range s.all() {
			c.end("the program is ended")
		}
		s.stop()
	}
}

func (r *room) tellLocked() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// view is the sides and the story, as they are now; changed is closed when they are others.
func (r *room) view() (sides []*side, story *told, changed <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sides, r.told, r.changed
}

// come lets a new client connect to every program.
func (r *room) come() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	open := map[int]bool{}
	for _, s := range r.sides {
		for _, c := range s.all() {
			if !c.isOver() {
				open[c.id] = true
			}
		}
	}
	if len(open) >= maxClients {
		return fmt.Errorf("there are %d clients: let one close first", maxClients)
	}
	id := r.nextID
	r.nextID++
	for _, s := range r.sides {
		s.come(id)
	}
	return nil
}

func (r *room) comeAll(n int) error {
	for range n {
		if err := r.come(); err != nil {
			return err
		}
	}
	return nil
}

func (s *side) come(id int) *client {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.clients, func(_ int, c *client) bool { return c.isOver() })
	s.clients[id] = connect(id, s.running)
	return s.clients[id]
}

func (s *side) client(id int) *client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clients[id]
}

func (s *side) all() []*client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.clients))
}

// act lets a client do the same at every program.
func (r *room) act(id int, action string) error {
	do, ok := actions[action]
	if !ok {
		return fmt.Errorf("unknown action %q", action)
	}
	sides, _, _ := r.view()
	done := false
	for _, s := range sides {
		c := s.client(id)
		if c == nil {
			continue
		}
		if action == "cut" || action == "stop" { // at once, whatever it still writes
			done = !c.isOver() || done
			do(c)
			continue
		}
		done = c.do(func() { do(c) }) || done
	}
	if !done {
		return fmt.Errorf("client %d is gone or busy", id)
	}
	return nil
}
