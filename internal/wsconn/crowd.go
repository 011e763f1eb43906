package wsconn

import "sync"

// crowd makes those who speak wait for readers who are far behind: in a flood most of them only had no time to read yet. It also
// bounds what is said at once, so that nobody is far behind before anyone could notice. The zero value is ready.
type crowd struct {
	mu     sync.Mutex
	change sync.Cond
	size   int // readers who are waited for
	inHand int // bytes of the messages that handlers are just telling
}

// enter waits until a message of so many bytes may be told.
func (w *crowd) enter(bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.change.L = &w.mu
	for w.size > 0 || w.inHand > 0 && w.inHand+bytes > maxInHand {
		w.change.Wait()
	}
	w.inHand += bytes
}

// add counts readers who are waited for from now on, and bytes that are told; fewer, where negative.
func (w *crowd) add(readers, bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.size += readers
	w.inHand += bytes
	w.change.Broadcast()
}
