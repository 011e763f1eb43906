package room

import (
	"context"
	"strings"
	"testing"
	"time"

	"example.com/chat/internal/wstest"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// columns: a table keeps one line for each entry
func TestWhatCannotPassIsNotWaitedFor(t *testing.T) {
	denied := &server.User{Username: "u", Password: "p", Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Deny: []string{"$JS.API.>"}}}}
	for name, row := range map[string]struct {
		broker  server.Options
		options Options
		want    string
	}{
		"no JetStream":     {server.Options{}, Options{Replicas: 1}, "start it with -js"},
		"too little space": {server.Options{JetStream: true, JetStreamMaxStore: 100 << 20}, Options{Replicas: 1}, "takes 256 MB"},
		"too many copies":  {server.Options{JetStream: true}, Options{Replicas: 3}, "replicas > 1 not supported"},
		"no permission":    {server.Options{JetStream: true, Users: []*server.User{denied}}, Options{Replicas: 1}, "does not let this node"},
		"a name too long":  {server.Options{JetStream: true}, Options{Replicas: 1, Name: strings.Repeat("x", 256)}, "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			nc := connectTo(t, &row.broker)
			if _, err := Open(t.Context(), nc, row.options); err == nil ||
				!strings.Contains(err.Error(), row.want) {
				t.Errorf("%v, want %q", err, row.want)
			}
		})
	}
}

func TestANodeThatJoinsARoomThatIsNotThereIsToldWhichIs(t *testing.T) {
	nc := connectTo(t, &server.Options{JetStream: true})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := Open(ctx, nc, Options{Name: "b"}); err == nil || ctx.Err() == nil {
		t.Fatalf("a broker without any room may still be starting: %v", err)
	}
	a, err := Open(t.Context(), nc, Options{Name: "a", Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer a.stop()
	_, err = Open(t.Context(), nc, Options{Name: "b"})
	if err == nil || !strings.Contains(err.Error(), `no room "b" is kept there, but a`) {
		t.Error(err)
	}
}

// connectTo starts a broker and connects to it.
func connectTo(t *testing.T, o *server.Options) *nats.Conn {
	t.Helper()
	o.Host, o.Port, o.StoreDir = "127.0.0.1", server.RANDOM_PORT, t.TempDir()
	o.NoLog, o.NoSigs = true, true
	broker, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	broker.Start()
	t.Cleanup(func() { broker.Shutdown(); broker.WaitForShutdown() })
	if !broker.ReadyForConnections(wstest.Patience) {
		t.Fatal("the broker does not start")
	}
	nc, err := nats.Connect(broker.ClientURL(), nats.UserInfo("u", "p"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}
