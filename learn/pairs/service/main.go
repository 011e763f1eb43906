package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"
)

var (
	client     = &http.Client{Timeout: 2 * time.Second}
	serviceURL = os.Getenv("SERVICE_URL")
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /price/{euros}", price)
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", mux))
}

func fetchRate(ctx context.Context) (float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, serviceURL+"/rate", nil)
	if err != nil {
		return 0, err
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return 0, errors.New(response.Status)
	}
	var answer struct{ Rate *float64 }
	err = json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer)
	if err != nil {
		return 0, err
	}
	if answer.Rate == nil {
		return 0, errors.New("the answer has no rate")
	}
	return *answer.Rate, nil
}

func price(w http.ResponseWriter, r *http.Request) {
	euros, err := strconv.Atoi(r.PathValue("euros"))
	if err != nil {
		http.Error(w, "euros must be an integer", http.StatusBadRequest)
		return
	}
	rate, err := fetchRate(r.Context())
	if err != nil {
		log.Print(err)
		http.Error(w, "the rate cannot be had", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]float64{"dollars": float64(euros) * rate})
}
