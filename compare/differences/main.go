// Command differences prints, as Markdown, what the FastAPI server and the Go server are meant to
// do differently.
//
//	go run ./differences                                 prints the table
//	go run ./differences -check ../docs/differences.md   fails if the file's table is another
//	go run ./differences -write ../docs/differences.md   puts the table into the file
//
// In the file the table stands between two lines, <!-- differences --> and
// <!-- /differences -->; a short one, for the README, between <!-- most telling --> and
// <!-- /most telling -->. After a change of versions, go generate writes it anew, and all else that
// holds what FastAPI says, but for the benchmark.
package main

//go:generate go test -count=1 . -update
//go:generate go run . -write ../../docs/differences.md
//go:generate go run . -write ../../README.md
//go:generate go run ../autobahn -write ../../docs/conformance.md
//go:generate go run -C ../learn ./lesson

import (
	"flag"
	"fmt"
	"log"
	"os"
	"strings"

	"example.com/chat/compare/marked"
)

// tables are what a file may have, by their marks.
var tables = map[string]func() string{"differences": markdown, "most telling": mostTelling}

func main() {
	log.SetFlags(0)
	check := flag.String("check", "", "`file` whose table must be this one")
	write := flag.String("write", "", "`file` to put the table into")
	flag.Parse()
	if err := run(*check, *write); err != nil {
		log.Fatal("differences: ", err)
	}
}

func run(check, write string) error {
	if check == "" && write == "" {
		fmt.Print(markdown())
		return nil
	}
	file := check + write
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	fresh, found := string(old), false
	for name, table := range tables {
		if !strings.Contains(fresh, "<!-- "+name+" -->") {
			continue
		}
		found = true
		if fresh, err = marked.Replace(fresh, name, table()); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	if !found {
		return fmt.Errorf("%s has no place for a table", file)
	}
	if write != "" {
		return os.WriteFile(file, []byte(fresh), 0o644)
	}
	if fresh != string(old) {
		return fmt.Errorf("%s is out of date: in compare/, go run ./differences -write %[1]s", file)
	}
	return nil
}
