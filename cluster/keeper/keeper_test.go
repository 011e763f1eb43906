package keeper

import (
	"bufio"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

const secret = "a secret of the tests alone"

// start starts a keeper that listens on this machine alone.
func start(t *testing.T, name string, peers ...string) *server.Server {
	t.Helper()
	s, err := Start(Options{Name: name, Data: t.TempDir(), Secret: secret, Listen: "127.0.0.1:0",
		Routes: "127.0.0.1:0", Peers: peers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

// A node sends the secret to where it connects, and 127.0.0.1 of another machine is anyone there.
func TestAKeeperNamesNoAddressesToNodes(t *testing.T) {
	one := start(t, "one", "127.0.0.1:1") // where nothing is
	two := start(t, "two", one.ClusterAddr().String())
	for one.NumRoutes() == 0 || two.NumRoutes() == 0 { // they do not know of each other yet
		runtime.Gosched()
	}
	for _, s := range []*server.Server{one, two} {
		conn, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		info, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.HasPrefix(info, "INFO ") ||
			strings.Contains(info, "connect_urls") {
			t.Errorf("a node that connects reads %q, %v", info, err)
		}
	}
}
