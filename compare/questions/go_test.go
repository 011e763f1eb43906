package questions

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

func Example_deferred() {
	for _, name := range []string{"a", "b"} {
		defer fmt.Println("deferred:", name)
	}
	fmt.Println("after the loop")
	// Output:
	// after the loop
	// deferred: b
	// deferred: a
}

func Example_maps() {
	var ages map[string]int // its zero value is nil
	fmt.Println(ages["ann"], len(ages))
	age, found := ages["ann"]
	fmt.Println(age, found)
	delete(ages, "ann") // allowed: there is nothing to do
	// ages["ann"] = 7 would panic: assignment to entry in nil map

	ages = map[string]int{} // make(map[string]int) is the same
	ages["ann"] = 7
	delete(ages, "ann")
	delete(ages, "nobody")
	fmt.Println(len(ages))
	// Output:
	// 0 0
	// 0 false
	// 0
}

func Example_runes() {
	text := "a€"
	fmt.Println(len(text), text[1])
	for i, r := range text {
		fmt.Println(i, r, string(r))
	}
	// Output:
	// 4 226
	// 0 97 a
	// 1 8364 €
}

func Example_declare() {
	a, err := strconv.Atoi("1")
	b, err := strconv.Atoi("x") // b is new, err is the one above
	fmt.Println(a, b, err != nil)
	if err := errors.New("inner"); err != nil { // new: it hides the outer one, up to the }
		fmt.Println(err)
	}
	fmt.Println(err)
	// Output:
	// 1 0 true
	// inner
	// strconv.Atoi: parsing "x": invalid syntax
}

type point struct{ X, Y int }

func (p point) moved(by int) point { return point{X: p.X + by, Y: p.Y} }

func Example_copies() {
	a := point{X: 1}
	b := a  // a copy
	c := &a // a pointer to a: c.X is a.X
	a.X = 2
	fmt.Println(a.X, b.X, c.X)
	move := a.moved // a method as a value: it has its receiver, as a bound method has self
	fmt.Println(move(5))
	// Output:
	// 2 1 2
	// {7 0}
}

func Example_twice() {
	var mu sync.Mutex
	mu.Lock()
	fmt.Println(mu.TryLock()) // Lock would wait here for ever
	mu.Unlock()
	// Output:
	// false
}

func Example_stop() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan bool)
	go func() {
		defer close(ended)
		for {
			select {
			case <-time.After(time.Hour):
				fmt.Println("an hour has passed")
			case <-ctx.Done(): // a channel that stop closes
				return
			}
		}
	}()
	stop()
	<-ended // waits until the goroutine has returned
	fmt.Println(ctx.Err())
	// Output:
	// context canceled
}
