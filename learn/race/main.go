// Command race takes the mutex out of manager.go, in a copy, lets two clients connect, and shows
// what the race detector says to it.
//
//	go run -C learn ./race
//	go run -C learn ./race -clients 1   a race that does not happen is not seen
//
// -v shows its whole report, -keep leaves the mutex in. It needs what go's -race needs: a C
// compiler on Linux.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"

	"example.com/chat/learn/internal/datarace"
)

func main() {
	verbose := flag.Bool("v", false, "show the whole report")
	keep := flag.Bool("keep", false, "leave the mutex in")
	clients := flag.Int("clients", 2, "how many connect, at the same time")
	flag.Parse()
	if err := run(*verbose, *keep, *clients); err != nil {
		fmt.Fprintln(os.Stderr, "race:", err)
		os.Exit(1)
	}
}

var locks = regexp.MustCompile(`(?m)^\s*(defer )?m\.mu\.(Lock|Unlock)\(\)$`)

func run(verbose, keep bool, n int) error {
	dir, err := os.MkdirTemp("", "chat-race-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	manager, err := filepath.Abs("../manager.go")
	if err != nil {
		return err
	}
	source, err := os.ReadFile(manager)
	if err != nil {
		return err
	}
	removed := 0
	if !keep {
		removed = len(locks.FindAll(source, -1))
		// An empty line is left, so that the line numbers stay right.
		source = locks.ReplaceAll(source, nil)
		if removed == 0 {
			return errors.New("no lock was found in manager.go")
		}
	}
	unlocked, overlay := filepath.Join(dir, "manager.go"), filepath.Join(dir, "overlay.json")
	files, err := json.Marshal(map[string]any{"Replace": map[string]string{manager: unlocked}})
	if err != nil {
		return err
	}
	err = errors.Join(os.WriteFile(unlocked, source, 0o600), os.WriteFile(overlay, files, 0o600))
	if err != nil {
		return err
	}
	what := "manager.go as it is."
	if !keep {
		what = fmt.Sprintf("manager.go without its %d calls of Lock and Unlock.", removed)
	}
	fmt.Printf("%s Clients: %d. (At first this takes a minute.)\n", what, n)
	run := []string{"run", "-race", "-overlay", overlay, "./race/clients", fmt.Sprint(n)}
	clients := exec.Command("go", run...)
	clients.Env = append(os.Environ(), "GORACE=halt_on_error=1")
	output, err := clients.CombinedOutput()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		return err
	}
	report := string(output)
	if !verbose {
		report = datarace.Short(report, filepath.Dir(manager)+"/")
	}
	fmt.Print(report)
	return nil
}
