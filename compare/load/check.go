//go:build linux

package load

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
)

// consumeShared compares what a client reads with the history, that is with
// what the others have read. Only what the history has not got yet, and what
// is for this client alone, is looked at frame by frame.
func (r *Room) consumeShared(c *client, from, to int) ([]byte, error) {
	for from < to {
		if len(c.personal) > 0 {
			n := min(len(c.personal), to-from)
			if !bytes.Equal(c.personal[:n], r.buffer[from:from+n]) {
				return nil, fmt.Errorf("read %q instead of its own %q", r.buffer[from:from+n],
					c.personal[:n])
			}
			c.personal = c.personal[n:]
			from += n
			continue
		}
		same := r.history.match(c.cursor, r.buffer[from:to])
		c.cursor += int64(same)
		from += same
		r.advance(c)
		if from == to {
			break
		}
		// A frame for this client alone may begin like the history's next.
		start := r.history.start(c.next)
		from -= copy(r.buffer[from-int(c.cursor-start):from],
			r.history.bytes[start-r.history.base:c.cursor-r.history.base])
		c.cursor = start
		n, handled, err := r.frame(c, r.buffer[from:to])
		if err != nil {
			return nil, err
		}
		if !handled {
			break
		}
		from += n
	}
	return r.buffer[from:to], nil
}

// advance counts the messages that the client's cursor has passed.
func (r *Room) advance(c *client) {
	h := &r.history
	for i := c.next - h.first; i < len(h.ends) && h.ends[i] <= c.cursor; i++ {
		c.next++
		r.deliver(c, h.sent[i])
	}
	for len(c.ownEnds) > 0 && c.ownEnds[0] <= c.cursor {
		c.ownEnds = c.ownEnds[1:]
		c.heard++
	}
}

func (r *Room) deliver(c *client, sentAt int64) {
	r.delivered++
	if r.recording && sentAt > 0 && c.counts() {
		r.waits = append(r.waits, r.now-sentAt)
	}
}

// frame handles a frame that is not the history's next for this client. It
// returns how many bytes it took, and false when the frame is not whole yet.
func (r *Room) frame(c *client, b []byte) (int, bool, error) {
	opcode, head, length, ok := parse(b)
	if !ok || len(b) == head && length > 0 {
		return 0, false, nil
	}
	if opcode == opText && b[head] == wrotePrefix[0] {
		return 0, true, c.expectAnswer()
	}
	whole := head + length
	if len(b) < whole {
		return 0, false, nil
	}
	if opcode != opText {
		return whole, true, r.control(c, opcode, b[head:whole])
	}
	if c.next < r.history.messages() {
		return 0, false, fmt.Errorf("%w: it read %.40q", ErrOrder, b[head:whole])
	}
	return 0, true, r.accept(b[:whole], b[head:whole])
}

// expectAnswer makes the next "You wrote" what the client must read now.
func (c *client) expectAnswer() error {
	if c.answered == c.outgoing {
		return fmt.Errorf("read an answer to a message that it has not sent")
	}
	c.answered++
	c.personal = c.wrote.number(c.answered)
	return nil
}

// accept adds a frame that no client has read before to the history.
func (r *Room) accept(frame, payload []byte) error {
	id, says, err := r.author(payload)
	if err != nil {
		return err
	}
	if !says {
		r.history.add(frame, 0)
		return r.left(id)
	}
	c := r.senders[id-1]
	if c.accepted == c.outgoing || !bytes.Equal(frame, c.says.number(c.accepted+1)) {
		return fmt.Errorf("read %.60q, which is not message %d of client %d", payload, c.accepted+1,
			id)
	}
	c.accepted++
	r.history.add(frame, c.sentAt[c.accepted-1])
	c.ownEnds = append(c.ownEnds, r.history.end())
	return nil
}

// author takes a broadcast apart: whose it is, and whether it is a message or
// tells of a leaving.
func (r *Room) author(payload []byte) (id int, says bool, err error) {
	rest, ok := bytes.CutPrefix(payload, []byte(clientPrefix))
	digits := 0
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		id = id*10 + int(rest[digits]-'0')
		digits++
	}
	if ok && string(rest[digits:]) == leftSuffix {
		return id, false, nil
	}
	if !ok || id < 1 || id > len(r.senders) {
		return 0, false, fmt.Errorf("read %.60q, which nobody wrote", payload)
	}
	return id, true, nil
}

// left notes that a leaving was told.
func (r *Room) left(id int) error {
	if _, told := r.leftAt[id]; told {
		return fmt.Errorf("the leaving of client %d was told twice", id)
	}
	r.leftAt[id] = r.now
	return nil
}

// control handles a ping, a pong or a close.
func (r *Room) control(c *client, opcode byte, payload []byte) error {
	switch opcode {
	case opPing:
		c.out = append(c.out, clientFrame(opPong, payload)...)
		r.flush(c)
	case opPong:
		r.pongs++
	case opClose:
		if len(payload) >= 2 {
			c.closeCode = int(binary.BigEndian.Uint16(payload))
		}
	default:
		return fmt.Errorf("read a frame with opcode %#x", opcode)
	}
	return nil
}

// consumePerSender checks frame by frame, the order of each sender's messages
// alone.
func (r *Room) consumePerSender(c *client, b []byte) ([]byte, error) {
	for {
		opcode, head, length, ok := parse(b)
		if !ok || len(b) < head+length {
			return b, nil
		}
		frame, payload := b[:head+length], b[head:head+length]
		b = b[head+length:]
		if opcode != opText {
			if err := r.control(c, opcode, payload); err != nil {
				return nil, err
			}
			continue
		}
		if len(payload) > 0 && payload[0] == wrotePrefix[0] {
			if err := c.expectAnswer(); err != nil {
				return nil, err
			}
			if !bytes.Equal(frame, c.personal) {
				return nil, fmt.Errorf("read %.60q instead of its own %q", frame, c.personal)
			}
			continue
		}
		if err := r.broadcast(c, frame, payload); err != nil {
			return nil, err
		}
	}
}

// broadcast checks one broadcast against what the client has read of the same
// sender before.
func (r *Room) broadcast(c *client, frame, payload []byte) error {
	id, says, err := r.author(payload)
	if err != nil {
		return err
	}
	if !says {
		if _, told := r.leftAt[id]; !told {
			r.leftAt[id] = r.now // each client reads it; with this check it is not counted
		}
		return nil
	}
	from := r.senders[id-1]
	if len(c.seen) < len(r.senders) {
		c.seen = make([]int, len(r.senders))
	}
	n := c.seen[id-1] + 1
	if !bytes.Equal(frame, from.says.number(n)) {
		got, _ := strconv.Atoi(string(frame[from.says.seq:min(len(frame),
			from.says.seq+seqDigits)]))
		if got <= n || got > from.outgoing || !bytes.Equal(frame, from.says.number(got)) {
			return fmt.Errorf("read %.60q, where message %d was the next of client %d", payload, n,
				id)
		}
		r.lost += int64(got - n)
		n = got
	}
	c.seen[id-1] = n
	if c == from {
		c.heard = n
	}
	from.accepted = max(from.accepted, n)
	r.deliver(c, from.sentAt[n-1])
	return nil
}
