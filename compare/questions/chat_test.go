//go:build unix

package questions

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/chat/compare/conversation"
	"example.com/chat/compare/servers"
)

func TestMain(m *testing.M) {
	defer servers.Cleanup()
	m.Run()
}

// change is a place in a file of the repository, and what stands there instead.
type change struct{ file, old, new string }

// start runs a changed copy of the chat called name. A change without an old text adds a file.
func start(t *testing.T, name string, args []string, changes ...change) *servers.Server {
	t.Helper()
	if servers.IsPython(name) {
		servers.NeedFastAPI(t)
	}
	root := t.TempDir()
	for _, part := range []string{
		"fastapi/main.py", "fastapi/fixed.py", "go.mod", "go.sum", "index.html", "internal",
		"main.go", "manager.go", "static",
	} {
		copyOf(t, root, part)
	}
	for _, c := range changes {
		path := filepath.Join(root, c.file)
		text := c.new
		if c.old != "" {
			before, err := os.ReadFile(path)
			if err != nil || strings.Count(string(before), c.old) != 1 {
				t.Fatalf("%s has not %q once: %v", c.file, c.old, err)
			}
			text = strings.Replace(string(before), c.old, c.new, 1)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	folder := root
	if servers.IsPython(name) {
		folder = filepath.Join(root, "fastapi")
	}
	s, err := servers.StartIn(folder, name, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	return s
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const (
	goWord     = "\t\tmanager.SendPersonalMessage("
	pythonWord = "            await manager.send_personal_message("
)

var (
	outOfRange = change{"manager.go", goWord,
		"\t\tif data == \"boom\" {\n\t\t\t_ = []string{}[len(data)]\n\t\t}\n" + goWord}
	elsewhere = change{"manager.go", goWord,
		"\t\tif data == \"boom\" {\n\t\t\tgo func() { _ = []string{}[len(data)] }()\n\t\t}\n" +
			goWord}
	pythonOutOfRange = change{"fastapi/main.py", pythonWord,
		"            if data == \"boom\":\n                [][0]\n" + pythonWord}
)

func TestAPanicInAHandlerEndsThatClientAlone(t *testing.T) {
	t.Parallel()
	s := start(t, servers.Go, nil, outOfRange)
	before := conversation.Join(t, s, "1")
	guilty, behind := conversation.Join(t, s, "2"), conversation.Join(t, s, "3")
	guilty.Say("boom")
	if e := guilty.Hear(); e.Code != 1011 {
		t.Errorf("the client reads %s, want 1011", e)
	}
	for _, c := range []*conversation.Client{before, behind} {
		if e := c.Hear(); e.Text != "Client #2 has left the chat" {
			t.Errorf("the others read %s, want the leaving", e)
		}
	}
	behind.Say("hi")
	if !before.HearUntil("Client #3 says: hi") || !behind.HearUntil("Client #3 says: hi") {
		t.Error("the others do not hear each other any more")
	}
	for _, words := range []string{"index out of range .4. with length 0", "manager.go:"} {
		if _, err := s.Line(regexp.MustCompile(words), time.Minute); err != nil {
			t.Errorf("the log has no %q: %v\n%s", words, err, s.Output())
		}
	}
}

func TestAPanicInAGoroutineOfYourOwnEndsTheProgram(t *testing.T) {
	t.Parallel()
	s := start(t, servers.Go, nil, elsewhere)
	conversation.Join(t, s, "1").Say("boom")
	select {
	case <-s.Done():
	case <-time.After(conversation.Limit):
		t.Fatal("the program lives")
	}
	const words = "panic: runtime error: index out of range"
	if s.Ending() != "exit status 2" || !strings.Contains(s.Output(), words) {
		t.Errorf("%s\n%s", s.Ending(), s.Output())
	}
}

func TestInPythonAnExceptionLeavesADeadEntryInTheList(t *testing.T) {
	t.Parallel()
	s := start(t, servers.FastAPI, nil, pythonOutOfRange)
	before := conversation.Join(t, s, "1")
	guilty, next := conversation.Join(t, s, "2"), conversation.Join(t, s, "3")
	guilty.Say("boom")
	if e := guilty.Hear(); e.Code != 1006 {
		t.Errorf("the client reads %s, want 1006", e)
	}
	next.Say("hi") // nobody was told of the leaving, and the one who speaks next pays for it
	for _, want := range []string{"Client #3 says: hi", "Client #3 has left the chat"} {
		if e := before.Hear(); e.Text != want {
			t.Errorf("one before it reads %s, want %q", e, want)
		}
	}
	if e := next.Hear(); e.Text != "You wrote: hi" {
		t.Errorf("the next to speak reads %s", e)
	}
	if e := next.Hear(); e.Code != 1006 {
		t.Errorf("the next to speak reads %s, want 1006", e)
	}
}

var (
	goClock = change{"manager.go", "\tmanager := &ConnectionManager{}\n",
		"\tmanager := &ConnectionManager{}\n\tgo tellTheTime(manager)\n"}
	pythonClock = change{"fastapi/main.py", "app = FastAPI()", "app = FastAPI(lifespan=lifespan)"}
)

// clock starts a chat that tells the time a hundred times a second.
func clock(t *testing.T, name string, changes ...change) *servers.Server {
	if name == servers.Go {
		code := read(t, "testdata/clock.go")
		fast := strings.Replace(code, "time.Minute", "10*time.Millisecond", 1)
		return start(t, name, nil, append(changes, goClock, change{file: "clock.go", new: fast})...)
	}
	code := read(t, "testdata/clock.py")
	fast := strings.Replace(code, "asyncio.sleep(60)", "asyncio.sleep(0.01)", 1)
	insert := change{"fastapi/main.py", "root = Path", fast + "\nroot = Path"}
	return start(t, name, nil, append(changes, pythonClock, insert)...)
}

func TestAServerMaySpeakByItself(t *testing.T) {
	for name, ending := range map[string]string{
		servers.Go: "exit status 0", servers.FastAPI: "ended by the signal",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := clock(t, name)
			a := conversation.Join(t, s, "1")
			for range 3 {
				if e := a.Hear(); !strings.HasPrefix(e.Text, "It is ") {
					t.Errorf("read %s", e)
				}
			}
			s.Signal(syscall.SIGTERM)
			for a.Hear().Kind != "closed" {
			}
			<-s.Done()
			if s.Ending() != ending {
				t.Errorf("%s, want %s\n%s", s.Ending(), ending, s.Output())
			}
		})
	}
}

func TestTheClockOfMainPyStopsAtADeadConnectionAndThatInGoDoesNot(t *testing.T) {
	for name, changes := range map[string][]change{
		servers.Go: {outOfRange}, servers.FastAPI: {pythonOutOfRange},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := clock(t, name, changes...)
			a, guilty := conversation.Join(t, s, "1"), conversation.Join(t, s, "2")
			guilty.Say("boom")
			for guilty.Hear().Kind != "closed" {
			}
			ticks := 0 // a hundred are a second
			for e, ok := a.HearWithin(silence); ok && ticks < 100; e, ok = a.HearWithin(silence) {
				if strings.HasPrefix(e.Text, "It is ") {
					ticks++
				}
			}
			if goesOn := ticks == 100; goesOn != (name == servers.Go) {
				t.Errorf("the clock ticks %d times after a client is dead", ticks)
			}
			if strings.Contains(s.Output(), "Task exception") {
				t.Errorf("the log tells of it:\n%s", s.Output())
			}
		})
	}
}

