// Command differences prints, as Markdown, what the FastAPI server and the Go
// server are meant to do differently.
//
//	go run ./differences                        prints the table
//	go run ./differences -check ../README.md    fails if the file's table is another
//	go run ./differences -write ../README.md    puts the table into the file
//
// In the file the table stands between two lines, <!-- differences --> and
// <!-- /differences -->.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
)

const (
	begin = "<!-- differences -->\n"
	end   = "<!-- /differences -->"
)

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
	fresh, err := replaced(string(old))
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

// replaced is the text with the table of now between its two lines.
func replaced(text string) (string, error) {
	before, rest, ok1 := strings.Cut(text, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		return "", errors.New("no " + strings.TrimSpace(begin) + " and " + end)
	}
	return before + begin + markdown() + end + after, nil
}
