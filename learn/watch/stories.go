package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	quiet     = 700 * time.Millisecond // without an event: then a step of a story is over
	stuck     = 2 * time.Second        // without an answer: the room stands
	longWords = 300                    // long messages at most: more than any kernel keeps
	toRead    = 8 * time.Second        // between two stories
)

// story is played by the clients of each program, with a sentence before and after.
type story struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Before string `json:"before"`
	After  string `json:"-"` // told when it is over
	play   func(context.Context, *stage)
}

var stories = []story{
	{
		"stops-reading", "A client stops reading",
		"#2 stops reading. #1 speaks on, with long messages; then #3 says hello.",
		"FastAPI: #1 and #3 wait in broadcast until #2 reads. Within a minute #1 is closed with " +
			"1011, and its handler still stands there. Go: Send waited a moment, then #2 was " +
			"cut off.",
		stopsReading,
	},
	{
		"last-word", "A last word",
		"#1 says a last word and closes at once. Then #2 says hello.",
		"FastAPI: the answer to #1 raises, so its word is not told to the others. " +
			"Go: the word is heard, because Send only queues it.",
		lastWord,
	},
	{
		"binary", "Binary",
		"#1 sends a binary message. Then #2 speaks, and #3.",
		"FastAPI: receive_text raises KeyError, which nobody catches. #1 stays in the list, and " +
			"whoever speaks next fails on it. Go: ReceiveText returns an error, and #1 leaves.",
		binaryMessage,
	},
	{
		"cross", "Two broadcasts cross",
		"#3 stops reading. #1 speaks on, until it waits for #3. #2 says hello. Then #3 reads on.",
		"FastAPI: #2 began its broadcast while #1 was within the same loop. " +
			"Go: never two of them, because one holds the lock and the other waits for it.",
		cross,
	},
	{
		"leaves", "Somebody leaves while you speak",
		"#2 stops reading. #4 speaks on, until it waits for #2. Then #1 leaves, and #2 reads on.",
		"FastAPI: #1's leaving moved the list under #4's loop, which passed over #3: it never " +
			"hears that message. Go: the list cannot change while the lock is held.",
		leaves,
	},
	{
		"block", "Block here",
		"#1 says hello, and is blocked within its broadcast, as time.sleep(10) would. " +
			"#2 and #3 say hello, and #4 connects.",
		"FastAPI: everybody stands, and #4 cannot even connect. Go: #2, #3 and #4 wait for the " +
			"lock, which #1 holds. Block #1 at its answer instead, and in Go the others talk on.",
		blockHere,
	},
}

// told is the story that plays, or played last.
type told struct {
	story
	done bool
}

// storiesNamed finds a story; "all" is all of them.
func storiesNamed(name string) ([]story, error) {
	if name == "all" {
		return stories, nil
	}
	for _, s := range stories {
		if s.Name == name {
			return []story{s}, nil
		}
	}
	return nil, fmt.Errorf("no story %q: there is %s", name, storyNames())
}

