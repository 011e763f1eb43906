// Two goroutines: one works for half a second, the other wants to tick every tenth of a second.
package main

import (
	"fmt"
	"sync"
	"time"
)

func work() {
	for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); {
		for range 1_000_000 {
		}
	}
}

func ticker() {
	var longest time.Duration
	last := time.Now()
	for range 10 {
		time.Sleep(100 * time.Millisecond)
		longest, last = max(longest, time.Since(last)), time.Now()
	}
	if longest < 300*time.Millisecond {
		fmt.Println("Go: every tick came in time")
	} else {
		fmt.Println("Go: a tick had to wait for the worker")
	}
}

func main() {
	var both sync.WaitGroup
	both.Go(ticker)
	time.Sleep(200 * time.Millisecond)
	both.Go(work)
	both.Wait()
}
