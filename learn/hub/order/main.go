// Command order sends an answer and then a broadcast, over two channels with buffers.
//
//	go run -C learn ./hub/order
package main

import "fmt"

func main() {
	personal, broadcast := make(chan string, 1), make(chan string, 1)
	for {
		personal <- "You wrote: hello"
		broadcast <- "Client #1 says: hello"
		select { // both are ready
		case <-personal:
			<-broadcast
		case message := <-broadcast:
			fmt.Printf("%q came first, and was sent last\n", message)
			return
		}
	}
}
