//go:build linux

package load

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// handshakeLimit bounds the wait for a server's answer to an upgrade.
const handshakeLimit = 60 * time.Second

// sendBuffer is small, so that when a flood ends little of it is still on the
// clients' side.
const sendBuffer = 64 << 10

// request asks for an upgrade; its key is the one of RFC 6455, section 1.3.
const request = "GET /ws/%d HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

const acceptance = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

// dial opens a TCP connection and asks for the upgrade.
func dial(addr netip.AddrPort, id int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	limit := unix.NsecToTimeval(int64(handshakeLimit))
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit),
		unix.Connect(fd, &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}),
	)
	if err == nil {
		_, err = unix.Write(fd, fmt.Appendf(nil, request, id, addr))
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("connect client %d: %w", id, err)
	}
	return fd, nil
}

// upgraded reads the answer to the upgrade, and returns what came behind it.
func upgraded(fd int) ([]byte, error) {
	var answer []byte
	buffer := make([]byte, 4096)
	for {
		n, err := unix.Read(fd, buffer)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return nil, fmt.Errorf("no answer to the upgrade: read %q: %v", answer, err)
		}
		answer = append(answer, buffer[:n]...)
		head, rest, whole := bytes.Cut(answer, []byte("\r\n\r\n"))
		if !whole {
			continue
		}
		if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) ||
			!bytes.Contains(head, []byte(acceptance)) {
			return nil, fmt.Errorf("the upgrade was answered with %q", head)
		}
		return rest, nil
	}
}
