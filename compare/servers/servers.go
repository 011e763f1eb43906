// Package servers starts the chat servers that are compared, each as a process
// of its own on a free port of the loopback interface.
package servers

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Names of the servers, in the order in which tables list them.
const (
	FastAPI = "fastapi"
	Fixed   = "fixed" // FastAPI with its faults mended
	XNet    = "x/net"
	Hub     = "hub"
	Gorilla = "gorilla"
	Coder   = "coder"
	GWS     = "gws"
	Go      = "ours"
	Raw     = "raw" // no chat server: plain writes
)

// Two more of Python, to be seen and not to be measured.
const (
	Gather           = "gather"            // broadcast with asyncio.gather
	GatherExceptions = "gather exceptions" // the same with return_exceptions=True
)

// All are the servers that are measured.
var All = []string{FastAPI, Fixed, XNet, Hub, Gorilla, Coder, GWS, Go, Raw}

const (
	startLimit = 30 * time.Second // Python compiles its modules at the first start
	stopLimit  = 15 * time.Second // the Go server allows itself 5 s to say goodbye
	keptLines  = 200              // of a server's output, for the message about its failure
)

// Server is a running server.
type Server struct {
	Name string
	Addr string // host:port
	cmd  *exec.Cmd
	done chan struct{} // closed when the process is gone

	mu    sync.Mutex
	lines []string
	said  chan struct{} // closed and made anew at each line
}

// Start builds the chat server called name where that is needed, starts it with
// args, and waits until it says where it listens.
func Start(name string, args ...string) (*Server, error) {
	folder := filepath.Join(Root(), "fastapi")
	if !IsPython(name) {
		folder = source(name)
	}
	return StartIn(folder, name, args...)
}

// StartIn is Start for the program main.go, or for Python's main.py or fixed.py, of another folder.
func StartIn(folder, name string, args ...string) (*Server, error) {
	cmd, err := command(folder, name, args)
	if err != nil {
		return nil, err
	}
	return Run(name, cmd)
}

// Run starts a server by a command of its own, and waits until it says where it listens.
func Run(name string, cmd *exec.Cmd) (*Server, error) {
	s := &Server{Name: name, cmd: cmd, done: make(chan struct{}), said: make(chan struct{})}
	output, input, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = input, input
	dieWithParent(cmd)
	starting <- struct{}{}
	defer func() { <-starting }()
	if err := cmd.Start(); err != nil {
		input.Close()
		output.Close()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	input.Close()
	go s.collect(output)
	addr, err := s.Line(runningOn, startLimit)
	if err != nil {
		s.Kill()
		return nil, fmt.Errorf("%s does not say where it listens: %w\n%s", name, err, s.Output())
	}
	s.Addr = addr[1]
	return s, nil
}

// starting holds those that start: more at once than processors would wait for each other.
var starting = make(chan struct{}, runtime.NumCPU())

// Every server's line, uvicorn's too, holds these words.
var runningOn = regexp.MustCompile(`running on (?:http|ws)://([0-9.]+:\d+)`)

// collect keeps the last lines of what the server prints until it ends.
func (s *Server) collect(output io.ReadCloser) {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		s.mu.Lock()
		s.lines = append(s.lines, lines.Text())
		if len(s.lines) > keptLines {
			s.lines = s.lines[1:]
		}
		close(s.said)
		s.said = make(chan struct{})
		s.mu.Unlock()
	}
	output.Close()
	s.cmd.Wait() // its status stays in ProcessState
	close(s.done)
}

// Line waits until the server prints a line that matches, and returns what
// the expression found.
func (s *Server) Line(expression *regexp.Regexp, limit time.Duration) ([]string, error) {
	timeout := time.After(limit)
	for {
		s.mu.Lock()
		said := s.said
		for _, line := range s.lines {
			if found := expression.FindStringSubmatch(line); found != nil {
				s.mu.Unlock()
				return found, nil
			}
		}
		s.mu.Unlock()
		select {
		case <-said:
		case <-s.done:
			return nil, errors.New("the process ended")
		case <-timeout:
			return nil, fmt.Errorf("no such line in %v", limit)
		}
	}
}

// Output is the end of what the server has printed.
func (s *Server) Output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// PID is the id of the server's process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Done is closed when the server's process has ended.
func (s *Server) Done() <-chan struct{} { return s.done }

// Signal sends the server's process a signal.
func (s *Server) Signal(signal os.Signal) error { return s.cmd.Process.Signal(signal) }

// Ending says how the process ended; it is valid once Done is closed.
func (s *Server) Ending() string {
	if s.cmd.ProcessState.ExitCode() < 0 {
		return "ended by the signal"
	}
	return s.cmd.ProcessState.String() // "exit status 0"
}

// Stop asks the server to end, and kills it when it does not.
func (s *Server) Stop() {
	s.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(stopLimit):
		s.Kill()
	}
}

// Kill ends the server's process at once.
func (s *Server) Kill() {
	s.cmd.Process.Kill()
	<-s.done
}

// Root is the repository's folder.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

func command(folder, name string, args []string) (*exec.Cmd, error) {
	if IsPython(name) {
		return pythonCommand(folder, name, args)
	}
	binary, err := build(folder)
	if err != nil {
		return nil, err
	}
	return exec.Command(binary, append([]string{"-addr", "127.0.0.1:0"}, args...)...), nil
}

var builds struct {
	sync.Mutex
	dir  string
	done map[string]string // folder to the binary's path
}

// Build compiles the chat server called name, once in a process, and returns the
// path of the binary.
func Build(name string) (string, error) { return build(source(name)) }

func build(folder string) (string, error) {
	builds.Lock()
	defer builds.Unlock()
	if binary, ok := builds.done[folder]; ok {
		return binary, nil
	}
	if builds.dir == "" {
		dir, err := os.MkdirTemp("", "chat-compare-")
		if err != nil {
			return "", err
		}
		builds.dir, builds.done = dir, make(map[string]string)
	}
	binary := filepath.Join(builds.dir, fmt.Sprint(len(builds.done), "-", filepath.Base(folder)))
	build := exec.Command("go", "build", "-o", binary, "main.go")
	build.Dir = folder
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", folder, err, output)
	}
	builds.done[folder] = binary
	return binary, nil
}

func source(name string) string {
	if name == Go {
		return Root()
	}
	return filepath.Join(Root(), "compare", "peers", strings.ReplaceAll(name, "/", ""))
}

// Cleanup removes what Build made.
func Cleanup() {
	builds.Lock()
	defer builds.Unlock()
	if builds.dir != "" {
		os.RemoveAll(builds.dir)
		builds.dir, builds.done = "", nil
	}
}
