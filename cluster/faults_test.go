//go:build unix

package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/chat/internal/wstest"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const outage = 10 * time.Second // that clients must not notice

func addrsOf(nodes []*program) (addrs []string) {
	for _, n := range nodes {
		addrs = append(addrs, n.addr)
	}
	return addrs
}

// Three keepers, 30 clients: everyone talks at once; then a node is killed while all talk, and
// comes back.
func TestThreeNodesReadTheSameAndOneMayBeKilled(t *testing.T) {
	t.Parallel()
	const n, messages = 30, 30
	nodes := keepers(t)
	everyone := people(t, addrsOf(nodes), n)
	atOnce(everyone, func(p *person) { p.talk("together", messages) })
	heard := agree(t, everyone, "all said")
	if len(heard) != n*messages+1 {
		t.Errorf("%d messages were heard, %d said", len(heard), n*messages+1)
	}
	for _, p := range everyone {
		inOrder(t, heard, p, "together", messages)
		p.forget(everyone[0].says("all said"))
	}

	killed := nodes[2]
	var lost, stay []*person
	for i, p := range everyone {
		if i%3 == 2 {
			lost = append(lost, p)
		} else {
			stay = append(stay, p)
		}
	}
	for _, p := range lost {
		go func() {
			for i := 0; ; i++ {
				if _, err := p.Write(wstest.Encode(wstest.Fin|wstest.Text,
					fmt.Sprint("on and on ", i))); err != nil {
					return
				}
			}
		}()
	}
	for _, p := range lost { // they are in the middle of it
		p.hears(p.says("on and on 9"))
	}
	killed.Process.Kill()
	killed.Wait()
	at := time.Now()
	var talking sync.WaitGroup
	talking.Go(func() { atOnce(stay, func(p *person) { p.talk("without", messages) }) })
	for _, p := range lost {
		stay[0].hears(p.left())
	}
	t.Logf("all leavings were told after %v", time.Since(at))
	if time.Since(at) > 15*time.Second {
		t.Errorf("the leavings were told after %v, want 15s at most", time.Since(at))
	}
	talking.Wait()
	again := startNode(t, killed.Args[3:]...)
	late := newPerson(t, again.addr, n)
	late.Say("back")
	late.hears(late.says("back"))
	for _, p := range stay {
		p.hears(late.says("back"))
	}
	heard = agree(t, stay, "the end")
	for _, p := range stay {
		inOrder(t, heard, p, "without", messages)
	}
	for _, p := range lost {
		if count(heard, p.left()) != 1 {
			t.Errorf("the leaving of client %d was told %d times", p.id, count(heard, p.left()))
		}
		p.waits("its end", func() bool { return p.ended })
		if got := p.hasHeard(stay[0].says("the end")); !isPrefix(got, heard) {
			t.Errorf("client %d heard %d messages before its node died, which the others heard "+
				"otherwise", p.id, len(got))
		}
	}
	late.hears(stay[0].says("the end"))
	if first := late.hasHeard(stay[0].says("the end"))[0]; first != late.says("back") {
		t.Errorf("who came to the node that came back heard first %q", first)
	}
}

func isPrefix(short, long []string) bool {
	return len(short) <= len(long) && slices.Equal(short, long[:len(short)])
}

func count(heard []string, text string) (n int) {
	for _, h := range heard {
		if h == text {
			n++
		}
	}
	return n
}

// broker is NATS as one runs it apart from the nodes; it can be stopped and started with what it
// keeps.
type broker struct {
	t      testing.TB
	server *server.Server
	addr   string
	data   string
}

func startBroker(t testing.TB) *broker {
	t.Helper()
	b := &broker{t: t, addr: freeAddr(t), data: t.TempDir()}
	b.start()
	t.Cleanup(func() { b.stop() })
	return b
}

func (b *broker) start() {
	b.t.Helper()
	addr := netip.MustParseAddrPort(b.addr)
	var err error
	b.server, err = server.NewServer(&server.Options{Host: addr.Addr().String(),
		Port: int(addr.Port()), Authorization: secret, JetStream: true, StoreDir: b.data,
		NoSigs: true, NoLog: true})
	if err != nil {
		b.t.Fatal(err)
	}
	b.server.Start()
	if !b.server.ReadyForConnections(wstest.Patience) {
		b.t.Fatal("the broker does not start")
	}
}

