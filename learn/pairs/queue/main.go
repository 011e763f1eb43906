package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

var jobs = make(chan string, 2)

func main() {
	var workers sync.WaitGroup
	workers.Go(worker)

	mux := http.NewServeMux()
	mux.HandleFunc("POST /jobs/{name}", addJob)
	server := &http.Server{Addr: "127.0.0.1:8000", Handler: mux}
	stopped, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		err := server.ListenAndServe()
		if !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	<-stopped.Done()
	if err := server.Shutdown(context.Background()); err != nil {
		log.Print(err)
	}
	close(jobs) // no handler sends any more; the worker's loop ends when the channel is empty
	workers.Wait()
}

func worker() {
	for name := range jobs {
		fmt.Println("begun:", name)
		time.Sleep(time.Second)
		fmt.Println("done:", name)
	}
}

func addJob(w http.ResponseWriter, r *http.Request) {
	select {
	case jobs <- r.PathValue("name"):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		json.NewEncoder(w).Encode(nil)
	default:
		http.Error(w, "too much to do", http.StatusServiceUnavailable)
	}
}
