package wsconn

import (
	"testing"
	"testing/synctest"
)

// enters says whether one who tells so many bytes may go on now, or waits until done says that it need not.
func enters(t *testing.T, w *crowd, bytes int, done func()) (atOnce bool) {
	t.Helper()
	entered := make(chan struct{})
	go func() {
		w.enter(bytes)
		close(entered)
	}()
	synctest.Wait()
	select {
	case <-entered:
		return true
	default:
	}
	done()
	<-entered
	return false
}

func TestWhoeverSpeaksWaitsForReadersWhoAreFarBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w crowd
		w.add(2, 0)
		if enters(t, &w, 1, func() { w.add(-1, 0); w.add(-1, 0) }) {
			t.Error("nobody was waited for")
		}
		if !enters(t, &w, 1, nil) {
			t.Error("one waits for nobody")
		}
	})
}

func TestOnlySoMuchIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w crowd
		if !enters(t, &w, 2*maxInHand, nil) {
			t.Error("a message that is longer than all may be is never told")
		}
		if enters(t, &w, 1, func() { w.add(0, -2*maxInHand) }) {
			t.Error("more was told than may be at once")
		}
	})
}
