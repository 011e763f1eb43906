// What plain writes cost, with one sender. All that one read brings is broadcast
// with one plain write to each connection, under one lock.
//
// It is no chat server: a client that does not read stops everyone, and it
// understands no more of RFC 6455 than whole masked text frames and pings.
package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"

	"example.com/chat/compare/peers/peer"
)

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" // RFC 6455, section 1.3

// readSize is how much one read may bring.
const readSize = 256 << 10

type room struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

func (r *room) serve(conn net.Conn, in *bufio.Reader, id int64) {
	r.mu.Lock()
	r.conns[conn] = struct{}{}
	r.mu.Unlock()
	r.talk(conn, in, id)
	r.mu.Lock()
	delete(r.conns, conn)
	r.mu.Unlock()
	conn.Close()
	r.write(appendFrame(nil, 0x81, peer.Left(id)))
}

// talk collects frames as long as the reader holds some, then sends them.
func (r *room) talk(conn net.Conn, in *bufio.Reader, id int64) {
	var own, all []byte
	for {
		opcode, payload, err := readFrame(in)
		if err != nil {
			return
		}
		switch opcode {
		case 0x81:
			own = appendFrame(own, 0x81, peer.Personal(payload))
			all = appendFrame(all, 0x81, peer.Says(id, payload))
		case 0x89:
			own = appendFrame(own, 0x8a, payload)
		case 0x88:
			conn.Write(appendFrame(own, 0x88, payload))
			return
		}
		if in.Buffered() > 0 && len(all) < readSize {
			continue
		}
		conn.Write(own)
		r.write(all)
		own, all = own[:0], all[:0]
	}
}

func (r *room) write(frames []byte) {
	if len(frames) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for conn := range r.conns {
		conn.Write(frames)
	}
}

func readFrame(in *bufio.Reader) (byte, []byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(in, head[:2]); err != nil {
		return 0, nil, err
	}
	opcode, length := head[0], uint64(head[1]&0x7f)
	switch length {
	case 126:
		if _, err := io.ReadFull(in, head[:2]); err != nil {
			return 0, nil, err
		}
		length = uint64(binary.BigEndian.Uint16(head[:]))
	case 127:
		if _, err := io.ReadFull(in, head[:8]); err != nil {
			return 0, nil, err
		}
		length = binary.BigEndian.Uint64(head[:])
	}
	if length > peer.MaxMessage {
		return 0, nil, fmt.Errorf("a frame of %d bytes", length)
	}
	frame := make([]byte, 4+length)
	if _, err := io.ReadFull(in, frame); err != nil {
		return 0, nil, err
	}
	key, payload := frame[:4], frame[4:]
	for i := range payload {
		payload[i] ^= key[i&3]
	}
	return opcode, payload, nil
}

func appendFrame(to []byte, opcode byte, payload []byte) []byte {
	to = append(to, opcode)
	switch n := len(payload); {
	case n <= 125:
		to = append(to, byte(n))
	case n <= 0xffff:
		to = binary.BigEndian.AppendUint16(append(to, 126), uint16(n))
	default:
		to = binary.BigEndian.AppendUint64(append(to, 127), uint64(n))
	}
	return append(to, payload...)
}

func main() {
	chat := &room{conns: make(map[net.Conn]struct{})}
	peer.Run(func(w http.ResponseWriter, r *http.Request, id int64) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			log.Println(err)
			return
		}
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + guid))
		fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "+
			"Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			base64.StdEncoding.EncodeToString(sum[:]))
		in := bufio.NewReaderSize(io.MultiReader(io.LimitReader(buffered,
			int64(buffered.Reader.Buffered())), conn), 16<<10)
		chat.serve(conn, in, id)
	})
}
