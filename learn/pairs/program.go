package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// address is what every Go program of a pair listens on, and all that is changed in it.
const address = `"127.0.0.1:8000"`

// python is the interpreter of the pairs' own environment.
var python = sync.OnceValues(func() (string, error) {
	for _, name := range []string{".venv/bin/python", ".venv/Scripts/python.exe"} {
		path, err := filepath.Abs(filepath.Join("pairs", filepath.FromSlash(name)))
		if err == nil && exec.Command(path, "-c", importsAll).Run() == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("the pairs' Python environment is missing or incomplete; "+
		"in the project's folder run:\n%s", createAndInstall[runtime.GOOS == "windows"])
})

const importsAll = "import fastapi, uvicorn, httpx2, pytest, multipart, jinja2, pydantic_settings"

// createAndInstall makes the environment: on other systems, and on Windows.
var createAndInstall = map[bool]string{
	false: `  python3 -m venv learn/pairs/.venv
  learn/pairs/.venv/bin/pip install -r learn/pairs/requirements.txt`,
	true: `  py -m venv learn\pairs\.venv
  learn\pairs\.venv\Scripts\pip install -r learn\pairs\requirements.txt`,
}

// freePort returns a port that nobody listens on, outside of those that systems give to clients.
func freePort() (int, error) {
	for range 100 {
		port := 20_000 + rand.IntN(10_000)
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port between 20000 and 30000")
}

// program is one side of a pair, perhaps changed by a mutant.
type program struct {
	pair    string // its folder's name
	side    string
	mutant  *mutant
	race    bool
	port    int
	scratch string // a folder of its own
	binary  string
}

// prepare builds a Go program, or copies a Python program that is to be changed.
func (p *program) prepare(ctx context.Context) (err error) {
	if p.port, err = freePort(); err != nil {
		return err
	}
	if p.side == fastAPI {
		return p.copyPython()
	}
	overlay, err := p.overlay()
	if err != nil {
		return err
	}
	p.binary = filepath.Join(p.scratch, "program.exe")
	args := []string{"build", "-overlay", overlay, "-o", p.binary}
	if p.race {
		args = append(args, "-race")
	}
	build := exec.CommandContext(ctx, "go", append(args, "./pairs/"+p.pair)...)
	output, err := build.CombinedOutput()
	if err != nil {
		return fmt.Errorf("it does not build: %w\n%s", err, output)
	}
	return nil
}

// overlay writes changed copies of the pair's Go files, and the file that tells the compiler of
// them.
func (p *program) overlay() (string, error) {
	dir, err := filepath.Abs(filepath.Join("pairs", p.pair))
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for _, name := range []string{"main.go", p.mutant.fileName()} {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		source, err := p.source(dir, name)
		if err != nil {
			return "", err
		}
		if name == "main.go" {
			if n := strings.Count(source, address); n != 1 {
				return "", fmt.Errorf("main.go has the address %s %d times, not once", address, n)
			}
			source = strings.Replace(source, address, fmt.Sprintf(`"127.0.0.1:%d"`, p.port), 1)
		}
		replace[filepath.Join(dir, name)] = filepath.Join(p.scratch, name)
		if err := os.WriteFile(filepath.Join(p.scratch, name), []byte(source), 0o644); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(p.scratch, "overlay.json")
	return path, os.WriteFile(path, text, 0o644)
}

func (p *program) copyPython() error {
	dir := filepath.Join("pairs", p.pair)
	if err := os.CopyFS(filepath.Join(p.scratch, p.pair), os.DirFS(dir)); err != nil {
		return err
	}
	if name := p.mutant.fileName(); strings.HasSuffix(name, ".py") {
		source, err := p.source(dir, name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(p.scratch, p.pair, name), []byte(source), 0o644)
	}
	return nil
}

// source is a file's text, as the mutant has it.
func (p *program) source(dir, name string) (string, error) {
	source, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || p.mutant.fileName() != name {
		return string(source), err
	}
	return p.mutant.apply(string(source))
}

// command is how the program is started, or how its tests are.
func (p *program) command(ctx context.Context, line string) (*exec.Cmd, error) {
	if p.side == golang && line == "" {
		cmd := exec.CommandContext(ctx, p.binary)
		cmd.Dir = p.scratch
		return cmd, nil
	}
	if p.side == golang {
		args := []string{"test", "-count=1", "-overlay", filepath.Join(p.scratch, "overlay.json")}
		if p.race {
			args = append(args, "-race")
		}
		return exec.CommandContext(ctx, "go", append(args, "./pairs/"+p.pair)...), nil
	}
	path, err := python()
	if err != nil {
		return nil, err
	}
	args := []string{"-m", "uvicorn", "main:app", "--port", fmt.Sprint(p.port)}
	if line != "" {
		args = append([]string{"-m"}, strings.Fields(line)...)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = filepath.Join(p.scratch, p.pair)
	return cmd, nil
}

// process is a program that runs, and what it has printed.
type process struct {
	cmd    *exec.Cmd
	ended  chan struct{}
	output output
}

// start runs a program, or the command of a line.
func (p *program) start(ctx context.Context, line string, env []string) (*process, error) {
	cmd, err := p.command(ctx, line)
	if err != nil {
		return nil, err
	}
	run := &process{cmd: cmd, ended: make(chan struct{})}
	run.output.grown = make(chan struct{}, 1)
	cmd.Stdout, cmd.Stderr = &run.output, &run.output
	cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1")
	cmd.Env = append(cmd.Env, env...)
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		cmd.Wait()
		close(run.ended)
	}()
	return run, nil
}

// serving waits until the program listens.
func (r *process) serving(ctx context.Context, port int) error {
	for {
		conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", port))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-r.ended:
			return errors.New("the program ended before it listened")
		case <-ctx.Done():
			return errors.New("the program does not listen")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// end is how the program ended: "0", "1", "SIGTERM".
func (r *process) end(ctx context.Context) (string, error) {
	select {
	case <-r.ended:
	case <-ctx.Done():
		return "", errors.New("the program still runs")
	}
	state := r.cmd.ProcessState
	status, ok := state.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() && status.Signal() == syscall.SIGTERM {
		return "SIGTERM", nil
	}
	return fmt.Sprint(state.ExitCode()), nil
}

// kill ends the program, if it still runs, and waits for its end.
func (r *process) kill() {
	r.cmd.Process.Kill()
	<-r.ended
}

// output collects what a program prints.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	read  int // lines that prints has passed
	grown chan struct{}
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.grown <- struct{}{}:
	default:
	}
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// prints looks for a line that contains the pattern, behind the one that was found last.
func (o *output) prints(pattern string) bool {
	lines := strings.SplitAfter(o.String(), "\n")
	for i := o.read; i < len(lines); i++ {
		if strings.HasSuffix(lines[i], "\n") && glob("…"+pattern+"…", lines[i]) {
			o.read = i + 1
			return true
		}
	}
	return false
}
