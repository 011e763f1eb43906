package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strconv"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{pieces}", order)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

// inSession commits what do did, if it succeeds. Println stands for a database.
func inSession(do func() error) error {
	fmt.Println("session opened")
	defer fmt.Println("session closed")
	committed := false
	defer func() {
		if !committed { // after an error, and after a panic
			fmt.Println("rolled back")
		}
	}()
	if err := do(); err != nil {
		return err
	}
	fmt.Println("committed")
	committed = true
	return nil
}

func order(w http.ResponseWriter, r *http.Request) {
	pieces, err := strconv.Atoi(r.PathValue("pieces"))
	if err != nil {
		http.Error(w, "pieces must be an integer", http.StatusBadRequest)
		return
	}
	err = inSession(func() error {
		if pieces > 100 {
			return errors.New("there are only 100")
		}
		fmt.Println("pieces:", 100/pieces)
		return nil
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]int{"pieces": pieces})
}
