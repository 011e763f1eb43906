package keeper

import (
	"encoding/json"
	"log"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	lookAtGroup  = 5 * time.Second
	removalLimit = 5 * time.Second
)

// mendGroup removes keepers that were replaced, as by a new machine with an empty folder. Otherwise
// they count as away for good, and the room stands still when one more is lost.
func (k *Keeper) mendGroup() {
	for {
		select {
		case <-time.After(lookAtGroup):
		case <-k.ended:
			return
		}
		for _, name := range k.replaced() {
			if err := k.remove(name); err != nil {
				log.Printf("a keeper that was replaced cannot be removed: %v", err)
				continue
			}
			log.Printf("removed %s from the group: another has taken its place", name)
		}
	}
}

// replaced are the keepers that are away while as many are here as there should be. Only the leader
// of the group knows.
func (k *Keeper) replaced() (names []string) {
	info, err := k.Jsz(&server.JSzOptions{})
	if err != nil || info.Meta == nil || info.Meta.Leader != k.Name() {
		return nil
	}
	here := 1
	for _, peer := range info.Meta.Replicas {
		if peer.Offline {
			names = append(names, peer.Peer)
		} else {
			here++
		}
	}
	if here < 1+len(k.options.Peers) {
		return nil
	}
	return names
}

// remove asks this very server, by its system's account.
func (k *Keeper) remove(peer string) error {
	nc, err := nats.Connect("", nats.InProcessServer(k.Server), nats.UserInfo("system", k.group))
	if err != nil {
		return err
	}
	defer nc.Close()
	request, err := json.Marshal(server.JSApiMetaServerRemoveRequest{Peer: peer})
	if err != nil {
		return err
	}
	answer, err := nc.Request(server.JSApiRemoveServer, request, removalLimit)
	if err != nil {
		return err
	}
	var removal server.JSApiMetaServerRemoveResponse
	if err := json.Unmarshal(answer.Data, &removal); err != nil {
		return err
	}
	if removal.Error != nil {
		return removal.Error
	}
	return nil
}
