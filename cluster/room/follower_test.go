package room

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/time/rate"
)

// message is one of the stream, brought by a consumer.
type message struct {
	jetstream.Msg
	consumer string
	sequence uint64
	text     string
}

func (m message) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{Consumer: m.consumer,
		Sequence: jetstream.SequencePair{Stream: m.sequence}}, nil
}

func (m message) Data() []byte {
	return encode(&batch{Node: "other", Number: m.sequence,
		Entries: []entry{{Kind: said, Text: m.text}}})
}

func TestWhatWasSaidWhileANodeWasCutOffIsToldAtAPace(t *testing.T) {
	const size = 1000
	j := newJudge(t)
	// nothing is earned back: what is left says what was paid
	j.pace = rate.NewLimiter(0, catchUpBurst)
	j.stream.reader, j.stream.last, j.stream.until = "ours", 5, 6
	for i, want := range []float64{size, 0} {
		before := j.pace.Tokens()
		sequence := uint64(6 + i)
		j.stream.take(message{consumer: "ours", sequence: sequence,
			text: strings.Repeat("x", size)})
		if paid := before - j.pace.Tokens(); paid != want {
			t.Errorf("message %d took the time of %v bytes, want %v", sequence, paid, want)
		}
	}
}

// NATS's client makes consumers anew by itself, perhaps of another stream that has the name now.
func TestNothingIsTakenFromAConsumerOfAStreamThatWasNotRecognised(t *testing.T) {
	j := newJudge(t)
	j.stream.reader, j.stream.last = "ours", 5
	if j.stream.take(message{consumer: "remade", sequence: 6, text: "another room's"}) {
		t.Error("taken without a word, so nobody looks what it is")
	}
	j.stream.take(message{consumer: "ours", sequence: 6, text: "ours"})
	if got := j.hasTold(); len(got) != 1 || got[0] != "ours" {
		t.Errorf("told %q, want what our room said alone", got)
	}
}

func TestWhoeverPublishesDoesNotWaitForTheTelling(t *testing.T) {
	j := newJudge(t)
	j.stream.reader, j.stream.last = "ours", 5
	j.mu.Lock() // as Send does, for a client that is far behind
	taken := make(chan bool)
	go func() { taken <- j.stream.take(message{consumer: "ours", sequence: 6, text: "long"}) }()
	for j.stream.heard() != 6 {
		runtime.Gosched()
	}
	j.stream.expect(9, false)
	if err := j.stream.trouble(time.Now().Add(time.Hour)); err != nil {
		t.Errorf("a node that is busy telling reads the room anew: %v", err)
	}
	j.mu.Unlock()
	<-taken
	if err := j.stream.trouble(time.Now()); err != nil {
		t.Errorf("a node that has just told reads the room anew: %v", err)
	}
	if err := j.stream.trouble(time.Now().Add(stallLimit + time.Second)); err != errStalled {
		t.Errorf("nothing came for longer than stallLimit: %v, want %v", err, errStalled)
	}
}

// silent is a broker that does not answer any more: nats.go's Stop then waits for ten seconds.
type silent struct{ jetstream.JetStream }

type silentStream struct{ jetstream.Stream }

type silentConsumer struct {
	jetstream.Consumer
	jetstream.ConsumeContext
}

func (silent) Stream(context.Context, string) (jetstream.Stream, error) {
	return silentStream{}, nil
}

func (silentStream) CachedInfo() *jetstream.StreamInfo { return &jetstream.StreamInfo{} }

func (silent) OrderedConsumer(context.Context, string, jetstream.OrderedConsumerConfig) (
	jetstream.Consumer, error) {
	return silentConsumer{}, nil
}

func (silentConsumer) CachedInfo() *jetstream.ConsumerInfo { return &jetstream.ConsumerInfo{} }

func (c silentConsumer) Consume(take jetstream.MessageHandler, _ ...jetstream.PullConsumeOpt) (
	jetstream.ConsumeContext, error) {
	go take(message{consumer: "of another stream", sequence: 1})
	return c, nil
}

func (silentConsumer) Stop() { select {} }

func TestAConsumerThatDoesNotStopKeepsNobodyFromReadingAnew(t *testing.T) {
	f := newJudge(t).stream
	f.js = silent{}
	if err := f.follow(); err != errRemade {
		t.Errorf("reading ended with %v, want %v", err, errRemade)
	}
}
