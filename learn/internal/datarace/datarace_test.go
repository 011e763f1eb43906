package datarace

import "testing"

// The rest of a report are the library's frames, which say nothing to a learner.
func TestADataRaceIsToldInTheChatsOwnLines(t *testing.T) {
	const log = `2026/01/02 15:04:05 connected remote=127.0.0.1:1 path="/ws/1"
==================
WARNING: DATA RACE
Read at 0x00c0001a0018 by goroutine 12:
  example.com/chat.(*ConnectionManager).Connect()
      example.com/chat/manager.go:35 +0x44
  golang.org/x/net/websocket.Server.ServeHTTP()
      golang.org/x/net@v0.50.0/websocket/server.go:90 +0x44

Previous write at 0x00c0001a0018 by goroutine 11:
  example.com/chat.(*ConnectionManager).Connect()
      example.com/chat/manager.go:36 +0x88

Goroutine 12 (running) created at:
  example.com/chat.websocketEndpoint()
      example.com/chat/manager.go:99 +0x8ac
==================
2026/01/02 15:04:05 disconnected remote=127.0.0.1:1
`
	const want = `WARNING: DATA RACE
Read by goroutine 1:
    (*ConnectionManager).Connect()  manager.go:35
Previous write by goroutine 2:
    (*ConnectionManager).Connect()  manager.go:36
`
	if got := Short(log, "example.com/chat/"); got != want {
		t.Errorf("read\n%swant\n%s", got, want)
	}
}

func TestWhatHasNoLineOfTheChatIsShownWhole(t *testing.T) {
	const unknown = "WARNING: DATA RACE\n  [failed to restore the stack]\n"
	for _, output := range []string{"no race\n", unknown} {
		if got := Short(output, ""); got != output {
			t.Errorf("read %q, want %q", got, output)
		}
	}
}
