//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	warmUp = 500 * time.Millisecond
	pace   = 10 * time.Millisecond // between messages where the rate is given
	every  = 64                    // in a flood, one delivery in so many is timed
)

// result is one measurement.
type result struct {
	deliveries float64 // a second
	p50, p99   time.Duration
	cpu        float64 // percent of one processor, clients included
}

// client is a connection that reads as fast as it can.
type client struct {
	net.Conn
	r    *bufio.Reader
	own  []byte // how its own messages begin when they are told
	load load
	from *atomic.Int64 // when counting began; 0 before and after
	told int64
	took []time.Duration
}

func measure(addrs []string, l load, duration time.Duration) (r result, err error) {
	var from atomic.Int64
	var all []*client
	var wait sync.WaitGroup
	defer func() {
		for _, c := range all {
			c.Close()
		}
		wait.Wait()
	}()
	for id := range clients {
		c, err := dial(addrs[id%len(addrs)], id)
		if err != nil {
			return r, err
		}
		c.load, c.from = l, &from
		all = append(all, c)
	}
	for id, c := range all {
		wait.Go(func() { c.read(id < l.senders) })
	}
	end := make(chan struct{})
	for _, c := range all[:l.senders] {
		for range l.window {
			c.say()
		}
		if l.window == 0 {
			wait.Go(func() { c.sayEvery(end) })
		}
	}
	time.Sleep(warmUp)
	before := processorTime()
	began := time.Now()
	from.Store(began.UnixNano())
	time.Sleep(duration)
	from.Store(0)
	spent := time.Since(began)
	r.cpu = 100 * (processorTime() - before).Seconds() / spent.Seconds()
	close(end)
	for _, c := range all {
		c.Close()
	}
	wait.Wait()
	return summary(r, all, spent), nil
}

func summary(r result, all []*client, spent time.Duration) result {
	var took []time.Duration
	for _, c := range all {
		r.deliveries += float64(c.told) / spent.Seconds()
		took = append(took, c.took...)
	}
	if slices.Sort(took); len(took) > 0 {
		r.p50, r.p99 = took[len(took)/2], took[len(took)*99/100]
	}
	return r
}

func dial(addr string, id int) (*client, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(conn, "GET /ws/%d HTTP/1.1\r\nHost: %s\r\n"+
		"Upgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
		id, addr)
	c := &client{Conn: conn, r: bufio.NewReaderSize(conn, 64<<10),
		own: fmt.Appendf(nil, "Client #%d says: ", id)}
	response, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("answered %s", response.Status)
	}
	return c, nil
}

// say sends a message that holds the time.
func (c *client) say() error {
	text := fmt.Sprintf("%-*d", size, time.Now().UnixNano())
	frame := append([]byte{0x81, 0x80 | size, 0, 0, 0, 0}, text...) // masked with zeros
	_, err := c.Write(frame)
	return err
}

func (c *client) sayEvery(end chan struct{}) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.say()
		case <-end:
			return
		}
	}
}

// read counts what is told, and says more when its own is told.
func (c *client) read(sends bool) {
	for n := 0; ; {
		text, err := c.frame()
		if err != nil {
			return
		}
		if !bytes.HasPrefix(text, []byte("Client #")) ||
			bytes.HasSuffix(text, []byte("left the chat")) {
			continue
		}
		if from := c.from.Load(); from != 0 {
			c.told++
			if n++; c.load.window == 0 || n%every == 0 {
				_, text, _ := strings.Cut(string(text), "says: ")
				if at, _ := strconv.ParseInt(strings.TrimSpace(text), 10, 64); at >= from {
					c.took = append(c.took, time.Since(time.Unix(0, at)))
				}
			}
		}
		if sends && c.load.window > 0 && bytes.HasPrefix(text, c.own) {
			c.say()
		}
	}
}

// frame returns a frame's payload, which is valid until the next.
func (c *client) frame() ([]byte, error) {
	h, err := c.r.Peek(2)
	if err != nil {
		return nil, err
	}
	head, length := 2, int(h[1])
	if length == 126 {
		if h, err = c.r.Peek(4); err != nil {
			return nil, err
		}
		head, length = 4, int(binary.BigEndian.Uint16(h[2:]))
	}
	if length == 127 {
		return nil, io.ErrShortBuffer // nothing here is so long
	}
	b, err := c.r.Peek(head + length)
	if err != nil {
		return nil, err
	}
	c.r.Discard(head + length)
	return b[head:], nil
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
