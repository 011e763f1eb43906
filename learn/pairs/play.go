package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// limit is how long a talk waits for any one thing. It is generous: machines are busy.
const limit = 10 * time.Second

const dataRace = "WARNING: DATA RACE"

// alarms are lines that no program may print, unless the talk says that it does.
var alarms = []string{
	dataRace, "panic:", "panic serving", "superfluous response.WriteHeader",
	"Traceback (most recent call last)", "was never awaited", "exception was never retrieved",
}

// player plays one side of a talk.
type player struct {
	program *program
	process *process
	env     []string
	people  map[string][]*client
	service *service
	said    []string      // what the talk says that the program prints
	within  time.Duration // the limit of the next wait
	serving bool          // the program listens
}

// play has the pair's talk with one side, perhaps changed by a mutant.
func play(ctx context.Context, pair, side string, m *mutant, race bool) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	lines, err := readTalk("pairs/" + pair)
	if err != nil {
		return err
	}
	todo, err := steps(lines, side)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "pair-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	program := &program{pair: pair, side: side, mutant: m, race: race, scratch: scratch}
	if err := program.prepare(ctx); err != nil {
		return fmt.Errorf("%w: %w", errNotPlayed, err)
	}
	p := &player{program: program, people: map[string][]*client{}, within: limit}
	defer p.close()
	return p.talk(ctx, todo)
}

// errNotPlayed is that of a program which does not even build.
var errNotPlayed = errors.New("not played")

func (p *player) close() {
	for _, all := range p.people {
		for _, c := range all {
			c.leave()
		}
	}
	if p.process != nil {
		p.process.kill()
	}
	if p.service != nil {
		p.service.Close()
	}
}

func (p *player) talk(ctx context.Context, todo []step) error {
	for _, s := range todo {
		if err := p.step(ctx, s); err != nil {
			said := s.what + " " + s.head + s.text
			return fmt.Errorf("talk.txt:%d: %s: %w\n%s", s.number, said, err, p.printed())
		}
	}
	return p.alarm(alarms...)
}

func (p *player) printed() string {
	if p.process == nil {
		return ""
	}
	return "it printed:\n" + p.process.output.String()
}

// alarm returns an error if the program printed one of the words, which no program should.
func (p *player) alarm(words ...string) error {
	for line := range strings.Lines(p.printed()) {
		for _, word := range words {
			if strings.Contains(line, word) && !p.wasSaid(line) {
				return fmt.Errorf("it printed what the talk does not have: %s", p.printed())
			}
		}
	}
	return nil
}

func (p *player) wasSaid(line string) bool {
	for _, pattern := range p.said {
		if glob("…"+pattern+"…", line) {
			return true
		}
	}
	return false
}

// step plays one step, with a limit.
func (p *player) step(ctx context.Context, s step) error {
	if s.what == "request" && s.who != "service" && !p.serving {
		if err := p.serve(ctx); err != nil {
			return err
		}
	}
	if s.what == "within" {
		d, err := time.ParseDuration(s.text)
		p.within = d
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, p.within)
	defer cancel()
	if s.what != "request" && s.what != "say" {
		p.within = limit
	}
	if s.who == "service" {
		return p.service.step(waiting, s)
	}
	return p.do(ctx, waiting, s)
}

// do plays a step of the program or of a client.
func (p *player) do(ctx, waiting context.Context, s step) (err error) {
	if p.process == nil && s.what != "env" && s.what != "start" && s.what != "$" {
		return errors.New("the program has not been started")
	}
	switch s.what {
	case "env":
		if strings.Contains(s.text, "{service}") {
			p.service = startService()
			s.text = strings.ReplaceAll(s.text, "{service}", p.service.URL)
		}
		p.env = append(p.env, s.text)
	case "start", "$":
		return p.start(ctx, s.text)
	case "request":
		return p.ask(ctx, s)
	case "prints":
		p.said = append(p.said, s.text)
		return p.prints(waiting, s.text)
	case "never":
		pattern := "…" + strings.TrimPrefix(s.text, "prints: ") + "…"
		if glob(pattern, p.process.output.String()) {
			err = errors.New("it was printed")
		}
	case "SIGTERM":
		return p.process.cmd.Process.Signal(syscall.SIGTERM)
	case "exit":
		return p.exit(waiting, s.text)
	default:
		return p.withClients(waiting, s)
	}
	return err
}

