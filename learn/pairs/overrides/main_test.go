package main

import (
	"net/http/httptest"
	"testing"
	"time"
)

func TestGreeting(t *testing.T) {
	for hour, words := range map[int]string{11: "Good morning", 12: "Good day"} {
		clock := func() time.Time { return time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC) }
		w := httptest.NewRecorder()
		app(clock).ServeHTTP(w, httptest.NewRequest("GET", "/greeting", nil))
		if want := `"` + words + "\"\n"; w.Body.String() != want {
			t.Errorf("at %d: %s, not %s", hour, w.Body, want)
		}
	}
}
