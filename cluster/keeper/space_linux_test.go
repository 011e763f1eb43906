package keeper

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// smallDisk is a file system of so many megabytes.
func smallDisk(t *testing.T, megabytes string) string {
	t.Helper()
	path := t.TempDir()
	if err := syscall.Mount("tmpfs", path, "tmpfs", 0, "size="+megabytes+"m"); err != nil {
		t.Skipf("a small file system needs root's rights: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(path, 0) })
	return path
}

func TestTheRoomGoesOnAfterAFullDisk(t *testing.T) {
	disk := smallDisk(t, "100")
	o := Options{Data: filepath.Join(disk, "room"), Secret: secret, Listen: "127.0.0.1:0"}
	k, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	nc, err := nats.Connect("", nats.InProcessServer(k), Secure(secret))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, _ := jetstream.New(nc)
	config := jetstream.StreamConfig{Name: "room", Subjects: []string{"room"}, MaxBytes: 50 << 20}
	if _, err := js.CreateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	publish := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err := js.Publish(ctx, "room", make([]byte, 100<<10))
		return err
	}
	if err := publish(); err != nil {
		t.Fatal(err)
	}
	fill := filepath.Join(disk, "fill")
	if err := os.WriteFile(fill, make([]byte, 100<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	await(t, func() bool { return publish() != nil })
	if err := os.Remove(fill); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return publish() == nil })
}
