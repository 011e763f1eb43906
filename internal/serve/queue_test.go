package serve

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// gate is a reader that stalls until it is opened.
type gate struct {
	stalled, open chan struct{}
	read          bytes.Buffer
}

// newGate returns a gate, and a queue whose first line waits at it.
func newGate() (*gate, *queue) {
	g := &gate{stalled: make(chan struct{}, 1), open: make(chan struct{})}
	q := newQueue(g)
	fmt.Fprintf(q, "%99d\n", 0)
	<-g.stalled
	return g, q
}

func (g *gate) Write(lines []byte) (int, error) {
	select {
	case g.stalled <- struct{}{}:
	default:
	}
	<-g.open
	return g.read.Write(lines)
}

func TestLinesAreDroppedWhereThereIsNoRoomAndTheirNumberStandsThere(t *testing.T) {
	t.Parallel()
	reader, q := newGate()
	const lines = 3 * queueSize / 100
	for i := range lines {
		if n, err := fmt.Fprintf(q, "%99d\n", i+1); n != 100 || err != nil {
			t.Fatalf("Write returned %d, %v", n, err)
		}
	}
	q.Write([]byte("\n")) // there would be room for it
	close(reader.open)
	q.flush()
	<-q.written
	next := 0
	for line := range strings.Lines(reader.read.String()) {
		count, found := strings.CutSuffix(line, " lines were dropped: their queue was full\n")
		if found {
			n, _ := strconv.Atoi(count)
			next += n
		} else if line == fmt.Sprintf("%99d\n", next) {
			next++
		} else {
			t.Fatalf("line %d is %q", next, line)
		}
	}
	if next != lines+2 {
		t.Errorf("%d of %d lines are there or counted", next, lines+2)
	}
	if got := reader.read.Len(); got > queueSize+200 {
		t.Errorf("the queue held %d bytes", got)
	}
}

func TestFlushDoesNotWaitForAReaderThatStalled(t *testing.T) {
	t.Parallel()
	reader, q := newGate()
	defer close(reader.open)
	q.flush()
}
