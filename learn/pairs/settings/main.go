package main

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"strconv"
)

type settings struct {
	apiKey   string
	pageSize int
}

func main() {
	config, err := readSettings()
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /info", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]int{"page_size": config.pageSize})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func readSettings() (settings, error) {
	s := settings{apiKey: os.Getenv("API_KEY"), pageSize: 20}
	if s.apiKey == "" {
		return s, errors.New("set API_KEY")
	}
	if text, found := os.LookupEnv("PAGE_SIZE"); found {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return s, errors.New("PAGE_SIZE must be an integer above 0")
		}
		s.pageSize = n
	}
	return s, nil
}
