package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	fmt.Println("database opened")
	defer fmt.Println("database closed")

	mux := http.NewServeMux()
	mux.HandleFunc("GET /slow", slow)
	server := &http.Server{
		Addr: "127.0.0.1:8000", Handler: mux, ReadHeaderTimeout: time.Second,
	}

	stopped, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err := <-failed: // the port is in use, for example
		return err
	case <-stopped.Done():
	}
	stop() // a second CTRL+C ends the program at once
	patience, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return server.Shutdown(patience) // ListenAndServe returns now, Shutdown when all are served
}

func slow(w http.ResponseWriter, r *http.Request) {
	fmt.Println("begun")
	time.Sleep(500 * time.Millisecond)
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]bool{"done": true})
}
