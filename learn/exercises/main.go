// Command exercises goes with whoever solves the exercises: it lists them, tries one, and gives
// hints.
//
//	go run -C learn ./exercises                 all exercises, and which is next
//	go run -C learn ./exercises names           try one
//	go run -C learn ./exercises names -hint     a hint; -hint -hint is the next one
//	go run -C learn ./exercises names -watch    try it each time that a file is saved
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"example.com/chat/learn/exercises/internal/course"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:])
	if ctx.Err() != nil {
		return // CTRL+C is how a watch ends
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	name, hint, watching, err := parse(args)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "chat-exercises-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c := newCompanion(dir, os.Stdout)
	if name == "" && !watching && hint == 0 {
		_, err := c.list(ctx)
		return err
	}
	var e course.Exercise
	if name != "" {
		e, err = course.Find(name)
	} else if e, err = c.list(ctx); err == nil && e.Name == "" {
		return nil // all are done
	}
	if err != nil {
		return err
	}
	switch {
	case hint > 0:
		return c.hint(e, hint)
	case watching:
		return c.watch(ctx, e)
	}
	return c.attempt(ctx, e)
}

// parse reads the name and the flags, in any order. hint counts how often -hint was said.
func parse(args []string) (name string, hint int, watching bool, err error) {
	flags := flag.NewFlagSet("go run -C learn ./exercises [name]", flag.ContinueOnError)
	flags.BoolFunc("hint", "give a hint; said once more, the next one", func(string) error {
		hint++
		return nil
	})
	flags.BoolVar(&watching, "watch", false, "try it each time that a file is saved")
	for {
		if err := flags.Parse(args); err != nil {
			return "", 0, false, err
		}
		if flags.NArg() == 0 {
			return name, hint, watching, nil
		}
		if name != "" {
			return "", 0, false, errors.New("one exercise at a time, please")
		}
		name, args = flags.Arg(0), flags.Args()[1:]
	}
}

// hint prints the hint with this number, and how to get the next.
func (c *companion) hint(e course.Exercise, number int) error {
	hints, err := e.Hints()
	if err != nil {
		return err
	}
	number = min(number, len(hints))
	fmt.Fprintf(c.out, "Hint %d of %d for %s:\n\n%s\n", number, len(hints), e.Name, hints[number-1])
	if number < len(hints) {
		fmt.Fprintln(c.out, "\nFor the next one say -hint once more.")
	}
	return nil
}
