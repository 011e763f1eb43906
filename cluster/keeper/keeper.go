// Package keeper is the NATS server inside a node that keeps the room's stream, so that nothing has
// to be installed.
package keeper

import (
	"errors"
	"fmt"
	"log"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// of the routes between keepers, where NATS wants a name with the secret
	user       = "chat"
	pingEvery  = 2 * time.Second  // a machine that is gone without a word is noticed after three
	startLimit = 10 * time.Second // to listen
	writeLimit = 5 * time.Second  // for a node that does not read: then it must connect anew
)

// Options say where a keeper listens and with whom it shares the room.
type Options struct {
	Name   string   // different on each keeper, and the same after a restart
	Data   string   // the folder of the stream
	Secret string   // what other nodes must know
	Listen string   // host:port where nodes connect that keep nothing
	Routes string   // host:port where the other keepers connect; empty for a keeper alone
	Peers  []string // Routes of the other keepers
}

// Start starts a NATS server with JetStream.
func Start(o Options) (*server.Server, error) {
	config := &server.Options{
		ServerName: o.Name, StoreDir: o.Data, JetStream: true, Authorization: o.Secret,
		PingInterval: pingEvery, MaxPingsOut: 2, WriteDeadline: writeLimit, NoSigs: true, DisableJetStreamBanner: true,
	}
	var err error
	if config.Host, config.Port, err = split(o.Listen); err != nil {
		return nil, err
	}
	if o.Routes != "" {
		if err := addRoutes(config, o); err != nil {
			return nil, err
		}
	}
	s, err := server.NewServer(config)
	if err != nil {
		return nil, err
	}
	failed := &logger{fatal: make(chan error, 1)}
	s.SetLoggerV2(failed, false, false, false)
	s.Start()
	ready := make(chan bool, 1)
	go func() { ready <- s.ReadyForConnections(startLimit) }()
	select {
	case err = <-failed.fatal:
	case ok := <-ready:
		if ok {
			return s, nil
		}
		err = errors.New("the NATS server inside this node did not start in time")
	}
	s.Shutdown()
	return nil, err
}

// addRoutes makes the server one of several that keep the room together.
func addRoutes(config *server.Options, o Options) (err error) {
	c := &config.Cluster
	c.Name, c.Username, c.Password = "chat", user, o.Secret
	c.PingInterval, c.MaxPingsOut = pingEvery, 2
	// else nodes would try the addresses of all keepers, and 127.0.0.1 is another program on another machine
	c.NoAdvertise = true
	if c.Host, c.Port, err = split(o.Routes); err != nil {
		return err
	}
	for _, peer := range o.Peers {
		if _, _, err := split(peer); err != nil {
			return err
		}
		config.Routes = append(config.Routes,
			&url.URL{Scheme: "nats-route", Host: peer, User: url.UserPassword(user, o.Secret)})
	}
	return nil
}

// split reads host:port as NATS wants it, for which 0 is no free port but its own.
func split(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("%q is not host:port", address)
	}
	if host == "" {
		host = "0.0.0.0"
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

// logger passes on what a reader of this program's log can use.
type logger struct{ fatal chan error }

func (l *logger) Fatalf(format string, v ...any) {
	select {
	case l.fatal <- errors.New(strings.TrimSpace(fmt.Sprintf(format, v...))):
	default:
	}
}
func (*logger) Errorf(format string, v ...any) { log.Printf("nats: "+format, v...) }
func (*logger) Warnf(format string, v ...any)  { log.Printf("nats: "+format, v...) }
func (*logger) Noticef(string, ...any)         {}
func (*logger) Debugf(string, ...any)          {}
func (*logger) Tracef(string, ...any)          {}
