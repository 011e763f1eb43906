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
	listener net.Listener
	tls      *tls.Config // nil: serve HTTP
}

// Listen listens on addr, a host:port. With a certificate and its key (PEM files) the server speaks
// HTTPS. An error says what to try.
func Listen(addr, certFile, keyFile string) (*Server, error) {
	if (certFile == "") != (keyFile == "") {
		return nil, errors.New("-tls-cert and -tls-key go together: give both, or neither")
	}
	s := &Server{}
	if certFile != "" {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return nil, fmt.Errorf("-tls-cert and -tls-key: %w", err)
		}
		s.tls = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	var err error
	s.listener, err = net.Listen("tcp", addr)
	if inUse(err) {
		return nil, fmt.Errorf("%s is already in use: stop the other program, "+
			"or choose another port, as in -addr 127.0.0.1:8001", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %q: %w", addr, err)
	}
	s.listener = lasting{s.listener}
	return s, nil
}

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

// Run prints the URLs and serves app until SIGINT or SIGTERM. Then it calls shutdown, which ends
// the connections that net/http knows nothing of, the WebSockets. A second signal, a moment
// later, ends the program at once. Nothing waits for whoever reads what is printed and logged.
func (s *Server) Run(app http.Handler, shutdown func(context.Context) error) error {
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // it is sent when a reader goes away: go run main.go | head -1
	printed, logged := newQueue(os.Stdout), newQueue(log.Writer())
	log.SetOutput(logged)
	defer logged.flush()
	defer printed.flush()

	var protocols http.Protocols
	protocols.SetHTTP1(true) // over HTTP/2 one client may ask for 250 pages at once
	server := &http.Server{
		Handler:           &refusals{app: limitHeaders(app)},
		Protocols:         &protocols,
		TLSConfig:         s.tls,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       headerTimeout,
		WriteTimeout:      pageTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    2 * headerBytes, // net/http refuses more without a word of why
	}
	failed := make(chan error, 1)
	go func() {
		if s.tls == nil {
			failed <- server.Serve(s.listener)
		} else {
			failed <- server.ServeTLS(s.listener, "", "")
		}
	}()
	for _, line := range s.urls() {
		fmt.Fprintln(printed, line)
	}

	select {
	case err := <-failed:
		return err
	case <-interrupted.Done():
	}
	time.AfterFunc(sameSignal, stop)
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
	return nil
}

// urls says where the server can be reached: from here, and from other machines if they can.
func (s *Server) urls() (lines []string) {
	scheme := "http"
	if s.tls != nil {
		scheme = "https"
	}
	addr := s.listener.Addr().(*net.TCPAddr)
	url := func(host string) string {
		return scheme + "://" + net.JoinHostPort(host, fmt.Sprint(addr.Port))
	}
	host, others := addr.IP.String(), []string(nil)
	if addr.IP.IsUnspecified() {
		host, others = "127.0.0.1", Hosts()
	}
	lines = append(lines, fmt.Sprintf("Chat running on %s (Press CTRL+C to quit)", url(host)))
	for _, other := range others {
		lines = append(lines, "From other machines: "+url(other))
	}
	return lines
}

// Hosts are this machine's addresses that others may reach.
func Hosts() (hosts []string) {
	interfaces, _ := net.InterfaceAddrs()
	for _, address := range interfaces {
		if ip, ok := address.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() {
			hosts = append(hosts, ip.IP.String())
		}
	}
	return hosts
}
