package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
)

// service is another server, which the program calls. What it is asked and answers is in the talk.
type service struct {
	*httptest.Server
	asked chan *call
	open  *call
}

type call struct {
	method, path string
	answer       chan message
	gone         <-chan struct{}
}

func startService() *service {
	s := &service{asked: make(chan *call, 10)}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

func (s *service) serve(w http.ResponseWriter, r *http.Request) {
	c := &call{r.Method, r.URL.RequestURI(), make(chan message, 1), r.Context().Done()}
	select {
	case s.asked <- c:
	case <-c.gone:
		return
	}
	select {
	case m := <-c.answer:
		w.Header().Set("Content-Type", expectedType(m.body))
		status := 0
		fmt.Sscan(m.head, &status)
		w.WriteHeader(status)
		io.WriteString(w, m.body)
	case <-c.gone:
	}
}

// Close ends the service, and every call that was not answered.
func (s *service) Close() {
	s.CloseClientConnections()
	s.Server.Close()
}

// step plays a step of the service: it is asked, it answers, or the program gives it up.
func (s *service) step(ctx context.Context, step step) error {
	if s == nil {
		return errors.New("no env line has {service}")
	}
	switch step.what {
	case "request":
		select {
		case s.open = <-s.asked:
		case <-ctx.Done():
			return errors.New("the program does not ask")
		}
		if asked := s.open.method + " " + s.open.path; asked != step.head {
			return fmt.Errorf("the program asks %s", asked)
		}
		return nil
	case "answer":
		s.open.answer <- step.message
		return nil
	case "end":
		select {
		case <-s.open.gone:
			return nil
		case <-ctx.Done():
			return errors.New("the program still waits for it")
		}
	}
	return fmt.Errorf("a service does not know %q", step.what)
}
