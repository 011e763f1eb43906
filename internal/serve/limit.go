package serve

import (
	"log"
	"sync"
	"time"
)

// limit logs a few lines each second and a count of the rest. What strangers cause goes through
// one, so that they cannot fill the log.
type limit struct {
	more string // how the count is told, with %d

	mu         sync.Mutex // guards what follows
	thisSecond int
}

const maxLines = 5 // a second

func (l *limit) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.thisSecond++; l.thisSecond == 1 {
		time.AfterFunc(time.Second, l.nextSecond)
	}
	if l.thisSecond <= maxLines {
		log.Printf(format, args...)
	}
}

// Write takes a line that net/http logs, as of a TLS handshake that failed.
func (l *limit) Write(line []byte) (int, error) {
	l.printf("%s", line)
	return len(line), nil
}

func (l *limit) nextSecond() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if more := l.thisSecond - maxLines; more > 0 {
		log.Printf(l.more, more)
	}
	l.thisSecond = 0
}
