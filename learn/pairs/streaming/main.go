package main

import (
	"fmt"
	"log"
	"net/http"
	"strconv"
	"time"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /count/{to}", count)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func count(w http.ResponseWriter, r *http.Request) {
	to, err := strconv.Atoi(r.PathValue("to"))
	if err != nil {
		http.Error(w, "to must be an integer", http.StatusBadRequest)
		return
	}
	defer fmt.Println("ended")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	stream := http.NewResponseController(w)
	for n := 1; n <= to; n++ {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-r.Context().Done():
			return
		}
		fmt.Fprintln(w, n)
		if err := stream.Flush(); err != nil {
			return
		}
	}
}
