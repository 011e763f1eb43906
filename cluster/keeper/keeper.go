// Package keeper is the NATS server inside a node that keeps the room's stream, so that nothing has
// to be installed.
//
// The files: keeper.go starts it, folder.go holds what a keeper is beyond one run, group.go removes
// a keeper that was replaced, space.go goes on after a full disk, log.go passes on what a reader
// can use.
package keeper

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	user       = "chat"           // whom nodes and keepers connect as
	pingEvery  = 2 * time.Second  // a machine that is gone without a word is noticed after three
	startLimit = 10 * time.Second // to listen
	writeLimit = 5 * time.Second  // for a node that does not read: then it must connect anew
	dialReport = 300              // of so many tries to reach a keeper that is gone, one is logged
)

// Options say where a keeper listens and with whom it shares the room.
type Options struct {
	Room   string   // keepers of different rooms do not make one group
	Data   string   // the folder of the stream, and of the keeper's name
	Secret string   // what other nodes must know
	Listen string   // host:port where nodes connect that keep nothing
	Routes string   // host:port where the other keepers connect; empty for a keeper alone
	Peers  []string // Routes of the other keepers
}

// Keeper is a running server.
type Keeper struct {
	*server.Server
	options Options
	folder  *folder
	group   string        // the secret of the system's account, of which nobody else knows
	full    chan struct{} // the disk has no space left
	ended   chan struct{} // closed by Close
}

// Start starts a NATS server with JetStream. An error says what to do.
func Start(o Options) (*Keeper, error) {
	f, err := openFolder(o.Data, cmp.Or(o.Routes, o.Listen))
	if err != nil {
		return nil, err
	}
	k := &Keeper{options: o, folder: f, group: rand.Text(),
		full: make(chan struct{}, 1), ended: make(chan struct{})}
	if err := k.start(); err != nil {
		f.close()
		return nil, err
	}
	go k.mendSpace()
	if o.Routes != "" {
		go k.mendGroup()
	}
	return k, nil
}

// Secure is how a node that has the secret connects to a keeper.
func Secure(secret string) nats.Option { return nats.UserInfo(user, secret) }

func (k *Keeper) start() (err error) {
	o := k.options
	system := server.NewAccount("system")
	config := &server.Options{
		ServerName: k.folder.name, StoreDir: o.Data, JetStream: true,
		Accounts: []*server.Account{system}, SystemAccount: system.Name,
		Users: []*server.User{{Username: user, Password: o.Secret},
			{Username: system.Name, Password: k.group, Account: system}},
		PingInterval: pingEvery, MaxPingsOut: 2, WriteDeadline: writeLimit,
		ReconnectErrorReports: dialReport, NoSigs: true, DisableJetStreamBanner: true,
	}
	if config.Host, config.Port, err = split(o.Listen); err != nil {
		return err
	}
	if o.Routes != "" {
		if err := addRoutes(config, o); err != nil {
			return err
		}
	}
	if k.Server, err = server.NewServer(config); err != nil {
		return err
	}
	failed := &logger{fatal: make(chan error, 1), full: k.full}
	k.SetLoggerV2(failed, false, false, false)
	k.Server.Start()
	ready := make(chan bool, 1)
	go func() { ready <- k.ReadyForConnections(startLimit) }()
	select {
	case err = <-failed.fatal:
	case ok := <-ready:
		if ok {
			return nil
		}
		err = errors.New("the NATS server inside this node did not start in time")
	}
	k.Shutdown()
	return err
}

// Close ends the keeper, and returns when its folder may be used by another.
func (k *Keeper) Close() {
	close(k.ended)
	k.Shutdown()
	k.WaitForShutdown()
	k.folder.close()
}

// addRoutes makes the server one of several that keep the room together.
func addRoutes(config *server.Options, o Options) (err error) {
	c := &config.Cluster
	c.Name, c.Username, c.Password = groupName(o), user, o.Secret
	c.PingInterval, c.MaxPingsOut = pingEvery, 2
	// Otherwise nodes would try the addresses of all keepers, and 127.0.0.1 is another program on
	// another machine.
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

// groupName is the same for all keepers of a room, and for no others: NATS refuses a route to a
// server of another name.
func groupName(o Options) string {
	return fmt.Sprintf("chat-%x", sha256.Sum256([]byte(o.Room+"\n"+o.Secret)))[:21]
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