// play plays stories one after the other, each on fresh programs.
func (r *room) play(ctx context.Context, chosen []story) error {
	for i, s := range chosen {
		if i > 0 && !sleep(ctx, toRead) {
			return ctx.Err()
		}
		if err := r.playOne(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (r *room) playOne(ctx context.Context, s story) error {
	if _, err := r.afresh(); err != nil {
		return err
	}
	r.setTold(&s, false)
	sides, _, _ := r.view()
	var all sync.WaitGroup
	for _, side := range sides {
		all.Go(func() { s.play(ctx, &stage{side: side}) })
	}
	all.Wait()
	r.mu.Lock()
	r.nextID = 1
	for _, side := range r.sides {
		for _, c := range side.all() {
			r.nextID = max(r.nextID, c.id+1)
		}
	}
	r.mu.Unlock()
	if ctx.Err() == nil {
		r.setTold(&s, true)
	}
	return ctx.Err()
}

func (r *room) setTold(s *story, done bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = &told{story: *s, done: done}
	r.tellLocked()
}

// stage is one program while a story plays there.
type stage struct {
	*side
	next int // the number of the next event to look at
}

// come lets clients connect, each after the one before is in the manager's list.
func (s *stage) come(ctx context.Context, ids ...int) {
	for _, id := range ids {
		s.side.come(id)
		s.until(ctx, 10*time.Second, func(e Event) bool {
			return e.Kind == "list" && slices.Contains(e.List, id)
		})
	}
	s.settle(ctx)
}

// act is what a client does.
func (s *stage) act(id int, action string) {
	if c := s.client(id); c != nil {
		c.do(func() { actions[action](c) })
	}
}

// until waits for an event; false means that it does not come in time.
func (s *stage) until(ctx context.Context, limit time.Duration, what func(Event) bool) bool {
	late := time.After(limit)
	for {
		sum, events, changed := s.journal.From(s.next)
		if sum != nil {
			s.next = sum.Dropped
		}
		for _, e := range events {
			s.next++
			if what(e) {
				return true
			}
		}
		select {
		case <-changed:
		case <-late:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// settle waits until nothing more happens.
func (s *stage) settle(ctx context.Context) {
	for {
		sum, events, changed := s.journal.From(s.next)
		if sum != nil {
			s.next = sum.Dropped
		}
		s.next += len(events)
		select {
		case <-changed:
		case <-time.After(quiet):
			return
		case <-ctx.Done():
			return
		}
	}
}

// sleep returns false if it was ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// speakOn lets a client say long messages until the room stands, or slow is cut off.
func (s *stage) speakOn(ctx context.Context, speaker, slow int) {
	c := s.client(speaker)
	for i := range longWords {
		text := fmt.Sprintf("long message %d ", i+1)
		c.do(func() { c.says(text + strings.Repeat("w", longText)) })
		patient, cancel := context.WithTimeout(ctx, stuck)
		err := c.hears(patient, fmt.Sprintf("Client #%d says: %s", speaker, text))
		cancel()
		if err != nil || s.isGone(slow) {
			return
		}
	}
}

// isGone says whether a client is no longer in the manager's list, by the last event of it.
func (s *stage) isGone(id int) (gone bool) {
	_, events, _ := s.journal.From(s.next)
	for _, e := range events {
		if e.Kind == "list" {
			gone = !slices.Contains(e.List, id)
		}
	}
	return gone
}

func stopsReading(ctx context.Context, s *stage) {
	s.come(ctx, 1, 2, 3)
	s.act(2, "stop")
	s.speakOn(ctx, 1, 2)
	s.act(3, "hello")
	s.settle(ctx)
}

func lastWord(ctx context.Context, s *stage) {
	s.come(ctx, 1, 2, 3)
	s.act(1, "last")
	s.settle(ctx)
	s.act(2, "hello")
	s.settle(ctx)
}

func binaryMessage(ctx context.Context, s *stage) {
	s.come(ctx, 1, 2, 3)
	s.act(1, "binary")
	s.settle(ctx)
	s.act(2, "hello")
	s.settle(ctx)
	s.act(3, "hello")
	s.settle(ctx)
}

func cross(ctx context.Context, s *stage) {
	s.come(ctx, 1, 2, 3)
	s.act(3, "stop")
	s.speakOn(ctx, 1, 3)
	s.act(2, "hello")
	s.settle(ctx)
	s.act(3, "stop") // it reads on
	s.settle(ctx)
}

func leaves(ctx context.Context, s *stage) {
	s.come(ctx, 1, 2, 3, 4)
	s.act(2, "stop")
	s.speakOn(ctx, 4, 2)
	s.act(1, "close")
	s.settle(ctx)
	s.act(2, "stop") // it reads on
	s.settle(ctx)
}

func blockHere(ctx context.Context, s *stage) {
	s.come(ctx, 1, 2, 3)
	s.block(s.lineOf(s.Send))
	s.until(ctx, 10*time.Second, func(e Event) bool { return e.Kind == "armed" })
	s.act(1, "hello")
	s.until(ctx, 10*time.Second, func(e Event) bool { return e.Kind == "held" })
	s.act(2, "hello")
	s.act(3, "hello")
	s.side.come(4)
	s.settle(ctx)
}
