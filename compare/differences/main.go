// Command differences prints, as Markdown, what the FastAPI server and the Go
// server are meant to do differently.
//
//	go run ./differences                        prints the table
//	go run ./differences -check ../README.md    fails if the file's table is another
//	go run ./differences -write ../README.md    puts the table into the file
//
// In the file the table stands between two lines, <!-- differences --> and
// <!-- /differences -->. After a change of versions, go generate writes it anew, and all else that
// holds what FastAPI says, but for the benchmark.
package main

//go:generate go test -count=1 . -update
//go:generate go run . -write ../../README.md
//go:generate go run ../autobahn -write ../../docs/conformance.md
//go:generate go run -C ../../docs/lesson .

import (
	"flag"
	"fmt"
	"log"
	"os"

	"example.com/chat/compare/marked"
)

// name is the mark of the table in a file.
const name = "differences"

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
	fresh, err := marked.Replace(string(old), name, markdown())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if write != "" {
		return os.WriteFile(file, []byte(fresh), 0o644)
	}
	if fresh != string(old) {
		return fmt.Errorf("%s is out of date: in compare/, go run ./differences -write %s", file, file)
	}
	return nil
}
