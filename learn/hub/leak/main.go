// Command leak forgets to close a queue: its writer waits for ever, and a profile names it.
//
//	GOEXPERIMENT=goroutineleakprofile go run -C learn ./hub/leak
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"runtime/pprof"
)

func main() {
	serve()
	leaks := pprof.Lookup("goroutineleak")
	if leaks == nil {
		log.Fatal("Go 1.26 has this profile only with GOEXPERIMENT=goroutineleakprofile")
	}
	for leaks.Count() == 0 {
		leaks.WriteTo(io.Discard, 0) // looks for goroutines that can never go on
	}
	leaks.WriteTo(os.Stdout, 2)
}

func serve() {
	queue := make(chan string)
	go write(queue)
	queue <- "hello"
	// The client is gone. close(queue) is missing.
}

func write(queue chan string) {
	for message := range queue {
		fmt.Println("written:", message)
	}
}
