package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// patience is how long anything may take before a test gives it up; much longer than it ever takes.
const patience = 30 * time.Second

var runningLine = regexp.MustCompile(`(?:Chat|Uvicorn) running on (https?://\S+)`)

// server is the chat's server, as a process.
type server struct {
	t    *testing.T
	url  string
	addr string
	args []string  // more flags
	cmd  *exec.Cmd // nil once it has ended
}

// startServer starts a server for this test alone.
func startServer(t *testing.T, args ...string) *server {
	t.Helper()
	s := &server{t: t, addr: "127.0.0.1:0", args: args}
	s.start()
	t.Cleanup(s.stop)
	return s
}

// ownServer is startServer for the tests that stop the server or ask for what only the Go server
// sends.
func ownServer(t *testing.T, args ...string) *server {
	t.Helper()
	if *fastAPI {
		t.Skip("needs the Go server")
	}
	return startServer(t, args...)
}

// start starts the process, the second time on the port of the first.
func (s *server) start() {
	s.t.Helper()
	cmd := exec.Command(serverBinary, append([]string{"-addr", s.addr}, s.args...)...)
	cmd.Stderr = s.t.Output()
	pipe := cmd.StdoutPipe
	if *fastAPI {
		cmd = exec.Command(".venv/bin/python", "-m", "uvicorn", "main:app", "--port", "0")
		cmd.Dir = "../fastapi"
		pipe = cmd.StderrPipe
	}
	out, err := pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.cmd = cmd
	lines := bufio.NewReader(out)
	for s.url = ""; s.url == ""; {
		line, err := lines.ReadString('\n')
		if err != nil {
			s.t.Fatalf("the server does not run: %v", err)
		}
		if found := runningLine.FindStringSubmatch(line); found != nil {
			s.url = found[1]
		}
	}
	go io.Copy(io.Discard, lines)
	u, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	s.addr = u.Host
}

// stop ends the process as CTRL+C does. (uvicorn would wait for clients that do not read.)
func (s *server) stop() {
	if *fastAPI {
		s.kill()
		return
	}
	s.end(interrupt)
}

// kill ends it without a word to its clients.
func (s *server) kill() { s.end(func(p *os.Process) { p.Kill() }) }

func (s *server) end(by func(*os.Process)) {
	if s.cmd == nil {
		return
	}
	by(s.cmd.Process)
	s.cmd.Wait()
	s.cmd = nil
}

// host is the server's host and port under another name, which must be the same machine's.
func (s *server) host(name string) string {
	_, port, _ := net.SplitHostPort(s.addr)
	return "http://" + net.JoinHostPort(name, port)
}

var lastID atomic.Int64

// client is someone else in the room: a WebSocket without a browser.
type client struct {
	t    *testing.T
	id   int64
	ws   *websocket.Conn
	read chan string // what it heard; closed with the connection
}

// join connects a client with an id of its own.
func (s *server) join(t *testing.T) *client {
	t.Helper()
	c := &client{t: t, id: lastID.Add(1), read: make(chan string, 100_000)}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx,
		fmt.Sprintf("%s/ws/%d", strings.Replace(s.url, "http", "ws", 1), c.id), nil)
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(1 << 20)
	c.ws = ws
	go func() {
		defer close(c.read)
		for {
			_, data, err := ws.Read(context.Background())
			if err != nil {
				return
			}
			c.read <- string(data)
		}
	}()
	t.Cleanup(func() { ws.CloseNow() })
	return c
}

// say sends a message.
func (c *client) say(text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.ws.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// said is how everyone hears it.
func (c *client) said(text string) string { return fmt.Sprintf("Client #%d says: %s", c.id, text) }

// hears waits for exactly this text and returns what it heard before.
func (c *client) hears(want string) (before []string) {
	c.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case got, ok := <-c.read:
			if !ok {
				c.t.Fatalf("the connection ended before %.80q came", want)
			}
			if got == want {
				return before
			}
			before = append(before, got)
		case <-timeout:
			c.t.Fatalf("%.80q did not come; heard %.300q", want, before)
		}
	}
}

func (c *client) leave() { c.ws.Close(websocket.StatusNormalClosure, "") }
