// Command check proves of each exercise that its test fails on the chat as it is, and passes once its solution is applied.
//
//	go run -C learn ./exercises/internal/check          all
//	go run -C learn ./exercises/internal/check names    one
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// parts of the repository are all that the chat is built from.
var parts = []string{"main.go", "manager.go", "go.mod", "go.sum", "index.html", "static", "internal"}

func main() {
	patches, err := filepath.Glob("exercises/*/solution/solution.patch")
	if err == nil && len(patches) == 0 {
		err = errors.New("no exercise is here: run it with go run -C learn ./exercises/internal/check")
	}
	for _, patch := range patches {
		name := filepath.Base(filepath.Dir(filepath.Dir(patch)))
		if len(os.Args) > 1 && os.Args[1] != name {
			continue
		}
		if failed := check(name, patch); failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", name, failed))
		} else {
			fmt.Println(name, "fails before its solution and passes with it")
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(name, patch string) error {
	dir, err := os.MkdirTemp("", "chat-exercise-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := copyChat(dir); err != nil {
		return err
	}
	if output, err := run(".", "go", "test", "-count=1", "./exercises/"+name, "-chat", dir); err == nil {
		return errors.New("its test passes already")
	} else if !strings.Contains(output, "--- FAIL") {
		return fmt.Errorf("its test does not run:\n%s", output)
	}
	if patch, err = filepath.Abs(patch); err != nil {
		return err
	}
	for _, command := range [][]string{{"git", "apply", patch}, {"go", "vet", "."}, {"go", "vet", "main.go"}} {
		if output, err := run(dir, command...); err != nil {
			return fmt.Errorf("%s:\n%s", strings.Join(command, " "), output)
		}
	}
	if output, err := run(dir, "gofmt", "-l", "."); err != nil || output != "" {
		return fmt.Errorf("not formatted: %s", output)
	}
	if output, err := run(".", "go", "test", "-count=1", "./exercises/"+name, "-chat", dir); err != nil {
		return fmt.Errorf("the solution does not pass:\n%s", output)
	}
	return nil
}

func copyChat(dir string) error {
	for _, part := range parts {
		from, to := filepath.Join("..", part), filepath.Join(dir, part)
		info, err := os.Stat(from)
		if err != nil {
			return err
		}
		if info.IsDir() {
			err = os.CopyFS(to, os.DirFS(from))
		} else {
			var content []byte
			if content, err = os.ReadFile(from); err == nil {
				err = os.WriteFile(to, content, 0o644)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func run(dir string, command ...string) (string, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir)) // a patch of files, not of a repository around them
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	return output.String(), err
}