// ask sends a request, or many at once.
func (p *player) ask(ctx context.Context, s step) error {
	p.people[s.who] = nil
	for range max(1, s.times) {
		c, err := ask(ctx, fmt.Sprint("http://127.0.0.1:", p.program.port), s.message)
		if err != nil {
			return err
		}
		p.people[s.who] = append(p.people[s.who], c)
	}
	return nil
}

// serve waits until the program listens, and starts it if the talk did not.
func (p *player) serve(ctx context.Context) error {
	if p.process == nil {
		if err := p.start(ctx, ""); err != nil {
			return err
		}
	}
	p.serving = true
	ctx, cancel := context.WithTimeout(ctx, 2*limit)
	defer cancel()
	return p.process.serving(ctx, p.program.port)
}

// start starts the program, or again once it has ended; or runs the command of a line.
func (p *player) start(ctx context.Context, line string) (err error) {
	if p.process != nil {
		p.process.kill()
		if err := p.alarm(dataRace); err != nil { // one that did not start may say why
			return err
		}
	}
	p.serving = false
	p.process, err = p.program.start(ctx, line, p.env)
	return err
}

func (p *player) prints(ctx context.Context, pattern string) error {
	for !p.process.output.prints(pattern) {
		select {
		case <-p.process.output.grown:
		case <-ctx.Done():
			return errors.New("it is not printed")
		}
	}
	return nil
}

func (p *player) exit(ctx context.Context, want string) error {
	got, err := p.process.end(ctx)
	if err == nil && got != want {
		err = fmt.Errorf("the program ended with %s", got)
	}
	return err
}

// withClients plays a step of those who have asked under a name.
func (p *player) withClients(ctx context.Context, s step) error {
	if p.people[s.who] == nil {
		return errors.New("nobody of that name has asked")
	}
	if s.what == "early" || s.what == "late" {
		return p.took(s)
	}
	for _, c := range p.people[s.who] {
		if err := c.step(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) step(ctx context.Context, s step) error {
	switch s.what {
	case "answer":
		return c.answer(ctx, s)
	case "say":
		return c.say(s.text)
	case "leaves":
		c.leave()
		return nil
	case "silent":
		return quiet(s.text, c.hear)
	case "waits":
		return quiet(s.text, c.answered)
	}
	text, err := c.hear(ctx)
	for s.what == "wait" && err == nil && !glob(s.text, text) {
		text, err = c.hear(ctx)
	}
	switch {
	case s.what == "wait" && err == nil,
		s.what == "hear" && err == nil && glob(s.text, text),
		s.what == "end" && errors.Is(err, io.EOF),
		s.what == "cut" && err != nil && !errors.Is(err, io.EOF) && ctx.Err() == nil:
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("heard %q", text)
}

// took checks how long the last of the answers took.
func (p *player) took(s step) error {
	mark, err := time.ParseDuration(s.text)
	if err != nil {
		return err
	}
	took := time.Duration(0)
	for _, c := range p.people[s.who] {
		took = max(took, c.took)
	}
	if (took < mark) != (s.what == "early") {
		return fmt.Errorf("it took %v", took)
	}
	return nil
}

// quiet checks that a function that waits goes on waiting for that long.
func quiet(text string, hear func(context.Context) (string, error)) error {
	d, err := time.ParseDuration(text)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	heard, err := hear(ctx)
	if errors.Is(err, errNothing) {
		return nil
	}
	return fmt.Errorf("heard %q, %v", heard, err)
}

// answered waits for an answer that should not come. If it comes, the talk has failed.
func (c *client) answered(ctx context.Context) (string, error) {
	select {
	case r := <-c.reply:
		return "an answer", r.err
	case <-ctx.Done():
		return "", errNothing
	}
}

// answer waits for the answer and compares it. Of somebody who has a name and whose answer has no
// body in the talk, what follows is read line by line.
func (c *client) answer(ctx context.Context, s step) error {
	var r reply
	select {
	case r = <-c.reply:
		c.took = r.at.Sub(c.asked)
	case <-ctx.Done():
		return errors.New("no answer came")
	}
	if s.head == "dropped" {
		if r.err == nil {
			return fmt.Errorf("answered %d", r.status)
		}
		return nil
	}
	if r.err != nil {
		return r.err
	}
	streamed := s.who != "" && s.body == ""
	body := ""
	if streamed && c.socket == nil {
		c.stream = bufio.NewReader(r.body)
	} else if c.socket == nil {
		text, err := c.body(ctx, r.body)
		if body = text; err != nil {
			return fmt.Errorf("after %s: %w", short(body), err)
		}
	}
	return checkAnswer(s.message, r.status, r.headers, body, streamed)
}
