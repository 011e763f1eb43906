package keeper

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"github.com/nats-io/nuid"
)

// folder is where a keeper keeps the room. One process at a time may use it.
type folder struct {
	name string // of this keeper, for as long as there is the folder
	lock *flock.Flock
}

// openFolder claims the folder for the keeper at addr, and reads its name.
func openFolder(path, addr string) (*folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	f := &folder{lock: flock.New(filepath.Join(path, "lock"), flock.SetPermissions(0o600))}
	// The owner is in another file, because Windows lets nobody read one that is locked.
	owner := filepath.Join(path, "owner")
	locked, err := f.lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !locked {
		who, _ := os.ReadFile(owner)
		return nil, fmt.Errorf("the folder %s is in use%s: each node needs one of its own",
			path, who)
	}
	who := fmt.Sprintf(" by process %d at %s", os.Getpid(), addr)
	if err = os.WriteFile(owner, []byte(who), 0o600); err == nil {
		f.name, err = keeperName(filepath.Join(path, "name"))
	}
	if err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// keeperName is made once. The others know a keeper by it, wherever it runs. The file appears whole
// or not at all: a name that was cut short would be another keeper's.
func keeperName(path string) (string, error) {
	name, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		name = []byte("keeper-" + nuid.Next())
		if err = os.WriteFile(path+".new", name, 0o600); err == nil {
			err = os.Rename(path+".new", path)
		}
	}
	return strings.TrimSpace(string(name)), err
}

func (f *folder) close() { f.lock.Unlock() }
