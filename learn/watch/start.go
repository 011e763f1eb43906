package main

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"example.com/chat/compare/servers"
)

// running is a program that runs and is traced.
type running struct {
	program
	*servers.Server
	journal *Journal
	tool    net.Conn // commands go there, events came from there
}

// starter starts programs. They dial one port of the loopback interface.
type starter struct {
	listener net.Listener
	dir      string           // for what is built
	binaries map[string]built // by the program's name
	python   func() (string, error)
}

type built struct {
	path  string
	lines []int // where a handler can be blocked
}

func newStarter() (*starter, error) {
	dir, err := os.MkdirTemp("", "chat-watch-")
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return &starter{listener, dir, map[string]built{}, servers.Python}, nil
}

func (s *starter) close() {
	s.listener.Close()
	os.RemoveAll(s.dir)
}

// start starts a program, and waits until it listens and is traced.
func (s *starter) start(p program) (*running, error) {
	cmd, lines, err := s.command(p)
	if err != nil {
		return nil, err
	}
	token := rand.Text()
	cmd.Dir = filepath.Join(servers.Root(), filepath.FromSlash(p.Dir))
	cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1",
		"WATCH_ADDR="+s.listener.Addr().String(), "WATCH_TOKEN="+token, "WATCH_SOURCE="+p.path(),
		"WATCH_ROOTS="+strings.Join(p.Roots, ","))
	server, err := servers.Run(p.Name, cmd)
	if err != nil {
		return nil, err
	}
	r := &running{program: p, Server: server, journal: newJournal()}
	events, err := s.accept(r, token)
	if err != nil {
		r.stop()
		return nil, err
	}
	if lines != nil {
		r.journal.Add(Event{Kind: "hello", List: lines})
	}
	go r.collect(events)
	return r, nil
}

// accept waits for the program to dial; it did before it said where it listens.
func (s *starter) accept(r *running, token string) (*bufio.Reader, error) {
	for {
		s.listener.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Second))
		conn, err := s.listener.Accept()
		if err != nil {
			return nil, fmt.Errorf("%s is not traced: %w\n%s", r.File, err, r.Output())
		}
		conn.SetReadDeadline(time.Now().Add(time.Second))
		events := bufio.NewReaderSize(conn, 64<<10)
		if said, _ := events.ReadString('\n'); said == token+"\n" {
			conn.SetReadDeadline(time.Time{})
			r.tool = conn
			return events, nil
		}
		conn.Close() // a stranger
	}
}

// collect keeps what the program tells until it ends.
func (r *running) collect(events *bufio.Reader) {
	decoder := json.NewDecoder(events)
	for {
		var e Event
		if decoder.Decode(&e) != nil {
			r.journal.Add(Event{Kind: "gone"})
			return
		}
		r.journal.Add(e)
	}
}

// tell sends a command: "block 34", "release", "ask".
func (r *running) tell(command string, args ...any) {
	fmt.Fprintln(r.tool, append([]any{command}, args...)...) // if it fails, the program is gone
}

// block holds the next handler that comes to a line for ten seconds.
func (r *running) block(line int) { r.tell("block", line) }

// lineOf is the number of the line with these words; 0 if there is none.
func (r *running) lineOf(words string) int {
	lines, _ := r.lines()
	for _, l := range lines {
		if strings.Contains(l.Text, words) {
			return l.Number
		}
	}
	return 0
}

func (r *running) stop() {
	r.Kill()
	if r.tool != nil {
		r.tool.Close()
	}
}

func (s *starter) command(p program) (*exec.Cmd, []int, error) {
	if p.isPython() {
		python, err := s.python()
		if err != nil {
			return nil, nil, err
		}
		tracer := filepath.Join(servers.Root(), "learn", "watch", "tracer", "tracer.py")
		return exec.Command(python, append([]string{tracer, "--port", "0"}, p.Args...)...), nil, nil
	}
	b, ok := s.binaries[p.Name]
	if !ok {
		var err error
		if b, err = s.build(p); err != nil {
			return nil, nil, err
		}
		s.binaries[p.Name] = b
	}
	args := append([]string{"-addr", "127.0.0.1:0"}, p.Args...)
	return exec.Command(b.path, args...), b.lines, nil
}

// build compiles a program whose one file is replaced by the instrumented one, and with the hooks
// beside it. The repository stays as it is.
func (s *starter) build(p program) (built, error) {
	source, err := os.ReadFile(p.path())
	if err != nil {
		return built{}, err
	}
	instrumented, hooks, lines, err := instrument(string(source))
	if err != nil {
		return built{}, err
	}
	at := func(ending string) string { return filepath.Join(s.dir, p.Name+ending) }
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		p.path(): at(".go"),
		filepath.Join(filepath.Dir(p.path()), "watch_hooks.go"): at("-hooks.go"),
	}})
	if err = errors.Join(err, os.WriteFile(at(".go"), []byte(instrumented), 0o600),
		os.WriteFile(at("-hooks.go"), []byte(hooks), 0o600),
		os.WriteFile(at(".json"), overlay, 0o600)); err != nil {
		return built{}, err
	}
	build := exec.Command("go", "build", "-overlay", at(".json"), "-o", at(".exe"), p.Build)
	build.Dir = filepath.Join(servers.Root(), filepath.FromSlash(p.Dir))
	if output, err := build.CombinedOutput(); err != nil {
		return built{}, fmt.Errorf("build %s: %w\n%s", p.File, err, output)
	}
	return built{at(".exe"), lines}, nil
}
