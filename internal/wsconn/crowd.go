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

// enter waits until a message of so many bytes may be told; exit says that it is.
func (w *crowd) enter(bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.change.L = &w.mu
	for w.size > 0 || w.inHand > 0 && w.inHand+bytes > maxInHand {
		w.change.Wait()
	}
	w.inHand += bytes
}

func (w *crowd) exit(bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inHand -= bytes
	w.change.Broadcast()
}

func (w *crowd) join() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.size++
}

func (w *crowd) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.size--
	w.change.Broadcast()
}
