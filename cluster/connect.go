package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	"example.com/chat/cluster/keeper"
	"github.com/nats-io/nats.go"
)

const (
	pingEvery = 2 * time.Second        // a broker that is gone is noticed after three
	dialLimit = time.Second            // for one try to connect
	dialEvery = 250 * time.Millisecond // while the broker is away
	waitLimit = 60 * time.Second       // for a broker at the start: it may start later
)

// connect starts what this node keeps of the room, and connects to NATS.
func (n *nodes) connect(ctx context.Context, room string) (*nats.Conn, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	options := []nats.Option{
		nats.Name("chat"), nats.MaxReconnects(-1), nats.Timeout(dialLimit),
		nats.ReconnectWait(dialEvery), nats.ReconnectJitter(dialEvery/2, dialEvery/2),
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
		// The secret is for the addresses that were given alone.
		options = append(options, keeper.Secure(secret), nats.IgnoreDiscoveredServers())
		if n.join != "" {
			urls = n.join
		} else if err := n.keep(room, secret); err != nil {
			return nil, err
		} else {
			options = append(options, nats.InProcessServer(n.keeper))
		}
	}
	var err error
	if n.nc, err = dial(ctx, urls, options); err != nil {
		return nil, fmt.Errorf("cannot connect to the room's broker at %s: %w", urls, err)
	}
	return n.nc, nil
}

// dial waits for a broker that does not listen yet. A broker that refuses this node is an error at
// once.
func dial(ctx context.Context, urls string, options []nats.Option) (*nats.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, waitLimit)
	defer cancel()
	for said := false; ; said = true {
		nc, err := nats.Connect(urls, options...)
		if err == nil || errors.Is(err, nats.ErrAuthorization) || !mayPass(err) {
			return nc, err
		}
		if !said {
			log.Printf("waiting for the room's broker at %s: %v", urls, err)
		}
		select {
		case <-time.After(dialEvery):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// mayPass reports whether a broker may be there later.
func mayPass(err error) bool {
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, nats.ErrNoServers)
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
func (n *nodes) keep(room, secret string) (err error) {
	o := keeper.Options{Room: room, Secret: secret, Data: n.data,
		Listen: cmp.Or(n.listen, defaultListen), Routes: n.cluster, Peers: addresses(n.peers)}
	if n.cluster != "" {
		o.Listen = cmp.Or(n.listen, anyLoopback) // NATS opens the one port only beside the other
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
