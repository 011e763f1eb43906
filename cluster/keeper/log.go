package keeper

import (
	"errors"
	"fmt"
	"log"
	"strings"
	"syscall"
)

// logger passes on what a reader of this program's log can use, and hears of a full disk.
type logger struct {
	fatal chan error
	full  chan struct{}
}

// Fatalf is called when the server cannot start.
func (l *logger) Fatalf(format string, v ...any) {
	select {
	case l.fatal <- errors.New(strings.TrimSpace(fmt.Sprintf(format, v...))):
	default:
	}
}

// Errorf is called for each write that fails, for one.
func (l *logger) Errorf(format string, v ...any) {
	for _, value := range v {
		if err, ok := value.(error); ok && isFull(err) {
			select {
			case l.full <- struct{}{}:
			default:
			}
			return // space.go says it once
		}
	}
	log.Printf("nats: "+format, v...)
}

func isFull(err error) bool {
	const windows = syscall.Errno(112) // ERROR_DISK_FULL
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, windows) ||
		strings.Contains(err.Error(), "no space left") // where NATS keeps no more than the text
}

// Warnf is about slow nodes and lost routes. It also warns of passwords in a file: the secret is in
// none of NATS's.
func (*logger) Warnf(format string, v ...any) {
	if !strings.HasPrefix(format, "Plaintext passwords") {
		log.Printf("nats: "+format, v...)
	}
}

// Noticef, Debugf and Tracef are for those who maintain NATS.
func (*logger) Noticef(string, ...any) {}
func (*logger) Debugf(string, ...any)  {}
func (*logger) Tracef(string, ...any)  {}