func (b *broker) stop() {
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

// stream is the room as the broker has it now.
func (b *broker) stream() jetstream.Stream {
	b.t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(b.server), nats.Token(secret))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(nc.Close)
	js, _ := jetstream.New(nc)
	stream, err := js.Stream(b.t.Context(), "chat")
	if err != nil {
		b.t.Fatal(err)
	}
	return stream
}

func threeNodes(t testing.TB, more ...string) (nodes []*program) {
	var ready []func() *program
	for range 3 {
		ready = append(ready, launch(t, more...))
	}
	for _, f := range ready {
		nodes = append(nodes, f())
	}
	return nodes
}

func TestABrokerAwayForTenSecondsIsNoticedByNobody(t *testing.T) {
	t.Parallel()
	const n, messages = 30, 5
	b := startBroker(t)
	everyone := people(t, addrsOf(threeNodes(t, "-nats", "nats://"+b.addr)), n)
	b.stop()
	back := time.After(outage)
	var talking sync.WaitGroup
	talking.Go(func() { atOnce(everyone, func(p *person) { p.talk("meanwhile", messages) }) })
	<-back
	b.start()
	talking.Wait()
	heard := agree(t, everyone, "all said")
	if len(heard) != n*messages+1 {
		t.Errorf("%d messages were heard, %d said", len(heard), n*messages+1)
	}
	for _, p := range everyone {
		inOrder(t, heard, p, "meanwhile", messages)
	}
}

func TestABrokerAwayForTooLongSendsTheSpeakersAwayAndLosesNothingElse(t *testing.T) {
	t.Parallel()
	const n = 30
	b := startBroker(t)
	everyone := people(t, addrsOf(threeNodes(t, "-nats", "nats://"+b.addr, "-away-limit", "3s")), n)
	speakers, silent := everyone[:6], everyone[6:]
	atOnce(everyone, func(p *person) { p.talk("before", 5) })
	b.stop()
	for _, p := range speakers {
		p.Say("into the void")
	}
	for _, p := range speakers {
		p.isClosed(1013)
	}
	b.start()
	for _, p := range silent {
		for _, s := range speakers {
			p.hears(s.left())
		}
	}
	heard := agree(t, silent, "all said")
	for _, p := range everyone {
		inOrder(t, heard, p, "before", 5)
	}
}

// line is a way between a node and its broker that can be cut: bytes then wait, as when packets are
// lost, and connections stay open.
type line struct {
	net.Listener
	to  string
	mu  sync.Mutex
	cut chan struct{} // closed while the line is whole
}

func newLine(t testing.TB, to string) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	whole := make(chan struct{})
	close(whole)
	line := &line{Listener: l, to: to, cut: whole}
	t.Cleanup(func() { l.Close(); line.mend() })
	go line.run()
	return line
}

func (l *line) run() {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			l.pass()
			other, err := net.Dial("tcp", l.to)
			if err != nil {
				conn.Close()
				return
			}
			go l.copy(conn, other)
			l.copy(other, conn)
		}()
	}
}

// pass returns when the line is whole.
func (l *line) pass() {
	l.mu.Lock()
	whole := l.cut
	l.mu.Unlock()
	<-whole
}

func (l *line) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		l.pass()
		if err != nil {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (l *line) sever() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = make(chan struct{})
}

func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.cut:
	default:
		close(l.cut)
	}
}

// threeNodesOneLine starts three nodes, the last of which reaches the broker by a line that can be
// cut.
func threeNodesOneLine(t testing.TB) (nodes []*program, l *line, b *broker) {
	b = startBroker(t)
	l = newLine(t, b.addr)
	ready := []func() *program{launch(t, "-nats", "nats://"+b.addr),
		launch(t, "-nats", "nats://"+b.addr), launch(t, "-nats", "nats://"+l.Addr().String())}
	for _, f := range ready {
		nodes = append(nodes, f())
	}
	return nodes, l, b
}

