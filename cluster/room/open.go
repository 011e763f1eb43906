package room

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// NATS's codes of errors that do not pass, or may (errors.json in its source).
const (
	codeNoPeers      = 10005 // too few servers, or too little space on them
	codeStorage      = 10047
	codeNotAvailable = 503 // of HTTP: as while servers choose a leader
)

// openStream makes the stream if this node is one to keep it. Otherwise it waits for it. What will
// not pass by itself is an error at once.
func openStream(ctx context.Context, js jetstream.JetStream, options Options) error {
	for said := false; ; said = true {
		err := tryStream(ctx, js, options)
		if err == nil {
			return nil
		}
		if reason := hopeless(ctx, js, err, options); reason != nil {
			return reason
		}
		if !said {
			log.Printf("waiting for the room's other nodes: %v", err)
		}
		select {
		case <-time.After(retryEvery):
		case <-ctx.Done():
			return err
		}
	}
}

func tryStream(ctx context.Context, js jetstream.JetStream, options Options) (err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptLimit)
	defer cancel()
	if options.Replicas == 0 {
		_, err = js.Stream(ctx, options.Name)
		return err
	}
	_, err = js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: options.Name, Subjects: []string{subject(options.Name)}, Replicas: options.Replicas,
		MaxAge: streamAge, MaxBytes: streamBytes, Duplicates: streamAge,
	})
	return err
}

func subject(name string) string { return name + ".room" }

// hopeless says why it is no use to wait, and what to do. It returns nil for what may pass.
func hopeless(ctx context.Context, js jetstream.JetStream, err error, options Options) error {
	api, answered := errors.AsType[*jetstream.APIError](err)
	last := js.Conn().LastError()
	switch {
	case errors.Is(last, nats.ErrPermissionViolation):
		return fmt.Errorf("the broker does not let this node use JetStream: %w", last)
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, nats.ErrNoResponders),
		errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return fmt.Errorf("the broker has no JetStream for this node: start it with -js: %w", err)
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return elsewhere(ctx, js, options.Name)
	case !answered:
		return nil // no answer in time
	case api.ErrorCode == codeStorage, api.ErrorCode == codeNoPeers &&
		strings.Contains(api.Description, "insufficient storage") &&
		!strings.Contains(api.Description, "offline"):
		return fmt.Errorf("too little space: the room takes %d MB on each server that keeps it, "+
			"and NATS uses three quarters of what is free: %w", streamBytes>>20, err)
	case api.ErrorCode == codeNoPeers, api.Code == codeNotAvailable:
		return nil
	}
	return err
}

// elsewhere is an error if the broker has other rooms, but not this one. A broker without any may
// still be starting.
func elsewhere(ctx context.Context, js jetstream.JetStream, name string) error {
	ctx, cancel := context.WithTimeout(ctx, attemptLimit)
	defer cancel()
	var others []string
	for other := range js.StreamNames(ctx).Name() {
		others = append(others, other)
	}
	if len(others) == 0 || slices.Contains(others, name) {
		return nil
	}
	return fmt.Errorf("no room %q is kept there, but %s: check -room",
		name, strings.Join(others, ", "))
}
