package wsconn

import (
	"sync"
	"time"
)

// pace is how a client takes what it is sent. A client is stuck while the kernel has not taken all
// of a write to it.
type pace struct {
	patience    *patience
	maxQueued   int       // what may be queued before Send waits, as cost
	stuckSince  time.Time // zero: it is not stuck
	reads       bool      // it has been stuck, and went on: what it takes, it reads
	creditUntil time.Time // it is waited for until then, because it has read so much
}

func (p *pace) stuck() bool { return !p.stuckSince.IsZero() }

// wrote notes that something went out, and that a rest did not.
func (p *pace) wrote(rest bool) {
	p.reads = p.reads || p.stuck()
	p.stuckSince = time.Time{}
	if rest {
		p.stuckSince = time.Now()
	}
}

// took gives credit for what the client takes.
func (p *pace) took(cost int) {
	if !p.reads { // it may be no more than what its kernel holds
		return
	}
	now, earned := time.Now(), time.Duration(cost)*time.Second/fairRate
	p.creditUntil = now.Add(min(max(p.creditUntil.Sub(now), 0)+earned, maxCredit))
}

// waited counts a wait that began then, after others that were in vain, and returns how long all
// these were in vain. What the client has earned counts when it is over and nothing was taken.
func (p *pace) waited(began time.Time, vain time.Duration) time.Duration {
	now := time.Now()
	vain += min(now.Sub(began), patienceStep) // more is for a machine that is late itself
	switch {
	case !p.stuck(): // it has taken all, and its turn to be written to is still to come
		return 0
	case now.After(p.creditUntil):
		p.patience.spend(vain)
		return 0
	case p.stuckSince.After(began): // it has taken something
		return 0
	}
	return vain
}

// mayWait reports whether a client that is stuck is still waited for.
func (p *pace) mayWait() bool {
	left := p.patience.spend(0)
	return left > unknownReserve || left >= maxCredit && time.Now().Before(p.creditUntil)
}

// patience is a budget of time to wait in vain. Those who send under one lock, one after the other,
// can spend maxPatience in a second, one last step, and what comes back meanwhile: less than 100
// ms. Those who wait at the same time spend it together. The zero value is a full budget.
type patience struct {
	mu    sync.Mutex // guards what follows
	spent time.Duration
	at    time.Time // when spent was counted
}

const (
	maxPatience    = 70 * time.Millisecond
	patienceStep   = 5 * time.Millisecond
	patienceBack   = 60                    // it comes back this many times as slowly as it is spent
	unknownReserve = 35 * time.Millisecond // is left for those who have read
)

// spend takes d, and returns what is left.
func (p *patience) spend(d time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	// Many who wait at once can overspend it, but not for longer than some seconds.
	p.spent = min(max(0, p.spent-now.Sub(p.at)/patienceBack)+d, 2*maxPatience)
	p.at = now
	return maxPatience - p.spent
}
