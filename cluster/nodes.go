package main

import (
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.com/chat/cluster/keeper"
	"example.com/chat/internal/serve"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	defaultListen = "127.0.0.1:4222" // NATS's own port, and nobody beyond this machine
	// NATS opens the port of the others only where it has opened one for nodes
	anyLoopback = "127.0.0.1:0"
	secretEnv   = "CHAT_SECRET" // takes the place of the secret's file
	leastSecret = 16            // characters
	// a broker that is gone without a word is noticed after three
	pingEvery = 2 * time.Second
	dialLimit = time.Second            // for one try to connect
	dialEvery = 250 * time.Millisecond // while the broker is away
)

// nodes is how this node and the others find each other: over a NATS server inside it, inside
// others, or of its own.
type nodes struct {
	listen, join, cluster, peers, data, secretFile string
	urls, creds, nkey, ca, cert, key               string
	copies                                         int

	keeper  *server.Server
	scratch string // the folder that is removed at the end
	nc      *nats.Conn
}

func (n *nodes) flags() {
	flag.StringVar(&n.listen, "listen", "",
		"keep the room, and let nodes that -join connect here: `host:port`; without -join, "+
			"-cluster or -nats it is "+defaultListen)
	flag.StringVar(&n.join, "join", "",
		"take part in the room that these nodes keep: their -listen, as `host:port,host:port`")
	flag.StringVar(&n.cluster, "cluster", "",
		"keep the room together with -peers, on three machines: they connect here, `host:port`")
	flag.StringVar(&n.peers, "peers", "",
		"the -cluster of the two other nodes, as `host:port,host:port`")
	flag.StringVar(&n.data, "data", "",
		"the `folder` that keeps the room; without -cluster a temporary one will do")
	flag.StringVar(&n.secretFile, "secret-file", "",
		"the `file` with the secret that lets nodes join, unless "+secretEnv+" has it; "+
			"chat/secret in your configuration folder, made at the first start")
	flag.StringVar(&n.urls, "nats", "", "use NATS servers that run already: `nats://host:port,…`")
	flag.StringVar(&n.creds, "nats-creds", "", "with -nats: a credentials `file`")
	flag.StringVar(&n.nkey, "nats-nkey", "", "with -nats: a `file` with an NKey's seed")
	flag.StringVar(&n.ca, "nats-ca", "",
		"with -nats: trust servers with certificates of this `file` (PEM)")
	flag.StringVar(&n.cert, "nats-cert", "", "with -nats: this node's certificate `file` (PEM)")
	flag.StringVar(&n.key, "nats-key", "", "with -nats: its private key `file` (PEM)")
	flag.IntVar(&n.copies, "nats-replicas", 1,
		"with -nats: keep the room on this `number` of servers")
}

func (n *nodes) check() error {
	switch {
	case strings.Contains(n.urls+n.join, "@"):
		return errors.New("-nats and -join take no name, password or token: all users of this " +
			"machine would see them; use " + secretEnv + ", a secret's file or -nats-creds")
	case n.urls != "" && n.join+n.listen+n.cluster+n.peers+n.data != "":
		return errors.New("-nats goes without -join, -listen, -cluster, -peers and -data: those " +
			"servers keep the room")
	case n.join != "" && n.listen+n.cluster+n.peers+n.data != "":
		return errors.New("-join goes without -listen, -cluster, -peers and -data: a node that " +
			"joins keeps nothing")
	case (n.cluster == "") != (n.peers == ""):
		return errors.New("-cluster and -peers go together: this node's address, and those of " +
			"the two others")
	case n.cluster != "" && n.data == "":
		return errors.New("-cluster needs -data: what a node has promised the others must " +
			"outlive it")
	case n.urls == "" && n.creds+n.nkey+n.ca+n.cert+n.key != "":
		return errors.New("-nats-creds, -nats-nkey, -nats-ca, -nats-cert and -nats-key go with " +
			"-nats")
	case (n.cert == "") != (n.key == ""):
		return errors.New("-nats-cert and -nats-key go together: give both, or neither")
	}
	return nil
}

// replicas is on how many servers this node asks for the room to be kept; 0 asks for none.
func (n *nodes) replicas() int {
	switch {
	case n.join != "":
		return 0
	case n.urls != "":
		return n.copies
	case n.cluster != "":
		return min(1+len(addresses(n.peers)), 3)
	}
	return 1
}