func TestANodeCutOffForTenSecondsLosesNobodyAndNothing(t *testing.T) {
	t.Parallel()
	const n, messages = 30, 5
	nodes, l, _ := threeNodesOneLine(t)
	everyone := people(t, addrsOf(nodes), n)
	l.sever()
	back := time.After(outage)
	var talking sync.WaitGroup
	talking.Go(func() { atOnce(everyone, func(p *person) { p.talk("meanwhile", messages) }) })
	<-back
	l.mend()
	talking.Wait()
	heard := agree(t, everyone, "all said")
	if len(heard) != n*messages+1 {
		t.Errorf("%d messages were heard, %d said", len(heard), n*messages+1)
	}
	for _, p := range everyone {
		inOrder(t, heard, p, "meanwhile", messages)
	}
}

// A keeper that stands still is one that is cut off, for itself and for the others; it may be the
// one that leads the stream.
func TestAKeeperThatStandsStillForTenSecondsLosesNobodyAndNothing(t *testing.T) {
	t.Parallel()
	const n, messages = 30, 5
	nodes := keepers(t)
	everyone := people(t, addrsOf(nodes), n)
	nodes[2].Process.Signal(syscall.SIGSTOP)
	back := time.After(outage)
	var talking sync.WaitGroup
	talking.Go(func() { atOnce(everyone, func(p *person) { p.talk("meanwhile", messages) }) })
	<-back
	nodes[2].Process.Signal(syscall.SIGCONT)
	talking.Wait()
	heard := agree(t, everyone, "all said")
	if len(heard) != n*messages+1 {
		t.Errorf("%d messages were heard, %d said", len(heard), n*messages+1)
	}
	for _, p := range everyone {
		inOrder(t, heard, p, "meanwhile", messages)
	}
}

func TestANodeCutOffForTooLongIsSaidToHaveLeftOnceAndItsClientsGoAway(t *testing.T) {
	t.Parallel()
	const n = 9
	nodes, l, _ := threeNodesOneLine(t)
	everyone := people(t, addrsOf(nodes), n)
	var cut, stay []*person
	for i, p := range everyone {
		if i%3 == 2 {
			cut = append(cut, p)
		} else {
			stay = append(stay, p)
		}
	}
	l.sever()
	for _, p := range cut {
		stay[0].hears(p.left())
	}
	l.mend()
	for _, p := range cut {
		p.isClosed(1013)
	}
	late := newPerson(t, nodes[2].addr, n)
	late.Say("back")
	late.hears(late.says("back"))
	heard := agree(t, stay, "all said")
	for _, p := range cut {
		if count(heard, p.left()) != 1 {
			t.Errorf("the leaving of client %d was told %d times", p.id, count(heard, p.left()))
		}
	}
}

func TestAStoppedNodeTellsItsLeavingsAndDoesNotRepeatWhatWasSaid(t *testing.T) {
	t.Parallel()
	const n = 9
	b := startBroker(t)
	nodes := threeNodes(t, "-nats", "nats://"+b.addr)
	everyone := people(t, addrsOf(nodes), n)
	atOnce(everyone, func(p *person) { p.talk("before", 5) })
	nodes[2].Process.Signal(os.Interrupt)
	var gone, stay []*person
	for i, p := range everyone {
		if i%3 == 2 {
			gone = append(gone, p)
			p.isClosed(1001)
		} else {
			stay = append(stay, p)
		}
	}
	if err := nodes[2].Wait(); err != nil {
		t.Errorf("the node ended with %v", err)
	}
	for _, p := range gone {
		stay[0].hears(p.left())
	}
	again := startNode(t, "-nats", "nats://"+b.addr)
	late := newPerson(t, again.addr, n)
	late.Say("back")
	late.hears(late.says("back"))
	heard := agree(t, stay, "all said")
	for _, p := range gone {
		if count(heard, p.left()) != 1 {
			t.Errorf("the leaving of client %d was told %d times", p.id, count(heard, p.left()))
		}
	}
	late.hears(stay[0].says("all said"))
	if got := late.hasHeard(stay[0].says("all said")); !slices.Equal(got,
		[]string{late.says("back"), stay[0].says("all said")}) {
		t.Errorf("who came to the node that came back heard %q", got)
	}
}

// oneCutOff is a room of nine people on three nodes, the last of which has noticed that it is cut
// off.
func oneCutOff(t testing.TB) (nodes []*program, everyone []*person, l *line, b *broker) {
	nodes, l, b = threeNodesOneLine(t)
	everyone = people(t, addrsOf(nodes), 9)
	l.sever()
	nodes[2].log.waits("the broker is away")
	return nodes, everyone, l, b
}

