//go:build unix

package main

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"example.com/chat/internal/wstest"
)

const secret = "a secret of the tests alone"

// TestMain makes the test binary the program itself when it is started as a node, so that nodes run
// under the race detector, too.
func TestMain(m *testing.M) {
	if os.Getenv("CHAT_TEST_NODE") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// program is a node, running as a process of its own.
type program struct {
	*exec.Cmd
	addr string // of the page
	join string // for other nodes; empty unless it keeps the room for them
	log  *logBuffer
}

// logBuffer may be read while the process writes.
type logBuffer struct {
	mu      sync.Mutex
	b       bytes.Buffer
	changed sync.Cond
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed.Broadcast()
	return l.b.Write(p)
}

// waits returns when the node has logged text; if it never does, go test's own time limit ends
// this.
func (l *logBuffer) waits(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !strings.Contains(l.b.String(), text) {
		l.changed.Wait()
	}
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// launch starts a node without waiting for it; ready waits.
func launch(t testing.TB, args ...string) (ready func() *program) {
	t.Helper()
	return launchEnv(t, []string{"CHAT_SECRET=" + secret}, args...)
}

func launchEnv(t testing.TB, env []string, args ...string) (ready func() *program) {
	t.Helper()
	_, ready = begin(t, env, args...)
	return ready
}

// begin returns a node that may have to wait for others.
func begin(t testing.TB, env []string, args ...string) (p *program, ready func() *program) {
	t.Helper()
	p = &program{Cmd: exec.Command(os.Args[0],
		append([]string{"-addr", "127.0.0.1:0"}, args...)...), log: new(logBuffer)}
	p.log.changed.L = &p.log.mu
	// a node that is killed leaves its folder there
	p.Env = append(append(os.Environ(), "CHAT_TEST_NODE=1", "TMPDIR="+t.TempDir()), env...)
	output, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stderr = p.log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Process.Kill()
		p.Wait()
		if t.Failed() {
			t.Logf("node %s:\n%s", p.addr, p.log)
		}
		if strings.Contains(p.log.String(), "DATA RACE") {
			t.Errorf("node %s has a data race:\n%s", p.addr, p.log)
		}
	})
	return p, func() *program {
		t.Helper()
		for lines := bufio.NewScanner(output); p.addr == "" && lines.Scan(); {
			if join, ok := strings.CutPrefix(lines.Text(), "Another node joins with: -join "); ok {
				p.join = cmp.Or(p.join, join) // one that listens everywhere prints several
				continue
			}
			p.addr, _ = strings.CutPrefix(lines.Text(), "Chat running on http://")
			p.addr, _ = strings.CutSuffix(p.addr, " (Press CTRL+C to quit)")
		}
		_, _, err := net.SplitHostPort(p.addr)
		keepsAlone := !slices.ContainsFunc(args, func(arg string) bool {
			return arg == "-join" || arg == "-nats" || arg == "-cluster"
		})
		if err != nil || keepsAlone != (p.join != "") {
			t.Fatalf("a node runs on %q and is joined with %q; its log:\n%s", p.addr, p.join, p.log)
		}
		return p
	}
}

func startNode(t testing.TB, args ...string) *program {
	t.Helper()
	return launch(t, args...)()
}

// nextPort is below the ports that systems give out by themselves, so that no connection takes one
// that is meant to be listened at.
var nextPort atomic.Int32

func init() { nextPort.Store(20_000 + rand.Int32N(10_000)) }

// freeAddr is where nothing listens yet, and no other test will.
func freeAddr(t testing.TB) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", nextPort.Add(1)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// keepers starts three nodes that keep the room together.
func keepers(t testing.TB) []*program {
	t.Helper()
	addrs := []string{freeAddr(t), freeAddr(t), freeAddr(t)}
	var ready []func() *program
	for i, addr := range addrs {
		peers := slices.Delete(slices.Clone(addrs), i, i+1)
		ready = append(ready,
			launch(t, "-cluster", addr, "-peers", strings.Join(peers, ","), "-data",
				filepath.Join(t.TempDir(), fmt.Sprint(i))))
	}
	var nodes []*program
	for _, f := range ready {
		nodes = append(nodes, f())
	}
	return nodes
}

func join(t testing.TB, addr string, id int) *wstest.Client {
	t.Helper()
	return wstest.Dial(t, addr, fmt.Sprint("/ws/", id))
}

// joinAll puts n clients on the nodes in turn, with the ids 0 to n-1, who all know of each other
// and have read everything.
func joinAll(t testing.TB, nodes []*program, n int) []*wstest.Client {
	t.Helper()
	clients := make([]*wstest.Client, n)
	for id := range clients {
		c := join(t, nodes[id%len(nodes)].addr, id)
		c.Say("hello")
		c.Expect("You wrote: hello", fmt.Sprintf("Client #%d says: hello", id))
		clients[id] = c
	}
	last := fmt.Sprintf("Client #%d says: hello", n-1)
	for _, c := range clients[:n-1] {
		for c.Read().Payload != last {
		}
	}
	return clients
}

func TestTwoNodesAreOneRoom(t *testing.T) {
	t.Parallel()
	first := startNode(t, "-listen", "127.0.0.1:0")
	second := startNode(t, "-join", first.join)
	everyone := joinAll(t, []*program{first, second}, 2)
	for i, text := range []string{"", "hi", "Grüße, 世界 🙂", "two\nlines",
		strings.Repeat("ü", 32<<10)} {
		speaker := i % 2
		everyone[speaker].Say(text)
		everyone[speaker].Expect("You wrote: " + text)
		for _, c := range everyone {
			c.Expect(fmt.Sprintf("Client #%d says: %s", speaker, text))
		}
	}
	everyone[1].SendClose(1000, "")
	everyone[0].Expect("Client #1 has left the chat")
	everyone[0].Say("alone")
	everyone[0].Expect("You wrote: alone", "Client #0 says: alone")

	second.Process.Signal(os.Interrupt)
	if err := second.Wait(); err != nil {
		t.Errorf("the second node ended with %v", err)
	}
	first.Process.Signal(syscall.SIGTERM)
	if got := everyone[0].ExpectClose(); got.Code != 1001 {
		t.Errorf("closed with %+v, want 1001", got)
	}
	everyone[0].SendClose(1001, "")
	if err := first.Wait(); err != nil {
		t.Errorf("the first node ended with %v", err)
	}
}
