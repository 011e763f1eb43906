package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"sync"
	"time"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /prices/{one}/{other}", prices)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func price(ctx context.Context, shop string) (int, error) {
	delay := 10 * time.Millisecond
	switch shop {
	case "closed":
		return 0, errors.New("the shop is closed")
	case "slow":
		delay = 30 * time.Second
	}
	select {
	case <-time.After(delay):
		return len(shop), nil
	case <-ctx.Done():
		fmt.Println("cancelled:", shop)
		return 0, ctx.Err()
	}
}

func prices(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	shops := [2]string{r.PathValue("one"), r.PathValue("other")}
	var found [2]int // each goroutine writes its own place
	var group sync.WaitGroup
	for i, shop := range shops {
		group.Go(func() {
			var err error
			if found[i], err = price(ctx, shop); err != nil {
				cancel(err) // only the first one counts
			}
		})
	}
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(found)
}
