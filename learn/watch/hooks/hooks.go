// Package hooks is what an instrumented program calls: where each handler is, who holds a mutex,
// what an error is. Its text joins the program's own package. It writes lines of JSON to
// WATCH_ADDR, and reads commands from there: "block 61", "release", "ask".
//
// Its lock makes all goroutines wait for each other, so it hides data races: never build an
// instrumented program with -race.
package hooks

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"reflect"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

type watchEvent struct {
	Kind   string `json:"kind"`
	Client int    `json:"client,omitempty"`
	Part   string `json:"part,omitempty"`
	Lines  []int  `json:"lines,omitempty"`
	To     int    `json:"to,omitempty"`
	Name   string `json:"name,omitempty"`
	Value  string `json:"value,omitempty"`
	List   []int  `json:"list,omitempty"`
}

// watched is one goroutine within the functions of the file.
type watched struct {
	client  int
	part    string
	frames  []watchFrame
	pending []watchEvent // until the client is known
}

type watchFrame struct {
	name     string
	line, to int
}

var watch struct {
	sync.Mutex
	tool       net.Conn
	roots      []string
	goroutines map[string]*watched
	owners     map[uintptr]int // connections, by their address
	block      int             // a line
	released   chan struct{}   // closed when whoever is blocked may go on
}

// watchBlock is less than what a client's pings take to give up.
const watchBlock = 10 * time.Second

func init() {
	tool, err := net.Dial("tcp", os.Getenv("WATCH_ADDR"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "this program was made to be watched:", err)
		os.Exit(1)
	}
	watch.tool, watch.roots = tool, strings.Split(os.Getenv("WATCH_ROOTS"), ",")
	watch.goroutines, watch.owners = map[string]*watched{}, map[uintptr]int{}
	watch.released = make(chan struct{})
	fmt.Fprintln(tool, os.Getenv("WATCH_TOKEN"))
	go watchListen()
}

// watchListen ends the program with the tool.
func watchListen() {
	for commands := bufio.NewScanner(watch.tool); commands.Scan(); {
		command, number, _ := strings.Cut(commands.Text(), " ")
		watch.Lock()
		switch command {
		case "block":
			watch.block, _ = strconv.Atoi(number)
			watchWrite(watchEvent{Kind: "armed", Lines: []int{watch.block}})
		case "release":
			watch.block = 0
			close(watch.released)
			watch.released = make(chan struct{})
		case "ask":
			var stacks strings.Builder
			pprof.Lookup("goroutine").WriteTo(&stacks, 1)
			watchWrite(watchEvent{Kind: "asked", Value: stacks.String()})
		}
		watch.Unlock()
	}
	os.Exit(0)
}

func watchWrite(e watchEvent) {
	line, _ := json.Marshal(e)
	watch.tool.Write(append(line, '\n'))
}

// watchID is the number of the goroutine, which the runtime tells nobody in another way.
func watchID() string {
	var start [64]byte
	id, _, _ := bytes.Cut(start[len("goroutine "):runtime.Stack(start[:], false)], []byte(" "))
	return string(id)
}

// watchHere locks, and returns the goroutine; nil if it is no handler's.
func watchHere() *watched {
	id := watchID()
	watch.Lock()
	return watch.goroutines[id]
}

// tell writes an event, or keeps it until it is known whose it is.
func (w *watched) tell(e watchEvent) {
	frame := w.frames[len(w.frames)-1]
	e.Client, e.Part, e.To = w.client, w.part, frame.to
	if e.Lines == nil {
		for _, f := range w.frames {
			e.Lines = append(e.Lines, f.line)
		}
	}
	w.pending = append(w.pending, e)
	if w.client == 0 && w.part == "" {
		return
	}
	for _, e := range w.pending {
		e.Client = w.client
		watchWrite(e)
	}
	w.pending = w.pending[:0]
}

// learn takes from variables whose goroutine this is, whom a function writes to, who is in a list,
// and what an error is. vars are names and values.
func (w *watched) learn(vars []any) {
	frame := &w.frames[len(w.frames)-1]
	for i := 0; i < len(vars); i += 2 {
		name, value := vars[i].(string), vars[i+1]
		if name == "clientID" && w.client == 0 {
			w.client, _ = strconv.Atoi(fmt.Sprint(value))
			labels := pprof.Labels("client", fmt.Sprint(w.client))
			pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), labels))
		}
		if err, ok := value.(error); ok {
			w.tell(watchEvent{Kind: "set", Name: name, Value: err.Error()})
		}
		v := reflect.ValueOf(value)
		switch v.Kind() {
		case reflect.Pointer:
			kind := strings.ToLower(v.Type().String())
			isConn := strings.HasSuffix(kind, "conn") || strings.HasSuffix(kind, "client")
			if isConn && watch.owners[v.Pointer()] == 0 && w.client != 0 {
				watch.owners[v.Pointer()] = w.client
			}
			if to := watch.owners[v.Pointer()]; to != 0 && len(w.frames) > 1 {
				frame.to = to
			}
		case reflect.Slice, reflect.Map:
			if list, ok := watchList(v); ok {
				w.tell(watchEvent{Kind: "list", List: list})
			}
		}
	}
}

