// Command closed sends on a channel that somebody else has closed.
//
//	go run -C learn ./hub/closed
package main

import "sync"

func main() {
	queue := make(chan string, 256)
	var hub sync.WaitGroup
	hub.Go(func() { close(queue) }) // the hub drops a slow client
	hub.Wait()
	queue <- "You wrote: hello" // the client's reader answers, past the hub
}
