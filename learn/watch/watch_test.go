package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/chat/compare/servers"
)

const patience = 30 * time.Second

func TestMain(m *testing.M) {
	code := m.Run()
	servers.Cleanup()
	os.Exit(code)
}

// named are all programs, by their names on the command line.
func named(t *testing.T, name string) program {
	t.Helper()
	i := slices.IndexFunc(programs, func(p program) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("no program %s", name)
	}
	if programs[i].isPython() {
		servers.NeedFastAPI(t)
	}
	return programs[i]
}

// startRoom starts programs for this test alone.
func startRoom(t *testing.T, names ...string) *room {
	t.Helper()
	var all []program
	for _, name := range names {
		all = append(all, named(t, name))
	}
	starter, err := newStarter()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(starter.close)
	r := newRoom(starter, all)
	if _, err := r.afresh(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// script is what happened, an event a line: "#1 wait: data = await websocket.receive_text()".
type script []string

func scriptOf(t *testing.T, s *side) script {
	t.Helper()
	lines, err := s.lines()
	if err != nil {
		t.Fatal(err)
	}
	text := func(number int) string {
		code, _, _ := strings.Cut(lines[number-1].Text, " // ")
		return strings.TrimSpace(code)
	}
	var told script
	_, events, _ := s.journal.From(0)
	for _, e := range events {
		words := fmt.Sprintf("#%d%s %s", e.Client, e.Part, e.Kind)
		if e.Kind == "list" {
			words = fmt.Sprint("list ", e.List)
		}
		for _, more := range []string{e.Name, e.Value} {
			if more != "" {
				words += " " + more
			}
		}
		if e.To != 0 && e.Kind != "list" {
			words += fmt.Sprint(" to #", e.To)
		}
		if n := e.Line(); n != 0 && e.Kind != "list" {
			words += ": " + text(n)
		}
		for _, n := range e.Skipped {
			words += " | skips " + text(n)
		}
		told = append(told, words)
	}
	return told
}

// follows looks for lines in this order, with anything between them, and returns the rest.
func (s script) follows(t *testing.T, want ...string) script {
	t.Helper()
	rest := s
	for _, w := range want {
		i := slices.IndexFunc(rest, func(line string) bool { return matches(line, w) })
		if i < 0 {
			t.Errorf("this does not come, or not after what comes before it: %s", w)
			t.Logf("it happened:\n%s", strings.Join(s[max(0, len(s)-60):], "\n"))
			t.FailNow()
		}
		rest = rest[i+1:]
	}
	return rest
}

// never says what must not happen.
func (s script) never(t *testing.T, words string) {
	t.Helper()
	for _, line := range s {
		if matches(line, words) {
			t.Errorf("this happened, and should not: %s", line)
		}
	}
}

// matches compares; … stands for anything.
func matches(line, want string) bool {
	parts := strings.Split(want, "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(line)
}

// last is a line's last event of a client's handler: where it stands.
func (s script) last(client int) string {
	for _, line := range slices.Backward(s) {
		for _, kind := range []string{"line", "wait", "lock", "held", "end", "call", "return"} {
			if strings.HasPrefix(line, fmt.Sprintf("#%d %s", client, kind)) {
				return line
			}
		}
	}
	return ""
}

// TestStories holds what each story shows against the text of the lines that ran.
func TestStories(t *testing.T) {
	for _, c := range []struct {
		story, program string
		check          func(*testing.T, script)
	}{
		{"stops-reading", "main", func(t *testing.T, s script) {
			s.follows(t, "#2 stops stops reading",
				"#1 wait to #2: await connection.send_text(message)",
				"#3 says hello",
				"#3 wait to #2: await connection.send_text(message)")
			stands(t, s, 1, "#1 wait to #2: await connection.send_text(message)")
			stands(t, s, 2, "#2 wait: data = await websocket.receive_text()")
			stands(t, s, 3, "#3 wait to #2: await connection.send_text(message)")
		}},
		{"stops-reading", "go", func(t *testing.T, s script) {
			s.follows(t, "#2 stops stops reading",
				"#1 line to #2: connection.Send(frame)",
				"#2 set err …1008…: data, err := connection.ReceiveText()",
				"#2 if true: if err != nil {", "#2 line: return", "list [1 3]",
				"#2 end websocketEndpoint…")
			s.follows(t, "#3 says hello", "#1 hears Client #3 says: hello")
			stands(t, s, 1, "#1 line: data, err := connection.ReceiveText()")
			stands(t, s, 3, "#3 line: data, err := connection.ReceiveText()")
		}},
		{"stops-reading", "plain", func(t *testing.T, s script) {
			stands(t, s, 1, "#1 line to #2: _ = websocket.Message.Send(connection, message)")
			stands(t, s, 3, "#3 lock m.mu: m.mu.Lock()")
		}},
		{"last-word", "main", func(t *testing.T, s script) {
			s.follows(t, "#1 says bye, and closes",
				"#1 raise …: await websocket.send_text(message)",
				"#1 raise …: await manager.send_personal_message(…",
				"#1 line: except WebSocketDisconnect:", "list [2 3]",
				"#1 end websocket_endpoint: … | skips await manager.broadcast(… says: {data}\")",
				"#3 hears Client #2 says: hello")
			s.never(t, "#3 hears Client #1 says: bye")
		}},
		{"last-word", "go", func(t *testing.T, s script) {
			s.follows(t, "#1 says bye, and closes",
				"#1 line: manager.Broadcast(fmt.Sprintf(\"Client #%s says: %s\", clientID, data))",
				"#1 set err …1000…: data, err := connection.ReceiveText()",
				"#1 end websocketEndpoint: return")
			s.follows(t, "#3 hears Client #1 says: bye")
		}},
		{"binary", "main", func(t *testing.T, s script) {
			s.follows(t, "#1 says binary: ff 00",
				"#1 raise KeyError 'text': data = await websocket.receive_text()",
				"#1 line: except WebSocketDisconnect:",
				"#1 end websocket_endpoint KeyError: except WebSocketDisconnect:"+
					" | skips await manager.send_personal_message(…"+
					" | skips await manager.broadcast(…"+
					" | skips manager.disconnect(websocket) | skips await manager.broadcast(…",
				"#2 says hello",
				"#2 raise WebSocketDisconnect to #1: await connection.send_text(message)",
				"#2 raise WebSocketDisconnect: await manager.broadcast(… says: {data}\")",
				"list [1 3]",
				"#2 raise … to #1: await connection.send_text(message)",
				"#2 raise …: await manager.broadcast(f\"Client #{client_id} has left the chat\")",
				"#2 end websocket_endpoint …",
				"#3 says hello",
				"#3 raise … to #1: await connection.send_text(message)",
				"#3 end websocket_endpoint …")
			s.never(t, "list [2 3]")
		}},
		{"binary", "go", func(t *testing.T, s script) {
			s.follows(t, "#1 says binary: ff 00",
				"#1 set err …1003…: data, err := connection.ReceiveText()",
				"#1 if true: if err != nil {", "#1 line: return", "list [2 3]",
				"#1 end websocketEndpoint: return",
				"#2 says hello", "#2 if false: if err != nil {")
			s.follows(t, "#1 closed 1003…", "#3 hears Client #2 says: hello",
				"#2 hears Client #3 says: hello")
		}},
		{"binary", "fixed", func(t *testing.T, s script) {
			s.follows(t, "#1 line: code = 1003  # binary", "#1 line: manager.disconnect(client)",
				"list [2 3]")
			s.follows(t, "#1write …")
			s.never(t, "#1 raise …")
		}},
		{"stops-reading", "hub", func(t *testing.T, s script) {
			s.follows(t, "#2write line: if err := websocket.Message.Send(c.ws, message)…")
			s.follows(t, "list [1 2 3]", "#0Run line to #2: delete(activeConnections, client)",
				"list [1 3]")
			s.follows(t, "#3 says hello", "#1 hears Client #3 says: hello")
		}},
		{"cross", "main", func(t *testing.T, s script) {
			s.follows(t, "#1 wait to #3: await connection.send_text(message)",
				"#2 call: async def broadcast(self, message: str):",
				"#2 wait to #3: await connection.send_text(message)",
				"#3 stops reads on",
				"#1 return broadcast…", "#2 return broadcast…")
		}},
		{"cross", "go", func(t *testing.T, s script) {
			neverTwoHold(t, s)
			s.follows(t, "#3 set err …1008…", "#1 hears Client #2 says: hello")
		}},
		{"leaves", "main", func(t *testing.T, s script) {
			rest := s.follows(t, "#2 stops stops reading",
				"#4 wait to #2: await connection.send_text(message)", "#1 says close",
				"list [2 3 4]", "#2 stops reads on",
				"#4 line to #4: await connection.send_text(message)", "#4 return broadcast…")
			rest.follows(t, "#2 hears Client #1 has left the chat")
			said := s.number("#4 says long message ")
			heard := s.number("#3 hears Client #4 says: long message ")
			if heard == 0 || heard >= said {
				t.Errorf("#4 said %d long messages, and #3 heard up to %d", said, heard)
			}
		}},
		{"leaves", "go", func(t *testing.T, s script) {
			neverTwoHold(t, s)
			s.follows(t, "#2 set err …1008…", "#1 end websocketEndpoint…")
			s.follows(t, "#3 hears Client #1 has left the chat")
		}},
		{"block", "main", func(t *testing.T, s script) {
			rest := s.follows(t, "#1 held to #1: await connection.send_text(message)",
				"#3 says hello")
			rest.never(t, "#… line…")
			rest.never(t, "#… call…")
			rest.never(t, "#4 connected")
		}},
		{"block", "go", func(t *testing.T, s script) {
			rest := s.follows(t, "#1 held to #1: connection.Send(frame)")
			rest.follows(t, "#2 lock m.mu: m.mu.Lock()")
			rest.follows(t, "#3 lock m.mu: m.mu.Lock()")
			rest.follows(t, "#4 lock m.mu to #4: m.mu.Lock()")
			rest.never(t, "#… locked…")
			rest.follows(t, "#2 hears You wrote: hello")
		}},
	} {
		t.Run(c.story+" "+c.program, func(t *testing.T) {
			t.Parallel()
			r := startRoom(t, c.program)
			found, err := storiesNamed(c.story)
			if err != nil {
				t.Fatal(err)
			}
			found[0].play(soon(t), &stage{side: r.sides[0]})
			c.check(t, scriptOf(t, r.sides[0]))
			agrees(t, r.sides[0])
		})
	}
}

// number is the last number after these words.
func (s script) number(words string) (last int) {
	for _, line := range s {
		if after, ok := strings.CutPrefix(line, words); ok {
			number, _, _ := strings.Cut(after, " ")
			last, _ = strconv.Atoi(number)
		}
	}
	return last
}

// stands checks where a handler is at the end.
func stands(t *testing.T, s script, client int, want string) {
	t.Helper()
	if last := s.last(client); last != want {
		t.Errorf("#%d stands at %q, want %q", client, last, want)
	}
}

// neverTwoHold checks that a mutex is given back before the next one has it.
func neverTwoHold(t *testing.T, s script) {
	t.Helper()
	holder := ""
	for _, line := range s {
		who, rest, _ := strings.Cut(line, " ")
		kind, mutex, _ := strings.Cut(rest, " ")
		if strings.HasSuffix(kind, "locked") && !strings.HasPrefix(mutex, "m.mu") {
			t.Fatalf("%s is not about m.mu", line)
		}
		switch kind {
		case "locked":
			if holder != "" {
				t.Fatalf("%s has the mutex while %s has it", who, holder)
			}
			holder = who
		case "unlocked":
			if holder != who {
				t.Fatalf("%s gives back what %q has", who, holder)
			}
			holder = ""
		}
	}
}

// agrees asks the program without the trace where its handlers stand: Python's tasks, by what each
// awaits; Go's goroutines, by their stacks. A program that is blocked cannot be asked.
func agrees(t *testing.T, s *side) {
	t.Helper()
	sum, events, _ := s.journal.From(0)
	traced := map[int][]int{}
	for _, e := range slices.Concat(sum.Last, events) {
		switch e.Kind {
		case "held":
			if s.isPython() {
				return
			}
			traced[e.Client] = e.Lines
		case "end":
			delete(traced, e.Client)
		case "call", "line", "wait", "return", "lock", "locked":
			if e.Part == "" {
				traced[e.Client] = e.Lines
			}
		}
	}
	stage := &stage{side: s, next: sum.Dropped + len(events)}
	s.tell("ask")
	var answer string
	if !stage.until(soon(t), patience, func(e Event) bool {
		answer = e.Value
		return e.Kind == "asked"
	}) {
		t.Fatal("it does not say where its handlers stand")
	}
	asked := map[int][]int{}
	if s.isPython() {
		var tasks [][]int
		if err := json.Unmarshal([]byte(answer), &tasks); err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks {
			asked[task[0]] = task[1:]
		}
	} else {
		asked = stacks(answer, s.path())
		for client, lines := range asked { // other functions of the file may call the endpoint
			asked[client] = lines[max(0, len(lines)-len(traced[client])):]
		}
	}
	if fmt.Sprint(asked) != fmt.Sprint(traced) {
		t.Errorf("traced: %v, asked: %v", traced, asked)
	}
}

// stacks reads a profile of goroutines: the lines of a file, for each client's label.
func stacks(profile, path string) map[int][]int {
	found := map[int][]int{}
	inFile := regexp.MustCompile(regexp.QuoteMeta(path) + `:(\d+)`)
	label := regexp.MustCompile(`# labels: \{"client":"(\d+)"`)
	for goroutine := range strings.SplitSeq(profile, "\n\n") {
		who := label.FindStringSubmatch(goroutine)
		if who == nil || !strings.Contains(goroutine, ".websocketEndpoint+") {
			continue
		}
		client, _ := strconv.Atoi(who[1])
		for _, frame := range slices.Backward(inFile.FindAllStringSubmatch(goroutine, -1)) {
			line, _ := strconv.Atoi(frame[1])
			found[client] = append(found[client], line)
		}
	}
	return found
}