func TestWhoeverHasNoTokenIsRefused(t *testing.T) {
	t.Parallel()
	const head = "r *http.Request) error {\n"
	s := start(t, servers.Go, nil, change{file: "token.go", new: read(t, "testdata/token.go")},
		change{"manager.go", head,
			head + "\tif err := checkToken(r); err != nil {\n\t\treturn err\n\t}\n"})
	for path, status := range map[string]int{
		"/ws/1": 403, "/ws/1?token=wrong": 403, "/ws/x?token=secret": 403,
		"/ws/1?token=secret": 101,
	} {
		if _, response := conversation.Try(t, s, path); response.StatusCode != status {
			t.Errorf("%s: %d, want %d", path, response.StatusCode, status)
		}
	}
}

func TestWhatTheEndpointOpensIsClosedHoweverItsClientLeaves(t *testing.T) {
	t.Parallel()
	const connect = "\tmanager.Connect(connection)\n"
	s := start(t, servers.Go, nil, outOfRange,
		change{file: "session.go", new: read(t, "testdata/session.go")},
		change{"manager.go", connect,
			"\tsession := openSession(clientID)\n\tdefer session.Close()\n" + connect})
	stays := conversation.Join(t, s, "1")
	conversation.Join(t, s, "2").Say("boom")
	conversation.Join(t, s, "3").Leave(1000, "")
	for _, id := range []string{"2", "3"} {
		if !stays.HearUntil("Client #" + id + " has left the chat") {
			t.Errorf("nobody is told that %s has left", id)
		}
		closed := regexp.MustCompile("session " + id + ": closed")
		if _, err := s.Line(closed, time.Minute); err != nil {
			t.Errorf("the session of %s stays open: %v\n%s", id, err, s.Output())
		}
	}
	if strings.Contains(s.Output(), "session 1: closed") {
		t.Error("the session of one who stays is closed")
	}
}
