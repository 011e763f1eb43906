//go:build unix

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"example.com/chat/internal/wstest"
)

// refused starts a node that must end by itself, and returns its one line of why.
func refused(t *testing.T, env []string, args ...string) string {
	t.Helper()
	node := exec.Command(os.Args[0], append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	node.Env = append(append(os.Environ(), "CHAT_TEST_NODE=1"), env...)
	output, err := node.CombinedOutput()
	if err == nil || node.ProcessState.ExitCode() != 1 {
		t.Errorf("%q: ended with %v and %s", args, err, output)
	}
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	return lines[len(lines)-1]
}

func TestOnlyNodesWithTheSecretJoin(t *testing.T) {
	t.Parallel()
	first := startNode(t, "-listen", "127.0.0.1:0")
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		env  string
		args []string
		want string
	}{
		{"CHAT_SECRET=another secret than theirs", nil, "Authorization Violation"},
		{"CHAT_SECRET=short", nil, "at least 16 characters"},
		{"CHAT_SECRET=", []string{"-secret-file", empty}, "at least 16 characters"},
		{"CHAT_SECRET=", []string{"-secret-file", empty + "-not"}, "no such file"},
	} {
		if got := refused(t, []string{row.env},
			append(row.args, "-join", first.join)...); !strings.Contains(got, row.want) {
			t.Errorf("with %s %q: %q, want %q", row.env, row.args, got, row.want)
		}
	}
	// A stranger at the port where keepers connect.
	routes := freeAddr(t)
	launch(t, "-cluster", routes, "-peers", freeAddr(t)+","+freeAddr(t), "-data", t.TempDir())
	var conn net.Conn
	for err := error(os.ErrNotExist); err != nil; conn, err = net.Dial("tcp", routes) {
	}
	defer conn.Close()
	fmt.Fprintf(conn, "CONNECT {\"verbose\":false,\"user\":\"chat\",\"pass\":\"another secret "+
		"than theirs\",\"name\":\"x\",\"cluster\":\"chat\"}\r\nPING\r\n")
	answer := ""
	for buffer := make([]byte, 4096); !strings.Contains(answer, "Authorization Violation"); {
		n, err := conn.Read(buffer)
		if answer += string(buffer[:n]); err != nil {
			t.Fatalf("a stranger at the keepers' port reads %q, then %v", answer, err)
		}
	}
}

func TestTheSecretIsMadeOnceAndForThisUserAlone(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	env := []string{"CHAT_SECRET=", "XDG_CONFIG_HOME=" + home}
	first := launchEnv(t, env, "-listen", "127.0.0.1:0")()
	info, err := os.Stat(filepath.Join(home, "chat", "secret"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the secret: %v, %v", info, err)
	}
	second := launchEnv(t, env, "-join", first.join)()
	everyone := joinAll(t, []*program{first, second}, 2)
	everyone[1].Reset()
	everyone[0].Expect("Client #1 has left the chat")
}

func TestNodesThatStartForTheFirstTimeTogetherMakeOneSecret(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv(secretEnv, "")
	const starts = 8
	secrets := make(chan string, starts)
	for range starts {
		go func() {
			secret, err := new(nodes).secret()
			if err != nil {
				t.Error(err)
			}
			secrets <- secret
		}()
	}
	first := <-secrets
	for range starts - 1 {
		if another := <-secrets; another != first {
			t.Error("two nodes have different secrets")
		}
	}
}

func TestNothingListensBeyondLoopbackUnlessAsked(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/net/tcp"); err != nil {
		t.Skip("needs Linux's list of sockets")
	}
	node := startNode(t, "-listen", "127.0.0.1:0")
	joined := startNode(t, "-join", node.join)
	for _, p := range []*program{node, joined} {
		if got := listening(t, p.Process.Pid); len(got) == 0 {
			t.Error("nothing listens at all, so this test sees nothing")
		} else {
			for _, host := range got {
				if host != "0100007F" { // 127.0.0.1
					t.Errorf("a node listens at %s", host)
				}
			}
		}
	}
	open := startNode(t, "-listen", ":0") // which shows that the test could fail
	if got := strings.Join(listening(t, open.Process.Pid),
		" "); !regexp.MustCompile(`\b0{8,32}\b`).MatchString(got) {
		t.Errorf("with -listen :0 a node listens at %s only", got)
	}
}

// listening returns the addresses, in hexadecimal, at which a process listens.
func listening(t *testing.T, pid int) (hosts []string) {
	t.Helper()
	own := map[string]bool{}
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, link := range links {
		if name, _ := os.Readlink(link); strings.HasPrefix(name, "socket:[") {
			own[strings.Trim(name, "socket:[]")] = true
		}
	}
	for _, table := range []string{"tcp", "tcp6"} {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		for line := range strings.SplitSeq(string(text), "\n") {
			f := strings.Fields(line)
			if len(f) > 9 && f[3] == "0A" && own[f[9]] { // 0A is LISTEN
				host, _, _ := strings.Cut(f[1], ":")
				hosts = append(hosts, host)
			}
		}
	}
	return hosts
}

