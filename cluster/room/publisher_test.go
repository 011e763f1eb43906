package room

import (
	"testing"
	"time"
)

func newTestPublisher() *publisher { return newPublisher(nil, nil, "n", Options{AwayLimit: time.Hour}) }

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