// connect starts what this node keeps, and connects to NATS.
func (n *nodes) connect() (*nats.Conn, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	options := []nats.Option{
		nats.Name("chat"), nats.MaxReconnects(-1), nats.ReconnectWait(dialEvery), nats.ReconnectJitter(dialEvery/2, dialEvery/2), nats.Timeout(dialLimit),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(2), nats.IgnoreAuthErrorAbort(),
		nats.ReconnectBufSize(-1), // the room sends again by itself, in order
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Print("nats: ", err)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // none when this node ends it
				log.Printf("the broker is away: %v", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			log.Printf("the broker is back: %s", nc.ConnectedServerName())
		}),
	}
	urls := n.urls
	if n.urls != "" {
		more, err := n.natsOptions()
		if err != nil {
			return nil, err
		}
		options = append(options, more...)
	} else {
		secret, err := n.secret()
		if err != nil {
			return nil, err
		}
		// the secret is for the addresses that were given alone
		options = append(options, nats.Token(secret), nats.IgnoreDiscoveredServers())
		if n.join != "" {
			urls = n.join
		} else if err := n.keep(secret); err != nil {
			return nil, err
		} else {
			options = append(options, nats.InProcessServer(n.keeper))
		}
	}
	var err error
	if n.nc, err = nats.Connect(urls, options...); err != nil {
		return nil, fmt.Errorf("cannot connect to the room's broker at %s: %w", urls, err)
	}
	return n.nc, nil
}

func (n *nodes) natsOptions() (options []nats.Option, err error) {
	if n.creds != "" {
		options = append(options, nats.UserCredentials(n.creds))
	}
	if n.nkey != "" {
		option, err := nats.NkeyOptionFromSeed(n.nkey)
		if err != nil {
			return nil, fmt.Errorf("-nats-nkey: %w", err)
		}
		options = append(options, option)
	}
	if n.ca != "" {
		options = append(options, nats.RootCAs(n.ca))
	}
	if n.cert != "" {
		options = append(options, nats.ClientCert(n.cert, n.key))
	}
	if token := os.Getenv(secretEnv); token != "" {
		options = append(options, nats.Token(token))
	}
	return options, nil
}

// keep starts the NATS server inside this node.
func (n *nodes) keep(secret string) (err error) {
	o := keeper.Options{Name: "chat", Secret: secret, Data: n.data, Listen: n.listen,
		Routes: n.cluster, Peers: addresses(n.peers)}
	if n.cluster != "" {
		o.Name = "chat-" + n.cluster
		if n.listen == "" {
			o.Listen = anyLoopback
		}
	} else if n.listen == "" {
		o.Listen = defaultListen
	}
	if o.Data == "" {
		if n.scratch, err = os.MkdirTemp("", "chat-room-"); err != nil {
			return err
		}
		o.Data = n.scratch
	}
	if n.keeper, err = keeper.Start(o); err != nil {
		return fmt.Errorf("cannot keep the room: %w", err)
	}
	return nil
}

// secret is what all nodes of the room know.
func (n *nodes) secret() (string, error) {
	secret, where := os.Getenv(secretEnv), secretEnv
	if secret == "" {
		if where = n.secretFile; where == "" {
			folder, err := os.UserConfigDir()
			if err != nil {
				return "", fmt.Errorf("no place for the secret: give -secret-file or %s: %w",
					secretEnv, err)
			}
			where = filepath.Join(folder, "chat", "secret")
		}
		text, err := os.ReadFile(where)
		if errors.Is(err, fs.ErrNotExist) && n.join == "" && n.secretFile == "" {
			if err = makeSecret(where); err == nil {
				text, err = os.ReadFile(where)
			}
		}
		if err != nil {
			return "", fmt.Errorf("the room's secret: %w: copy it from a node that has it", err)
		}
		secret = strings.TrimSpace(string(text))
	}
	if len(secret) < leastSecret {
		return "", fmt.Errorf("the room's secret in %s must have at least %d characters", where,
			leastSecret)
	}
	return secret, nil
}

// makeSecret makes the file, unless another node has made it meanwhile. It appears whole or not at
// all: two may start for the first time at once.
func makeSecret(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), "secret-") // for this user alone
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = fmt.Fprintln(draft, rand.Text())
	if err = errors.Join(err, draft.Close()); err != nil {
		return err
	}
	if err = os.Link(draft.Name(), path); errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// printJoin prints how another node takes part.
func (n *nodes) printJoin() {
	if n.keeper == nil || n.cluster != "" && n.listen == "" {
		return
	}
	addr := n.keeper.Addr().(*net.TCPAddr)
	hosts := []string{addr.IP.String()}
	if addr.IP.IsUnspecified() {
		hosts = append([]string{"127.0.0.1"}, serve.Hosts()...)
	}
	for _, host := range hosts {
		fmt.Printf("Another node joins with: -join %s\n",
			net.JoinHostPort(host, fmt.Sprint(addr.Port)))
	}
}

func addresses(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// close ends what connect began.
func (n *nodes) close() {
	if n.nc != nil {
		n.nc.Close()
	}
	if n.keeper != nil {
		n.keeper.Shutdown()
		n.keeper.WaitForShutdown()
	}
	if n.scratch != "" {
		os.RemoveAll(n.scratch)
	}
}
