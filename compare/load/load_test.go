//go:build linux

package load_test

import (
	"errors"
	"testing"
	"time"

	"example.com/chat/compare/load"
	"example.com/chat/compare/servers"
)

func TestMain(m *testing.M) {
	defer servers.Cleanup()
	m.Run()
}

func start(t *testing.T, name string, args ...string) *servers.Server {
	t.Helper()
	if name == servers.FastAPI {
		servers.NeedFastAPI(t)
	}
	s, err := servers.Start(name, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	return s
}

func TestEveryBroadcastOfEveryServerArrivesOnceAndInOrder(t *testing.T) {
	for _, name := range servers.All {
		t.Run(name, func(t *testing.T) {
			for _, talk := range []load.Talk{
				{Senders: 1, Window: 1, Size: 32},
				{Senders: 1, Window: 16, Size: 1024},
				{Senders: 10, Window: 16, Size: 32},
			} {
				s := start(t, name, buffers(name)...)
				result, err := run(s.Addr, talk, false)
				if errors.Is(err, load.ErrOrder) && name == servers.GWS {
					s.Kill() // it may still be at the first run's messages
					s = start(t, name)
					result, err = run(s.Addr, talk, true)
				}
				if err != nil {
					t.Fatal(err)
				}
				if result.Deliveries == 0 || result.Lost+result.Late != 0 || result.Dropped != 0 {
					t.Errorf("%+v: %d deliveries, %d lost, %d clients dropped", talk,
						result.Deliveries, result.Lost, result.Dropped)
				}
				s.Kill()
			}
		})
	}
}

func buffers(name string) []string {
	if name == servers.Gorilla || name == servers.Hub || name == servers.Coder {
		return []string{"-buffer", "65536"}
	}
	return nil
}

// enough deliveries for a look at a server: 100 messages to 20 clients.
const enough = 2000

func run(addr string, talk load.Talk, perSender bool) (load.Result, error) {
	room, err := load.Join(addr, load.Options{Clients: 20, PerSender: perSender})
	if err != nil {
		return load.Result{}, err
	}
	defer room.Close()
	talk.Duration, talk.Drain = time.Minute, time.Minute
	talk.Done = func() bool { return room.Delivered() > enough }
	return room.Run(talk)
}