// watchList is the clients of a slice or a map of connections; ok is false for another one.
func watchList(v reflect.Value) (list []int, ok bool) {
	var elements []reflect.Value
	of := v.Type().Elem()
	if v.Kind() == reflect.Map {
		elements, of = v.MapKeys(), v.Type().Key()
	} else {
		for i := range v.Len() {
			elements = append(elements, v.Index(i))
		}
	}
	if of.Kind() != reflect.Pointer {
		return nil, false
	}
	list = []int{}
	for _, e := range elements {
		list = append(list, watch.owners[e.Pointer()])
	}
	if v.Kind() == reflect.Map {
		slices.Sort(list)
	}
	return list, true
}

// at moves the handler to a line, and stands there if it is blocked. It unlocks meanwhile.
func (w *watched) at(line int, e watchEvent) {
	w.frames[len(w.frames)-1].line = line
	w.tell(e)
	if watch.block != line {
		return
	}
	watch.block = 0
	released := watch.released
	w.tell(watchEvent{Kind: "held"})
	watch.Unlock()
	select {
	case <-released:
	case <-time.After(watchBlock):
	}
	watch.Lock()
	w.tell(watchEvent{Kind: "released"})
}

// WatchEnter is called where a function begins; what it returns, where it ends.
func WatchEnter(line int, name string, vars ...any) func() {
	id := watchID()
	watch.Lock()
	defer watch.Unlock()
	w := watch.goroutines[id]
	if w == nil {
		root := slices.Index(watch.roots, name)
		if root < 0 {
			return func() {}
		}
		w = &watched{}
		if root > 0 { // the first is the endpoint
			w.part, w.client = name, watchOwner(vars)
		}
		watch.goroutines[id] = w
	}
	w.frames = append(w.frames, watchFrame{name: name, line: line})
	w.learn(vars)
	w.at(line, watchEvent{Kind: "call"})
	return func() { w.leave(id) }
}

// watchOwner is the client to whom one of the variables belongs: whose goroutine this is.
func watchOwner(vars []any) int {
	for i := 1; i < len(vars); i += 2 {
		if v := reflect.ValueOf(vars[i]); v.Kind() == reflect.Pointer {
			if owner := watch.owners[v.Pointer()]; owner != 0 {
				return owner
			}
		}
	}
	return 0
}

func (w *watched) leave(id string) {
	watch.Lock()
	defer watch.Unlock()
	last := len(w.frames) - 1
	name := w.frames[last].name
	if last == 0 {
		w.tell(watchEvent{Kind: "end", Name: name})
		delete(watch.goroutines, id)
		return
	}
	w.frames = w.frames[:last]
	w.tell(watchEvent{Kind: "return", Name: name})
}

// WatchLine is called before a statement, and at each turn of a loop.
func WatchLine(line int, vars ...any) {
	if w := watchHere(); w != nil {
		w.learn(vars)
		w.at(line, watchEvent{Kind: "line"})
	}
	watch.Unlock()
}

// WatchSet is called after an assignment.
func WatchSet(line int, vars ...any) {
	if w := watchHere(); w != nil {
		w.frames[len(w.frames)-1].line = line
		w.learn(vars)
	}
	watch.Unlock()
}

// WatchIf is a condition; vars are those of the if's own assignment.
func WatchIf(line int, condition bool, vars ...any) bool {
	if w := watchHere(); w != nil {
		w.learn(vars)
		w.tell(watchEvent{Kind: "if", Value: strconv.FormatBool(condition)})
	}
	watch.Unlock()
	return condition
}

// WatchMutex is called before Lock (lock), after it (locked), and before Unlock (unlocked).
func WatchMutex(line int, kind, name string) {
	if w := watchHere(); w != nil {
		w.at(line, watchEvent{Kind: kind, Name: name})
	}
	watch.Unlock()
}

// WatchDeferred returns what a deferred Unlock does.
func WatchDeferred(line int, name string, unlock func()) func() {
	return func() {
		if w := watchHere(); w != nil {
			w.frames[len(w.frames)-1].to = 0
			w.at(line, watchEvent{Kind: "line"})
			w.tell(watchEvent{Kind: "unlocked", Name: name})
		}
		watch.Unlock()
		unlock()
	}
}