func TestWhoMissedWhatTheStreamHasLetGoIsSentAway(t *testing.T) {
	t.Parallel()
	_, everyone, l, b := oneCutOff(t)
	everyone[0].talk("unheard", 20)
	stream := b.stream()
	old := stream.CachedInfo().State.LastSeq
	everyone[0].talk("later", 1)
	everyone[1].hears(everyone[0].says("later 0")) // both nodes that stay have read all before it
	// As its limits would do, later.
	if err := stream.Purge(t.Context(), jetstream.WithPurgeSequence(old+1)); err != nil {
		t.Fatal(err)
	}
	l.mend()
	stay := []*person{}
	for i, p := range everyone {
		if i%3 == 2 {
			if p.isClosed(1013); !strings.Contains(p.closing.Reason, "missed messages") {
				t.Errorf("client %d was closed with %+v", p.id, p.closing)
			}
			everyone[0].hears(p.left())
			continue
		}
		stay = append(stay, p)
	}
	heard := agree(t, stay, "all said")
	inOrder(t, heard, everyone[0], "unheard", 20)
}

func TestANodeThatCatchesUpOnMuchDropsNobodyWhoReads(t *testing.T) {
	t.Parallel()
	const messages, size = 120, 60 << 10 // 7.2 MB, many times what a client may be behind
	nodes, l, _ := threeNodesOneLine(t)
	everyone := people(t, addrsOf(nodes), 6)
	l.sever()
	long := strings.Repeat("x", size)
	everyone[0].talk(long, messages)
	nodes[2].log.waits("the broker is away") // else the line itself brings what it has held back
	l.mend()
	heard := agree(t, everyone, "all said")
	inOrder(t, heard, everyone[0], long, messages)
}

func TestABrokerThatHasLostTheRoomBeginsAnother(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	nodes := threeNodes(t, "-nats", "nats://"+b.addr)
	everyone := people(t, addrsOf(nodes), 9)
	b.stop()
	b.data = t.TempDir()
	b.start()
	for _, p := range everyone {
		p.isClosed(1013)
	}
	again := people(t, addrsOf(nodes), 9)
	atOnce(again, func(p *person) { p.talk("anew", 5) })
	if heard := agree(t, again, "all said"); len(heard) < 9*5+1 {
		t.Errorf("%d messages were heard", len(heard))
	}
}

// The sequences of the new room go on where those of the old one ended for the node that was cut
// off: they do not show that it is another.
func TestWhoMissedThatAnotherRoomHasBegunIsSentAway(t *testing.T) {
	t.Parallel()
	nodes, everyone, l, b := oneCutOff(t)
	old := b.stream().CachedInfo().State.LastSeq
	b.stop()
	b.data = t.TempDir()
	b.start()
	for i, p := range everyone {
		if i%3 != 2 {
			p.isClosed(1013)
		}
	}
	speaker := newPerson(t, nodes[0].addr, 100)
	for round := 0; b.stream().CachedInfo().State.LastSeq <= old; round++ {
		speaker.talk(fmt.Sprint("unheard ", round), 20)
	}
	l.mend()
	for i, p := range everyone {
		if i%3 == 2 {
			p.isClosed(1013)
		}
	}
	again := people(t, addrsOf(nodes), 9)
	agree(t, again, "all said")
}

func TestANodeThatStopsWhileTheBrokerIsAwayStillClosesItsClientsInOrder(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	node := startNode(t, "-nats", "nats://"+b.addr)
	everyone := people(t, []string{node.addr}, 3)
	b.stop()
	everyone[0].Say("into the void")
	// hello, begin, this
	everyone[0].waits("its answer", func() bool { return everyone[0].echoes == 3 })
	joining := wstest.DialTCP(t, node.addr)
	joining.Write([]byte(wstest.Request(node.addr, "/ws/3")))
	node.log.waits(`path="/ws/3"`)
	node.Process.Signal(syscall.SIGTERM)
	_, late, err := wstest.Answer(t, joining)
	if err != nil {
		t.Fatal(err)
	}
	if got := late.ExpectClose(); got.Code != 1001 {
		t.Errorf("who waited to join is closed with %+v, want 1001", got)
	}
	late.SendClose(1001, "")
	for _, p := range everyone {
		p.isClosed(1001)
	}
	if err := node.Wait(); err != nil {
		t.Errorf("the node ended with %v", err)
	}
}
