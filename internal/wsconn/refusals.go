package wsconn

import (
	"log"
	"net/http"
	"sync"
	"time"
)

// refusalLog logs who is refused, a few each second and a count of the rest. So a page that tries
// again and again cannot fill the log. The zero value is ready.
type refusalLog struct {
	mu      sync.Mutex // guards what follows
	second  time.Time  // that began with the first refusal
	logged  int        // in it
	omitted int
}

const maxRefusals = 5 // lines a second

func (l *refusalLog) add(r *http.Request, status int, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.Sub(l.second) >= time.Second {
		if l.omitted > 0 {
			log.Printf("refused %d more in a second", l.omitted)
		}
		l.second, l.logged, l.omitted = now, 0, 0
	}
	if l.logged == maxRefusals {
		l.omitted++
		return
	}
	l.logged++
	log.Printf("refused remote=%s status=%d reason=%q origin=%q host=%q path=%q",
		r.RemoteAddr, status, reason, r.Header.Get("Origin"), r.Host, r.RequestURI)
}
