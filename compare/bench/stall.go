//go:build linux

package main

import (
	"math"
	"time"

	"example.com/chat/compare/load"
)

const (
	stallClients = 100
	stallLimit   = 15 * time.Second // how long a client that does not read is given to be cut off
	afterwards   = time.Second      // how long the talk goes on once it is

	slowRate  = 100_000 // bytes per second that the slow client reads
	slowEasy  = 20      // messages of 4 KiB per second: 82 kB/s, less than it reads
	slowHard  = 200     // 820 kB/s, more than it reads
	slowTicks = 20

	allClients = 1000
	allLimit   = 20 * time.Second
)

// never is when a client that should be cut off was not.
var never = math.Inf(1)

// stall measures what one client that never reads does to the others and to
// the server's memory, at a rate of messages per second or, with 0, in a
// flood without a window.
func (m *measurement) stall(rate int) error {
	plain, err := m.stallRun(rate, 5*time.Second, false)
	if err != nil {
		return err
	}
	stalled, err := m.stallRun(rate, stallLimit, true)
	if err != nil {
		return err
	}
	m.set("growth", float64(stalled-plain)/(1<<20))
	return nil
}

// stallRun returns the most memory that the server held.
func (m *measurement) stallRun(rate int, limit time.Duration, stall bool) (int64, error) {
	s, room, err := m.room(stallClients, true)
	if err != nil {
		return 0, err
	}
	defer end(s, room)
	talk := load.Talk{Senders: 1, Rate: rate, Size: longMessage, Duration: limit,
		Drain: 5 * time.Second}
	began := time.Now()
	if stall {
		room.Stall(1)
		talk.Done = func() bool {
			after, told := room.Left(stallClients, began)
			return told && time.Since(began) > after+afterwards
		}
	}
	result, err := room.Run(talk)
	if err != nil {
		return 0, err
	}
	_, peak := s.Memory()
	if !stall {
		return peak, nil
	}
	if after, told := room.Left(stallClients, began); told {
		m.set("cut off", after.Seconds())
	} else {
		m.set("cut off", never)
	}
	m.set("wait", 1000*max(result.Wait, result.Silence).Seconds())
	if room.Alive(stallClients) {
		m.set("others dropped", float64(result.Dropped))
	} else {
		m.set("others dropped", float64(result.Dropped-1))
	}
	m.set("lost", float64(result.Lost))
	m.set("late", float64(result.Late))
	return peak, nil
}

// slow measures a client that reads slowly but steadily: whether it is kept
// while it keeps up, and what the others wait once it cannot.
func (m *measurement) slow() error {
	s, room, err := m.room(stallClients, false)
	if err != nil {
		return err
	}
	defer end(s, room)
	room.Pace(slowRate, slowTicks)
	easy, err := room.Run(load.Talk{Senders: 1, Rate: slowEasy, Size: longMessage,
		Duration: 5 * time.Second, Drain: 5 * time.Second})
	if err != nil {
		return err
	}
	m.set("kept", 1-float64(easy.Dropped))
	room.Pace(slowRate, slowHard)
	began := time.Now()
	hard, err := room.Run(load.Talk{
		Senders: 1, Rate: slowHard, Size: longMessage, Duration: stallLimit, Drain: 5 * time.Second,
		Done: func() bool {
			after, told := room.Left(stallClients, began)
			return told && time.Since(began) > after+afterwards
		},
	})
	if err != nil {
		return err
	}
	m.set("wait", 1000*max(easy.Wait, hard.Wait).Seconds())
	m.set("cut off", never)
	if after, told := room.Left(stallClients, began); told {
		m.set("cut off", after.Seconds())
	}
	return nil
}

// stallAll lets one client flood a room in which all the others stop reading.
func (m *measurement) stallAll() error {
	s, room, err := m.room(allClients+1, true)
	if err != nil {
		return err
	}
	defer end(s, room)
	room.Stall(allClients)
	before, _ := s.Memory()
	began := time.Now()
	result, err := room.Run(load.Talk{
		Senders: 1, Size: longMessage, Duration: allLimit, Drain: 5 * time.Second,
		Done: func() bool { return room.LeftCount() == allClients },
	})
	if err != nil {
		return err
	}
	_, peak := s.Memory()
	m.set("growth", float64(peak-before)/(1<<20))
	m.set("peak", float64(peak)/(1<<20))
	m.set("told", float64(room.LeftCount()))
	m.set("cut off", never)
	if room.LeftCount() == allClients {
		m.set("cut off", time.Since(began).Seconds())
		m.set("well", m.well(s.Addr))
	}
	m.set("lost", float64(result.Lost))
	m.set("late", float64(result.Late))
	return nil
}

// well is 1 when new clients can chat, and 0 when not.
func (m *measurement) well(addr string) float64 {
	room, err := load.Join(addr, load.Options{Clients: 2})
	if err != nil {
		return 0
	}
	defer room.Close()
	result, err := room.Run(load.Talk{Senders: 2, Window: 1, Size: shortMessage,
		Duration: time.Second, Drain: 5 * time.Second})
	if err != nil || result.Deliveries == 0 || result.Lost+result.Late > 0 {
		return 0
	}
	return 1
}