func TestANodeWhoseTerminalIsClosedEndsInOrderAndLeavesNoFolderBehind(t *testing.T) {
	t.Parallel()
	temporary := t.TempDir()
	env := []string{"CHAT_SECRET=" + secret, "TMPDIR=" + temporary}
	node := launchEnv(t, env, "-listen", "127.0.0.1:0")()
	if folders, _ := filepath.Glob(filepath.Join(temporary, "*")); len(folders) != 1 {
		t.Fatalf("a node that runs has %q, so this test sees nothing", folders)
	}
	client := join(t, node.addr, 1)
	node.Process.Signal(syscall.SIGHUP)
	if got := client.ExpectClose(); got.Code != 1001 {
		t.Errorf("closed with %+v, want 1001", got)
	}
	client.SendClose(1001, "")
	if err := node.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
	if folders, _ := filepath.Glob(filepath.Join(temporary, "*")); len(folders) > 0 {
		t.Errorf("left behind: %q", folders)
	}
}

func TestANodeThatListensEverywhereSaysWhereItCanBeReached(t *testing.T) {
	t.Parallel()
	first := startNode(t, "-listen", ":0")
	joinAll(t, []*program{first, startNode(t, "-join", first.join)}, 2)
	if host, _, _ := net.SplitHostPort(first.join); net.ParseIP(host).IsUnspecified() {
		t.Errorf("another node joins with %s, which is no machine's address", first.join)
	}
}

func TestANodeSaysInOneLineWhyItCannotStart(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	used := t.TempDir()
	first := startNode(t, "-listen", "127.0.0.1:0", "-data", used)
	for _, row := range []struct{ args, want string }{
		{"-listen " + taken.Addr().String(), "address already in use"},
		{"-listen nowhere", "not host:port"},
		{"-join 127.0.0.1:1 -listen 127.0.0.1:0", "-join goes without"},
		{"-nats nats://127.0.0.1:1 -join 127.0.0.1:2", "-nats goes without"},
		{"-nats nats://user:password@127.0.0.1:1", "take no name, password or token"},
		{"-join token@127.0.0.1:1", "take no name, password or token"},
		{"-cluster 127.0.0.1:1", "go together"},
		{"-cluster 127.0.0.1:1 -peers 127.0.0.1:2,127.0.0.1:3", "needs -data"},
		{"-nats-creds x", "go with -nats"},
		{"-nats nats://127.0.0.1:1 -nats-creds nothing", "nothing"},
		{"-max-connections 40001", "1 to 40000"},
		{"-room a.b", "letters, digits"},
		{"-room " + strings.Repeat("x", 256), "1 to 64"},
		{"-listen 127.0.0.1:0 -data " + used, "in use by process"},
		{"-room other -join " + first.join, `no room "other" is kept there, but chat`},
		{"8000", "unexpected argument"},
	} {
		if got := refused(t, []string{"CHAT_SECRET=" + secret},
			strings.Fields(row.args)...); !strings.HasPrefix(got, "chat: ") ||
			!strings.Contains(got, row.want) {
			t.Errorf("%s: %q, want %q", row.args, got, row.want)
		}
	}
}

func TestWhoComesLateHearsOnlyWhatComesAfter(t *testing.T) {
	t.Parallel()
	first := startNode(t, "-listen", "127.0.0.1:0")
	nodes := []*program{first, startNode(t, "-join", first.join)}
	speaker := newPerson(t, first.addr, 1)
	for i := range 20 {
		speaker.Say(fmt.Sprint("before ", i))
		speaker.hears(speaker.says(fmt.Sprint("before ", i)))
		late := wstest.Dial(t, nodes[i%2].addr, fmt.Sprint("/ws/", 100+i))
		late.Say("here")
		late.Expect("You wrote: here", fmt.Sprintf("Client #%d says: here", 100+i))
		late.SendClose(1000, "")
		speaker.hears(fmt.Sprintf("Client #%d has left the chat", 100+i))
	}
}

func TestWhoeverStartsBeforeItsBrokerWaitsForIt(t *testing.T) {
	t.Parallel()
	broker := freeAddr(t)
	env := []string{"CHAT_SECRET=" + secret}
	second, joined := begin(t, env, "-join", broker)
	third, _ := begin(t, env, "-nats", "nats://"+freeAddr(t))
	for _, p := range []*program{second, third} {
		p.log.waits("waiting for the room's broker")
	}
	third.Process.Signal(os.Interrupt)
	if third.Wait(); !third.ProcessState.Exited() {
		t.Error("a node that is stopped while it waits does not end by itself")
	}
	first := startNode(t, "-listen", broker)
	joinAll(t, []*program{first, joined()}, 2)
}
