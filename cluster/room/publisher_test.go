package room

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const natsTakes = 1 << 20 // bytes of one message, unless its max_payload says otherwise

func newTestPublisher() *publisher {
	return newPublisher(nil, nil, "n", Options{AwayLimit: time.Hour})
}

func TestANodeDropsLeavingsThatOthersHaveTold(t *testing.T) {
	p := newTestPublisher()
	for ref := range uint64(2) {
		p.enqueue(newItem(entry{Kind: left, Ref: ref}))
	}
	p.forget([]member{{Ref: 0}})
	if len(p.queue) != 1 || p.queue[0].entry.Ref != 1 {
		t.Errorf("%d leavings are to be told, want that of 1 alone", len(p.queue))
	}
}

func TestABatchWithTheLongestListsFitsIntoOneMessage(t *testing.T) {
	p := newTestPublisher()
	for i := range uint64(40_000) { // as many as a node takes
		p.present[1<<32+i] = 1<<63 - 1 - int64(i)
	}
	said := entry{Kind: said, Text: strings.Repeat("x", 64<<10)}
	for _, e := range []entry{said, {Kind: present},
		{Kind: gone, Dead: "m", Members: members(p.present)}, said, {Kind: gone, Dead: p.node}} {
		p.enqueue(newItem(e))
	}
	told := 0
	for len(p.queue) > 0 {
		_, data := p.next()
		if len(data) > natsTakes {
			t.Errorf("a batch has %d bytes, NATS takes %d", len(data), natsTakes)
		}
		b, err := decode(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range b.Entries {
			told += len(e.Members)
		}
	}
	if told != 3*len(p.present) {
		t.Errorf("the lists told of %d clients, want %d", told, 3*len(p.present))
	}
}

// narrow is a stream whose broker takes no message of this length.
type narrow struct{ jetstream.JetStream }

func (narrow) PublishMsg(context.Context, *nats.Msg, ...jetstream.PublishOpt) (*jetstream.PubAck,
	error) {
	return nil, nats.ErrMaxPayload
}

func TestAMessageThatTheBrokerWillNeverTakeIsGivenUp(t *testing.T) {
	p := newTestPublisher()
	p.js, p.stream = narrow{}, newFollower(nil, Options{}, nil)
	i := newItem(entry{Kind: said, Text: "x"})
	p.enqueue(i)
	p.send(p.next()) // and it returns
	if err := <-i.done; err == nil {
		t.Error("who said it is told that all is well")
	}
}

func TestWhoWaitsForABatchThatIsLostIsToldSoByTheNext(t *testing.T) {
	p := newTestPublisher()
	lost, seen := newItem(entry{Kind: said, Text: "lost"}), newItem(entry{Kind: said, Text: "seen"})
	p.enqueue(lost)
	p.next()
	p.enqueue(seen)
	number, _ := p.next()
	p.saw(number)
	if err := <-lost.done; err == nil {
		t.Error("who said what is lost is told that all is well")
	}
	if err := <-seen.done; err != nil {
		t.Error(err)
	}
	if len(p.sent) > 0 {
		t.Errorf("%d batches are still waited for", len(p.sent))
	}
}
