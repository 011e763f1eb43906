package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"

	"example.com/chat/cluster/keeper"
	"example.com/chat/internal/serve"
	"github.com/nats-io/nats.go"
)

const (
	defaultListen = "127.0.0.1:4222" // NATS's own port, and nobody beyond this machine
	anyLoopback   = "127.0.0.1:0"    // where a keeper listens for nodes if nobody asked for it
)

// nodes is how this node and the others find each other: over a NATS server inside it, inside
// others, or of its own.
type nodes struct {
	listen, join, cluster, peers, data, secretFile string
	urls, creds, nkey, ca, cert, key               string
	copies                                         int

	keeper  *keeper.Keeper
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
		n.keeper.Close()
	}
	if n.scratch != "" {
		os.RemoveAll(n.scratch)
	}
}
