package main

import (
	"fmt"
	"sync"

	"example.com/chat/compare/servers"
)

const burstWords = 10_000

// burst lets a client say very much at once, to clients that all read.
func burst(s *servers.Server) (string, error) {
	room, err := join(s, 10)
	if err != nil {
		return "", err
	}
	heard := make([]bool, len(room)) // all of it
	var all sync.WaitGroup
	for i, c := range room {
		all.Go(func() { heard[i] = c.hears(fmt.Sprintf("Client #1 says: %d", burstWords)) })
	}
	for n := 1; n <= burstWords; n++ {
		room[0].say(fmt.Sprint(n))
	}
	all.Wait()
	for i, c := range room {
		if c.code != 0 {
			return "clients are closed, though all of them read", nil
		}
		if !heard[i] {
			return "nobody is closed, but not all is heard", nil
		}
	}
	return "all hear all of it", nil
}
