// Package serve is what uvicorn is to Python: it listens, prints the URLs, serves until a signal,
// and shuts down in order.
package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	headerTimeout   = 5 * time.Second         // who dribbles headers must not hold a connection
	headerBytes     = 64 << 10                // on localhost, cookies of other programs come along
	idleTimeout     = 30 * time.Second        // between two requests of one browser
	writeBuffer     = 128 << 10               // bytes in the kernel for who does not read a page
	pageTimeout     = 60 * time.Second        // to take 230 KB of Bootstrap, over a slow line
	sameSignal      = 200 * time.Millisecond  // air and others send a signal more than once
	shutdownTimeout = 4200 * time.Millisecond // for clients to take what was said, and their close
	pageGrace       = 500 * time.Millisecond  // for page loads then: unused connections take longer
)

// Usage makes -help name the command that a reader types. Without it, -help shows the name that go
// run gave the program, another each time.
func Usage(command string) {
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "Usage of %s:\n", command)
		flag.PrintDefaults()
	}
}

// Server listens, and does not serve yet.
type Server struct {
	listener    net.Listener
	certificate *certificate // nil: serve HTTP
	interrupted context.Context
	stop        context.CancelFunc // stops to wait for signals: the next one ends the program
}

// Listen listens on addr, a host:port. With a certificate and its key (PEM files) the server speaks
// HTTPS. An error says what to try.
func Listen(addr, certFile, keyFile string) (*Server, error) {
	if (certFile == "") != (keyFile == "") {
		return nil, errors.New("-tls-cert and -tls-key go together: give both, or neither")
	}
	s := &Server{}
	var err error
	if certFile != "" {
		if s.certificate, err = newCertificate(certFile, keyFile); err != nil {
			return nil, fmt.Errorf("-tls-cert and -tls-key: %w", err)
		}
	}
	s.listener, err = net.Listen("tcp", addr)
	if inUse(err) {
		return nil, fmt.Errorf("%s is already in use: stop the other program, "+
			"or choose another port, as in -addr 127.0.0.1:8001", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %q: %w", addr, err)
	}
	s.listener = lasting{s.listener}
	s.interrupted, s.stop = signal.NotifyContext(context.Background(), endings()...)
	return s, nil
}

// endings are the signals that end the program in order: CTRL+C, what service managers send, and
// what comes when a terminal is closed, unless nohup keeps that away. Windows has all three, too.
func endings() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// Context is done when a signal asks for the program's end.
func (s *Server) Context() context.Context { return s.interrupted }

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// lasting is a listener that goes on when a client has gone before it was accepted. Wine reports
// that as WSAENOTCONN, on which net/http would stop serving. For a client that does not read, the
// kernel takes no more than writeBuffer: it would take megabytes of pages otherwise.
type lasting struct{ net.Listener }

func (l lasting) Accept() (conn net.Conn, err error) {
	const notConnected = syscall.Errno(10057) // there is none of that number on other systems
	for {
		conn, err = l.Listener.Accept()
		if errors.Is(err, notConnected) {
			continue
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			tcp.SetWriteBuffer(writeBuffer)
		}
		return conn, err
	}
}

func inUse(err error) bool {
	const windows = syscall.Errno(10048) // WSAEADDRINUSE, which is not syscall.EADDRINUSE there
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windows)
}

// Run prints the URLs and serves app until a signal asks for the end. Then it calls shutdown, which
// ends the connections that net/http knows nothing of, the WebSockets. A second signal, a moment
// later, ends the program at once. Nothing waits for whoever reads what is printed and logged.
func (s *Server) Run(app http.Handler, shutdown func(context.Context) error) error {
	defer s.stop()
	signal.Ignore(syscall.SIGPIPE) // it is sent when a reader goes away: go run main.go | head -1
	printed, logged := newQueue(os.Stdout), newQueue(log.Writer())
	log.SetOutput(logged)
	defer logged.flush()
	defer printed.flush()

	server := newServer(app)
	failed := make(chan error, 1)
	go func() { failed <- s.serve(server) }()
	for _, line := range s.urls() {
		fmt.Fprintln(printed, line)
	}

	var failure error
	select {
	case failure = <-failed:
	case <-s.interrupted.Done():
	}
	time.AfterFunc(sameSignal, s.stop)
	log.Print("shutting down")
	s.listener.Close()
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := shutdown(ctx); err != nil {
		log.Print("some clients did not take their close in time")
	}
	ctx, cancel = context.WithTimeout(context.Background(), pageGrace)
	defer cancel()
	server.Shutdown(ctx)
	return failure
}

func newServer(app http.Handler) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true) // over HTTP/2 one client may ask for 250 pages at once
	return &http.Server{
		Handler:           newRefusals(limitHeaders(app)),
		Protocols:         &protocols,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       headerTimeout,
		WriteTimeout:      pageTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    2 * headerBytes, // net/http refuses more without a word of why
		ErrorLog:          log.New(&limit{more: "http: %d more errors in the same second"}, "", 0),
	}
}

func (s *Server) serve(server *http.Server) error {
	if s.certificate == nil {
		return server.Serve(s.listener)
	}
	server.TLSConfig = &tls.Config{GetCertificate: s.certificate.get}
	go s.certificate.watch(s.interrupted)
	return server.ServeTLS(s.listener, "", "")
}
