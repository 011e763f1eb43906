package main

// Event is one thing that happened in a program, or to a client at it. The programs write the first
// kinds as lines of JSON; the clients add the last ones. The order is certain within one program.
//
//	call    a function begins              line      a line is about to run
//	wait    a coroutine lets others run    raise     an exception, in each function that it leaves
//	return  a function ends                end       the handler has ended
//	lock    it wants a mutex               locked    it has it; unlocked: it gives it back
//	set     an error is assigned           if        which way an if goes
//	list    who is in the manager's list   armed     whoever comes to this line is blocked
//	held    it is blocked here             released  no more
//	hello   the lines that can be blocked  asked     who stands where, without the trace
//	gone    the program has ended          fault     the tracer failed, and traces no more
//
//	connected, says, hears, stops, closed    what a client does, and what becomes of it
type Event struct {
	Kind    string `json:"kind"`
	Client  int    `json:"client,omitempty"`
	Part    string `json:"part,omitempty"`  // of a task beside the endpoint: its function
	Lines   []int  `json:"lines,omitempty"` // from the endpoint inward: the last is where it is
	To      int    `json:"to,omitempty"`    // the client that is written to
	Name    string `json:"name,omitempty"`  // of an exception, a variable, a mutex, a function
	Value   string `json:"value,omitempty"`
	List    []int  `json:"list,omitempty"`
	Skipped []int  `json:"skipped,omitempty"` // lines that an exception passed over
}

// Line is where the handler is; 0 if the event has no place.
func (e Event) Line() int {
	if len(e.Lines) == 0 {
		return 0
	}
	return e.Lines[len(e.Lines)-1]
}

// counts says whether a line lights up and counts.
func (e Event) counts() bool { return e.Kind == "call" || e.Kind == "line" || e.Kind == "lock" }
