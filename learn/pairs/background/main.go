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
	"strings"
	"sync"
	"syscall"
	"time"
)

var tasks sync.WaitGroup

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /notify/{address}", notify)
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
	tasks.Wait() // nobody else waits for them
}

func notify(w http.ResponseWriter, r *http.Request) {
	address := r.PathValue("address")
	tasks.Go(func() { sendMail(address) })
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	json.NewEncoder(w).Encode(map[string]string{"soon": address})
}

func sendMail(address string) {
	fmt.Println("begun:", address)
	time.Sleep(time.Second)
	host := strings.Split(address, "@")[1] // a bug: there may be no @
	fmt.Println("sent to", host)
}
