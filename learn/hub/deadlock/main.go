// Command deadlock is a hub that waits for a client which waits for the hub.
//
//	go run -C learn ./hub/deadlock
package main

func main() {
	broadcast, disconnect := make(chan string), make(chan bool)
	queue := make(chan string, 2) // of a client whose writer is gone
	go hub(broadcast, disconnect, queue)
	for range 3 {
		broadcast <- "hello"
	}
	disconnect <- true // the client's reader says goodbye
}

func hub(broadcast chan string, disconnect chan bool, queue chan string) {
	for {
		select {
		case message := <-broadcast:
			queue <- message // no default
		case <-disconnect:
			return
		}
	}
}
