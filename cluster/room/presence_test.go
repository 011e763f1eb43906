package room

import (
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/chat/internal/wsconn"
	"example.com/chat/internal/wstest"
	"golang.org/x/net/websocket"
	"golang.org/x/time/rate"
)

// judge is a node that reads beats of a stream whose clock is the test's. It has one client.
type judge struct {
	*Room
	t       *testing.T
	start   time.Time
	numbers map[string]uint64
	client  *wstest.Client
}

func newJudge(t *testing.T) *judge {
	t.Helper()
	r := &Room{node: "judge", presence: presence{nodes: map[string]*node{}},
		clients: map[uint64]*client{}}
	r.stream = newFollower(nil, Options{}, r)
	r.out = newPublisher(nil, nil, r.node, Options{AwayLimit: time.Hour})
	r.pace = rate.NewLimiter(rate.Inf, 0)
	endpoint := func(ws *websocket.Conn) {
		connection := wsconn.FromConn(ws)
		r.mu.Lock()
		r.clients[0] = &client{connection: connection}
		r.mu.Unlock()
		r.admit(0)
		connection.ReceiveText() // until it is gone
	}
	server := httptest.NewServer(new(wsconn.Server).Handler(websocket.Server{Handler: endpoint}))
	t.Cleanup(server.Close)
	c := wstest.Dial(t, server.Listener.Addr().String(), "/")
	start := time.Unix(1_700_000_000, 0) // a turn begins
	return &judge{Room: r, t: t, start: start, numbers: map[string]uint64{}, client: c}
}

// hasTold returns what the judge's client was told.
func (j *judge) hasTold() (heard []string) {
	const end = "that is all"
	j.hear(end)
	for {
		text := j.client.Read().Payload
		if text == end {
			return heard
		}
		heard = append(heard, text)
	}
}

// tells checks what the judge's client was told.
func (j *judge) tells(want ...string) {
	j.t.Helper()
	if got := j.hasTold(); !slices.Equal(got, want) {
		j.t.Fatalf("told %d messages, %.200q, want %d, %.200q", len(got), got, len(want), want)
	}
}

// reads has the stream hold the beats of nodes from one second of its clock to another.
func (j *judge) reads(from, to float64, nodes ...string) {
	for at := from; at < to; at += beatEvery.Seconds() {
		for _, name := range nodes {
			j.readsFrom(name, at, entry{Kind: alive})
		}
	}
}

// readsFrom has the stream hold one batch of a node.
func (j *judge) readsFrom(name string, at float64, entries ...entry) {
	j.numbers[name]++
	j.readsAgain(name, j.numbers[name], at, entries...)
}

// readsAgain has it hold a batch with a number of its own.
func (j *judge) readsAgain(name string, number uint64, at float64, entries ...entry) {
	b := batch{Node: name, Number: number, Entries: entries}
	j.take(&b, j.start.Add(time.Duration(at*float64(time.Second))))
}

// readsBurial has the stream hold all that the judge would say of the dead.
func (j *judge) readsBurial(at float64) {
	var all []entry
	for _, i := range j.out.queue {
		all = append(all, i.entry)
	}
	j.out.queue = nil
	j.readsFrom("judge", at, all...)
}

// buried reports whether the judge has told that a node is gone.
func (j *judge) buried(name string) bool {
	for _, i := range j.out.queue {
		if i.entry.Kind == gone && i.entry.Dead == name {
			return true
		}
	}
	return false
}

func TestANodeThatDiesIsBuriedWithinFifteenSeconds(t *testing.T) {
	for name, still := range map[string]float64{"while the stream goes on": 0,
		"with the stream's leader, until another is chosen": 9} {
		j := newJudge(t)
		j.readsFrom("other", 0, entry{Kind: present})
		j.reads(0, 5, "judge", "other")
		j.reads(5+still, 18.5, "judge")
		if j.buried("other") {
			t.Errorf("%s: buried after 13.5 s, when it may come back from 10 s away", name)
		}
		j.reads(18.5, 20, "judge")
		if !j.buried("other") {
			t.Errorf("%s: not buried after 15 s", name)
		}
	}
}

func TestANodeIsNotBuriedForASilenceInWhichTheStreamStoodStill(t *testing.T) {
	j := newJudge(t)
	j.readsFrom("other", 0, entry{Kind: present})
	j.reads(0, 5, "judge", "other")
	// the other stands still; when it goes on, the stream's keepers choose a new leader
	j.reads(5, 15, "judge")
	j.reads(21, 23, "judge")
	if j.buried("other") {
		t.Error("buried before it had a moment to come back")
	}
	j.reads(23, 30, "other", "judge")
	if j.buried("other") {
		t.Error("buried though it came back")
	}
}

