//go:build unix

package serve_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/chat/internal/wstest"
)

func TestTheProgramServesOnWhenNobodyReadsWhatItPrintsAndLogs(t *testing.T) {
	t.Parallel()
	for command, both := range map[string]bool{"| head -1": false, "2>&1 | head -1": true} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			p := &process{Cmd: exec.Command(chat, "-addr", "127.0.0.1:0")}
			p.Stdout = write
			if both {
				p.Stderr = write
			}
			p.run(t)
			write.Close()
			line, _ := bufio.NewReader(read).ReadString('\n')
			read.Close()
			addr := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(line)
			a, b := talk(t, addr)
			p.Process.Signal(syscall.SIGTERM)
			p.expectEnd(t, a, b)
		})
	}
}

// stalled returns a pipe that is full already, and its end to read from.
func stalled(t *testing.T) (read, write *os.File) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close(); write.Close() })
	write.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	for err == nil {
		_, err = io.WriteString(write, strings.Repeat(" ", 100)+"\n")
	}
	return read, write
}

func TestNoClientWaitsForTheReaderOfTheLogAndTheDroppedLinesAreCounted(t *testing.T) {
	t.Parallel()
	read, write := stalled(t)
	command := exec.Command(chat, "-addr", "127.0.0.1:0")
	command.Stderr = write
	p := start(t, command)
	write.Close()
	const clients = 1500 // two lines of more than 100 bytes each: more than there is room for
	path := "/ws/" + strings.Repeat("0", 100) + "3"
	for range clients {
		c := wstest.Dial(t, p.addr, path)
		c.SendClose(1000, "")
		c.ExpectClose()
		c.Conn.Close()
	}
	a, b := talk(t, p.addr)

	var lines, dropped int
	for log := bufio.NewScanner(read); dropped == 0 && log.Scan(); {
		if strings.Contains(log.Text(), "connected remote=") {
			lines++
		}
		const says = " lines were dropped: their queue was full"
		count, found := strings.CutSuffix(log.Text(), says)
		if found {
			dropped, _ = strconv.Atoi(count)
		}
	}
	const total = 2*clients + 2
	if sum := lines + dropped; lines < 100 || dropped < 100 || sum > total || sum < total-10 {
		t.Errorf("the log has %d lines and %d were dropped; want %d in all", lines, dropped, total)
	}
	p.Process.Signal(syscall.SIGTERM)
	go io.Copy(io.Discard, read)
	p.expectEnd(t, a, b)
}

func TestTheProgramServesAndEndsWhileNobodyReadsWhatItPrintsAndLogs(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	_, write := stalled(t)
	p := &process{Cmd: exec.Command(chat, "-addr", addr)}
	p.Stdout, p.Stderr = write, write
	p.run(t)
	for deadline := time.Now().Add(wstest.Patience); ; {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	a, b := talk(t, addr)
	p.Process.Signal(syscall.SIGTERM)
	p.expectEnd(t, a, b)
}

func TestTheLastLinesOfTheLogAreNotLost(t *testing.T) {
	t.Parallel()
	p := start(t, exec.Command(chat, "-addr", "127.0.0.1:0"))
	a, b := talk(t, p.addr)
	p.Process.Signal(os.Interrupt)
	logged := p.expectEnd(t, a, b)
	for _, want := range []string{
		"shutting down",
		"disconnected remote=" + a.LocalAddr().String(),
		"disconnected remote=" + b.LocalAddr().String(),
	} {
		if !strings.Contains(logged, want) {
			t.Errorf("the log has no %q:\n%s", want, logged)
		}
	}
}
