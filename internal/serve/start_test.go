package serve_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"example.com/chat/internal/serve"
	"example.com/chat/internal/wstest"
)

func TestTheProgramSaysInOneLineWhyItCannotStart(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"-addr", taken.Addr().String()}, "already in use: stop the other program"},
		{[]string{"-addr", "127.0.0.1"}, "missing port"},
		{[]string{"-origins", "https://a.example,https://b.example/chat"},
			`-origins: "https://b.example/chat"`},
		{[]string{"-tls-cert", "x.pem"}, "go together"},
		{[]string{"-tls-cert", "x.pem", "-tls-key", "y.pem"}, "open x.pem: "},
		{[]string{"-max-connections", "0"}, "at least 1"},
		{[]string{"8000"}, "unexpected argument"},
	} {
		command := exec.Command(chat, row.args...)
		var log strings.Builder
		command.Stderr = &log
		printed, _ := command.Output()
		line, status := log.String(), command.ProcessState.ExitCode()
		if len(printed) > 0 || status != 1 ||
			strings.Count(line, "\n") != 1 || !strings.Contains(line, row.want) {
			t.Errorf("%q: exit status %d, printed %q, logged %q; want 1 and a line with %q",
				row.args, status, printed, line, row.want)
		}
	}
}

func TestTheProgramsFlagsReachTheServer(t *testing.T) {
	t.Parallel()
	p := start(t, exec.Command(chat, "-addr", "127.0.0.1:0",
		"-origins", "https://friend.example", "-max-connections", "1"))
	wstest.Dial(t, p.addr, "/ws/1", "Origin: https://friend.example")
	response, _ := wstest.Do(t, wstest.DialTCP(t, p.addr), wstest.Request(p.addr, "/ws/2"))
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the second of one was answered %s, want 503", response.Status)
	}
}

func TestAPageWhoseNameWasPointedAtThisMachineIsRefusedWithWhatToAdd(t *testing.T) {
	t.Parallel()
	const own = "chat.example:8000"
	for _, row := range []struct {
		args   []string
		status int
	}{
		{[]string{"-addr", "127.0.0.1:0"}, 403},
		{[]string{"-addr", "127.0.0.1:0", "-origins", "http://" + own}, 101},
		{[]string{"-addr", ":0"}, 101}, // which others reach by names that it cannot know
	} {
		p := start(t, exec.Command(chat, row.args...))
		request := wstest.Request(own, "/ws/1", "Origin: http://"+own)
		response, _ := wstest.Do(t, wstest.DialTCP(t, p.addr), request)
		if response.StatusCode != row.status {
			t.Errorf("%q: answered %s, want %d", row.args, response.Status, row.status)
		}
		if row.status != 403 {
			continue
		}
		if line := p.nextRefusal(t); !strings.Contains(line, "-origins http://"+own) {
			t.Errorf("logged %s, which has no -origins to add", line)
		}
	}
}

// Not parallel, because it changes where this process logs.
func TestWhenListeningFailsTheClientsAreToldOfTheEnd(t *testing.T) {
	defer log.SetOutput(os.Stderr)
	log.SetOutput(io.Discard)
	server, err := serve.Listen("127.0.0.1:0", "", "")
	if err != nil {
		t.Fatal(err)
	}
	server.Break()
	told := false
	err = server.Run(http.NewServeMux(), func(context.Context) error {
		told = true
		return nil
	})
	if err == nil || !told {
		t.Errorf("it ended with %v; the clients were told: %v", err, told)
	}
}