// A node that was cut off and buried sends its queue before it has read that: lists and leavings of
// those who are said to have left.
func TestALeavingToldForANodeThoughtDeadIsNotToldAgainWhenItIsBack(t *testing.T) {
	one, two := member{Ref: 1, Client: 101}, member{Ref: 2, Client: 102}
	j := newJudge(t)
	j.readsFrom("other", 0, entry{Kind: joined, Ref: 1, Client: 101},
		entry{Kind: joined, Ref: 2, Client: 102})
	j.readsFrom("other", 1, entry{Kind: present, Members: []member{one, two}})
	j.reads(1, 20, "judge")
	j.readsBurial(20)
	j.readsFrom("other", 21, entry{Kind: present, Members: []member{one, two}},
		entry{Kind: left, Ref: 1, Client: 101})
	j.reads(21, 40, "judge") // and then it dies
	j.readsBurial(40)
	// from who came between
	j.readsFrom("late", 41,
		entry{Kind: gone, Dead: "other", Last: j.numbers["other"], Members: []member{two}})
	if got, want := j.hasTold(), []string{leaving(101), leaving(102)}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// What a node had under way it sends again when it is back, and the stream then knows its id no
// more.
func TestWhatWasToldOfANodeIsNotToldAgainWhenItWasAwayForLong(t *testing.T) {
	j := newJudge(t)
	j.readsFrom("other", 0, entry{Kind: joined, Ref: 1, Client: 101},
		entry{Kind: present, Members: []member{{Ref: 1, Client: 101}}})
	last := []entry{{Kind: said, Text: "once"}, {Kind: alive}}
	j.readsFrom("other", 1, last...)
	j.reads(1, 20, "judge")
	j.readsBurial(20)
	back := 20 + 5*streamAge.Seconds()
	j.reads(20, back, "judge")
	j.readsAgain("other", j.numbers["other"], back, last...)
	j.readsFrom("other", back, entry{Kind: left, Ref: 1, Client: 101})
	if got, want := j.hasTold(), []string{"once", leaving(101)}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestTheDeadAreForgottenInTheEnd(t *testing.T) {
	j := newJudge(t)
	j.readsFrom("other", 0, entry{Kind: present})
	j.reads(0, 20, "judge")
	j.readsBurial(20)
	j.reads(20+deadForget.Seconds(), 21+deadForget.Seconds(), "judge")
	if j.presence.nodes["other"] != nil {
		t.Error("the dead are remembered for ever")
	}
}

func TestANodeThatMissedWhoCameBuriesNobodyBeforeItHasReadAList(t *testing.T) {
	j := newJudge(t)
	j.readsFrom("other", 0, entry{Kind: present})
	j.reads(0, 5, "judge", "other")
	j.missed()
	j.reads(5, 20, "judge")
	if j.buried("other") {
		t.Error("buried, though nobody here knows who was there")
	}
	j.readsFrom("other", 20, entry{Kind: present})
	j.reads(20, 35, "judge")
	if !j.buried("other") {
		t.Error("not buried, though it had listed its clients")
	}
}

func TestAClockThatIsBehindDelaysNoBurial(t *testing.T) {
	j := newJudge(t)
	j.readsFrom("other", 3600, entry{Kind: present})
	j.reads(3600, 3605, "judge", "other")
	j.reads(5, 20.5, "judge") // a new leader's clock is an hour behind, and the other is dead
	if !j.buried("other") {
		t.Error("not buried after 15 s: it seems to have been heard in an hour")
	}
}

// Everyone is told of everyone who has left: at once that would be thousands of messages.
func TestTheLeavingsOfADeadNodeAreToldInTurnsAndTalkGoesOn(t *testing.T) {
	var all []member
	var want []string
	for i := range turnMost + 10 {
		all = append(all, member{Ref: uint64(i + 1), Client: int64(i)})
		want = append(want, leaving(int64(i)))
	}
	j := newJudge(t)
	j.readsFrom("other", 0, entry{Kind: present, Members: all})
	j.readsFrom("judge", 1, entry{Kind: gone, Dead: "other", Last: 1, Members: all},
		entry{Kind: said, Text: "in between"})
	j.tells(want[0], "in between")
	second, third := 1+turn.Seconds(), 1+2*turn.Seconds()
	j.readsFrom("judge", second, entry{Kind: said, Text: "later"})
	j.tells(append(slices.Clone(want[1:turnMost+1]), "later")...)
	j.readsFrom("judge", second, entry{Kind: said, Text: "in the same turn"})
	j.tells("in the same turn")
	j.readsFrom("judge", third, entry{Kind: alive})
	j.tells(want[turnMost+1:]...)
}

func TestALeavingIsToldInItsPlaceWhereFewLeave(t *testing.T) {
	j := newJudge(t)
	j.readsFrom("other", 0, entry{Kind: joined, Ref: 1, Client: 7})
	j.readsFrom("other", 1, entry{Kind: said, Text: "before"}, entry{Kind: left, Ref: 1, Client: 7},
		entry{Kind: said, Text: "after"})
	j.tells("before", leaving(7), "after")
}

func TestLeavingsThatComeOneByOneAreToldTogether(t *testing.T) {
	j := newJudge(t)
	var want []string
	for i := range 7 {
		at := float64(i) * turn.Seconds() / 5
		j.readsFrom("other", at, entry{Kind: joined, Ref: uint64(i + 1), Client: int64(i)})
		j.readsFrom("other", at, entry{Kind: left, Ref: uint64(i + 1), Client: int64(i)})
		want = append(want, leaving(int64(i)))
	}
	j.tells(want[:5]...) // the first at once, the others when the second turn begins
	j.readsFrom("judge", 2*turn.Seconds(), entry{Kind: said, Text: "later"})
	j.tells(append(want[5:], "later")...)
}

// The others remember one number of a dead node, not all that it had.
func TestANodeTellsOfItsConnectionsInTheOrderOfTheirNumbers(t *testing.T) {
	j := newJudge(t)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { j.number(newClient(0, nil)) })
	}
	all.Wait()
	for i, item := range j.out.queue {
		if want := uint64(i + 1); item.entry.Ref != want {
			t.Fatalf("number %d is told in the place of %d", item.entry.Ref, want)
		}
	}
}
