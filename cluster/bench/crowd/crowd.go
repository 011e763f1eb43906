//go:build linux

package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/rpc"
	"os"
	"os/exec"
	"time"
)

const (
	crowdEnv = "CROWD_CROWD" // makes this program one of the crowds, which its parent calls
	most     = 15_000        // clients of one process: systems often allow 20,000 open files
)

// Crowd is some of the clients, in a process of their own. The parent calls its methods by net/rpc.
type Crowd struct{ p *people }

// Joining says who joins where.
type Joining struct {
	Addr                 [4]byte
	Port, Node, First, N int
}

// State is what a crowd has heard.
type State struct {
	Together bool // all have heard the mark that was asked for
	Says     int
	Left     int
	Thrown   int
	Code     string          // with which the last one was
	Wrong    string          // what one heard that others did not
	Still    time.Duration   // the longest in which nobody on a node heard the room
	Longest  time.Duration   // until what was said was heard
	Took     []time.Duration // the same, of some deliveries, at the end alone
	Digest   [32]byte        // of all that was told after "mark go", at the end alone
}

func runCrowd() {
	p, err := newPeople()
	if err == nil {
		err = rpc.Register(&Crowd{p})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "crowd:", err)
		os.Exit(1)
	}
	rpc.ServeConn(pipe{os.Stdin, os.Stdout})
}

// pipe is a connection over a pair of pipes.
type pipe struct {
	io.ReadCloser
	io.Writer
}

// startCrowd starts a process, which ends with this one.
func startCrowd() (*rpc.Client, error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), crowdEnv+"=1"), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if _, err := start(cmd); err != nil {
		return nil, err
	}
	return rpc.NewClient(pipe{out, in}), nil
}

// Join connects clients to a node.
func (c *Crowd) Join(j Joining, _ *bool) error { return c.p.join(j) }

// Say lets somebody say something, and reports whether there was anybody.
func (c *Crowd) Say(text string, said *bool) error {
	var all []*person
	for _, one := range c.p.all() {
		if !one.leaving {
			all = append(all, one)
		}
	}
	if *said = len(all) > 0; !*said {
		return nil
	}
	return c.p.say(all[rand.IntN(len(all))], text)
}

// Leave lets so many clients leave, and says how many did.
func (c *Crowd) Leave(n int, left *int) error {
	all := c.p.all()
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, one := range all[:min(n, len(all)/2)] {
		c.p.leave(one)
		*left++
	}
	return nil
}

// ExpectEnd says that a node's clients are to be closed, and how many they are.
func (c *Crowd) ExpectEnd(node int, n *int) error {
	*n = c.p.expectEnd(node)
	return nil
}

// Look returns what was heard so far, and whether all have heard a mark.
func (c *Crowd) Look(mark string, s *State) error {
	*s = c.p.state(mark)
	return nil
}

// End returns all that was heard.
func (c *Crowd) End(_ bool, s *State) error {
	*s = c.p.end()
	return nil
}
