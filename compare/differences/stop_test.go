//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"example.com/chat/compare/conversation"
	"example.com/chat/compare/servers"
)

// stopBy ends the server with a signal while a client is connected.
func stopBy(signal os.Signal) func(*testing.T, *servers.Server) string {
	return func(t *testing.T, s *servers.Server) string {
		a := conversation.Join(t, s, "1")
		s.Signal(signal)
		e := a.Hear()
		<-s.Done()
		return fmt.Sprintf("%s, %s", e, s.Ending())
	}
}

// stopStuck ends the server while a client does not read.
func stopStuck(t *testing.T, s *servers.Server) string {
	flood(t, s)
	s.Signal(syscall.SIGTERM)
	select {
	case <-s.Done():
		return s.Ending() + " within 10 s"
	case <-time.After(2 * standstill):
		return "runs on after 10 s"
	}
}
