package wsconn

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPatienceIsBackAfterSecondsHoweverManySpentIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p patience
		if left := p.spend(0); left != maxPatience {
			t.Errorf("at first %v are left, want %v", left, maxPatience)
		}
		for range 1000 { // who all began to wait while there was some
			p.spend(5 * time.Millisecond)
		}
		time.Sleep(maxPatience * patienceBack / 2)
		if left := p.spend(0); left > 0 {
			t.Errorf("%v are left so soon", left)
		}
		time.Sleep(maxPatience * patienceBack * 3 / 2)
		if left := p.spend(0); left != maxPatience {
			t.Errorf("%v are left, want %v", left, maxPatience)
		}
	})
}
