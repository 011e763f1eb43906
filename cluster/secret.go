package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	secretEnv   = "CHAT_SECRET" // takes the place of the secret's file
	leastSecret = 16            // characters
)

// secret is what all nodes of the room know.
func (n *nodes) secret() (string, error) {
	secret, where := os.Getenv(secretEnv), secretEnv
	if secret == "" {
		if where = n.secretFile; where == "" {
			folder, err := os.UserConfigDir()
			if err != nil {
				return "", fmt.Errorf("no place for the secret: give -secret-file or %s: %w",
					secretEnv, err)
			}
			where = filepath.Join(folder, "chat", "secret")
		}
		text, err := os.ReadFile(where)
		if errors.Is(err, fs.ErrNotExist) && n.join == "" && n.secretFile == "" {
			if err = makeSecret(where); err == nil {
				text, err = os.ReadFile(where)
			}
		}
		if err != nil {
			return "", fmt.Errorf("the room's secret: %w: copy it from a node that has it", err)
		}
		secret = strings.TrimSpace(string(text))
	}
	if len(secret) < leastSecret {
		return "", fmt.Errorf("the room's secret in %s must have at least %d characters", where,
			leastSecret)
	}
	return secret, nil
}

// makeSecret makes the file, unless another node has made it meanwhile. It appears whole or not at
// all: two may start for the first time at once.
func makeSecret(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), "secret-") // for this user alone
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = fmt.Fprintln(draft, rand.Text())
	if err = errors.Join(err, draft.Close()); err != nil {
		return err
	}
	if err = os.Link(draft.Name(), path); errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
