package keeper

import (
	"bufio"
	"io"
	"log"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	secret  = "a secret of the tests alone"
	nowhere = "127.0.0.1:1" // where nothing listens
)

// start starts a keeper that listens on this machine alone.
func start(t *testing.T, peers ...string) *Keeper {
	t.Helper()
	k, err := Start(Options{Data: t.TempDir(), Secret: secret, Listen: "127.0.0.1:0",
		Routes: "127.0.0.1:0", Peers: peers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k
}

// A node sends the secret to where it connects, and 127.0.0.1 of another machine is anyone there.
func TestAKeeperNamesNoAddressesToNodes(t *testing.T) {
	one := start(t, nowhere)
	two := start(t, one.ClusterAddr().String())
	for one.NumRoutes() == 0 || two.NumRoutes() == 0 { // they do not know of each other yet
		runtime.Gosched()
	}
	for _, s := range []*Keeper{one, two} {
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

func TestAFolderIsUsedByOneKeeperAtATime(t *testing.T) {
	k := start(t, nowhere)
	second := k.options
	if _, err := Start(second); err == nil || !strings.Contains(err.Error(), "by process") {
		t.Errorf("a second keeper of the same folder: %v", err)
	}
	k.Server.Shutdown()
	k.WaitForShutdown()
	k.folder.close()
	third, err := Start(second)
	if err != nil {
		t.Fatalf("the folder is free again: %v", err)
	}
	third.Close()
}

func TestAKeeperIsTheSameWhereverItRuns(t *testing.T) {
	o := Options{Data: t.TempDir(), Secret: secret, Listen: "127.0.0.1:0"}
	names := map[string]bool{}
	for range 2 { // on two ports
		k, err := Start(o)
		if err != nil {
			t.Fatal(err)
		}
		names[k.Name()] = true
		k.Close()
	}
	if len(names) != 1 {
		t.Errorf("one folder makes the keepers %v", names)
	}
}

func TestAKeeperOfAnotherRoomIsRefused(t *testing.T) {
	logged := logLines(t)
	one := start(t, nowhere)
	stranger, err := Start(Options{Room: "another", Data: t.TempDir(), Secret: secret,
		Listen: "127.0.0.1:0", Routes: "127.0.0.1:0", Peers: []string{one.ClusterAddr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	for line := range logged {
		if strings.Contains(line, "does not match") {
			break
		}
	}
	if one.NumRoutes() != 0 {
		t.Error("keepers of two rooms are one group")
	}
}

// logLines are the lines of the program's log, until the test ends.
func logLines(t *testing.T) <-chan string {
	read, write := io.Pipe()
	log.SetOutput(write)
	t.Cleanup(func() { log.SetOutput(os.Stderr); write.Close() })
	lines := make(chan string, 1000)
	go func() {
		for scanner := bufio.NewScanner(read); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			default: // nobody waits for so many
			}
		}
	}()
	return lines
}

func TestAKeeperThatWasReplacedLeavesTheGroup(t *testing.T) {
	folders := []string{t.TempDir(), t.TempDir(), t.TempDir()}
	addrs := []string{freeAddr(t), freeAddr(t), freeAddr(t)}
	run := func(i int, data string) *Keeper {
		k, err := Start(Options{Data: data, Secret: secret, Listen: "127.0.0.1:0", Routes: addrs[i],
			Peers: []string{addrs[(i+1)%3], addrs[(i+2)%3]}})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	keepers := make([]*Keeper, 3)
	for i := range keepers {
		keepers[i] = run(i, folders[i])
	}
	defer func() {
		for _, k := range keepers {
			k.Close()
		}
	}()
	await(t, func() bool { return online(keepers) == 3 })
	old := keepers[2].Name()
	keepers[2].Close()
	keepers[2] = run(2, t.TempDir()) // a new machine at the old address
	await(t, func() bool {
		names := members(keepers)
		return len(names) == 3 && !slices.Contains(names, old) && online(keepers) == 3
	})
}

// members are the names of all keepers that the group's leader knows.
func members(keepers []*Keeper) (names []string) {
	for _, k := range keepers {
		info, err := k.Jsz(&server.JSzOptions{})
		if err != nil || info.Meta == nil || info.Meta.Leader != k.Name() {
			continue
		}
		names = append(names, k.Name())
		for _, peer := range info.Meta.Replicas {
			names = append(names, peer.Name)
		}
		return names
	}
	return nil
}

func online(keepers []*Keeper) (n int) {
	for _, k := range keepers {
		n = max(n, len(k.JetStreamClusterPeers()))
	}
	return n
}

// await asks until it is so; if it never is, go test's own time limit ends this.
func await(t *testing.T, so func() bool) {
	t.Helper()
	for !so() {
		time.Sleep(10 * time.Millisecond)
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
