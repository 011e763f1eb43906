package wsconn

import (
	"sync"
	"time"
)

// pace is how a client takes what it is sent. A client is stuck while the kernel has not taken all
// of a write to it.
type pace struct {
	patience   *patience
	maxQueued  int           // what may be queued before Send waits, as cost
	stuckSince time.Time     // when it became stuck, or last took something since; zero: it is not
	owed       time.Duration // was waited for it, and has not come back
}

func (p *pace) stuck() bool { return !p.stuckSince.IsZero() }

// reads reports whether a client that is stuck became so, or took something, a moment ago.
func (p *pace) reads() bool { return time.Since(p.stuckSince) < readerPause }

// wrote notes that something went out, and that a rest did not.
func (p *pace) wrote(rest bool) {
	p.stuckSince = time.Time{}
	if rest {
		p.stuckSince = time.Now()
	}
}

// took gives back what was waited for a client that reads at fairRate.
func (p *pace) took(cost int) {
	earned := min(p.owed, time.Duration(cost)*time.Second/fairRate)
	if earned > 0 {
		p.owed -= earned
		p.patience.spend(-earned)
	}
}

// waited counts a step of waiting for a client that is stuck. A step that took longer counts no
// more: then the machine was late, and not the client.
func (p *pace) waited() {
	p.owed += patienceStep
	p.patience.spend(patienceStep)
}

// mayWait reports whether a client that is stuck is still waited for.
func (p *pace) mayWait() bool { return p.patience.spend(0) > 0 }

// patience is a budget of time to wait in vain. Those who send under one lock, one after the other,
// can spend maxPatience in a second, one last step, and what comes back meanwhile: less than 100
// ms. Those who wait at the same time spend it together. The zero value is a full budget.
type patience struct {
	mu    sync.Mutex // guards what follows
	spent time.Duration
	at    time.Time // when spent was counted
}

const (
	maxPatience  = 70 * time.Millisecond
	patienceStep = 5 * time.Millisecond // after which Send looks again
	patienceBack = 60                   // it comes back this many times as slowly as it is spent

	// A client that reads takes something once in readerPause: watch has made room by then.
	readerPause = 1500 * time.Millisecond
	readerSlack = 2 // times maxQueued: how far behind they may fall
)

// spend takes d, and returns what is left.
func (p *patience) spend(d time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	// Many who wait at once can overspend it, but not for longer than some seconds.
	p.spent = min(max(0, p.spent-now.Sub(p.at)/patienceBack+d), 2*maxPatience)
	p.at = now
	return maxPatience - p.spent
}
