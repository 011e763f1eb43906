package keeper

import (
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	lookForSpace = time.Second
	someSpace    = 16 << 20 // bytes that can be written again: then it is worth to go on
)

// mendSpace goes on after a full disk. NATS writes nothing more into a stream after a write that
// failed, until JetStream begins anew.
func (k *Keeper) mendSpace() {
	for {
		select {
		case <-k.full:
		case <-k.ended:
			return
		}
		log.Printf("the disk of %s is full: free some space, the room waits for it", k.options.Data)
		for !k.hasSpace() || !k.goOn() {
			select {
			case <-time.After(lookForSpace):
			case <-k.ended:
				return
			}
		}
		log.Print("there is space again, the room goes on")
		select {
		case <-k.full: // from before
		default:
		}
	}
}

// goOn begins JetStream anew.
func (k *Keeper) goOn() bool {
	k.ShutdownJetStream()
	err := k.EnableJetStream(&server.JetStreamConfig{StoreDir: k.options.Data})
	if err != nil {
		log.Printf("the room cannot go on yet: %v", err)
	}
	return err == nil
}

// hasSpace tries it: what is free by the system's count may be kept for others.
func (k *Keeper) hasSpace() bool {
	path := filepath.Join(k.options.Data, "space")
	defer os.Remove(path)
	return os.WriteFile(path, make([]byte, someSpace), 0o600) == nil
}
