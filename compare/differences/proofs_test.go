//go:build unix

package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/chat/compare/conversation"
	"example.com/chat/compare/servers"
)

// standstill is how long nothing must come before a test believes that nothing will.
const standstill = 5 * time.Second

// proofs do what a row says and return what came of it, in the table's words.
var proofs = map[string]func(t *testing.T, s *servers.Server) string{
	"origin": func(t *testing.T, s *servers.Server) string {
		evil := conversation.Header("Origin", "https://evil.example")
		_, response := conversation.Try(t, s, "/ws/1", evil)
		return status(response)
	},
	"rebinding": func(t *testing.T, s *servers.Server) string {
		host := conversation.Header("Host", "evil.example:8000")
		page := conversation.Header("Origin", "http://evil.example:8000")
		_, response := conversation.Try(t, s, "/ws/1", host, page)
		return status(response)
	},
	"compression": func(t *testing.T, s *servers.Server) string {
		_, response := conversation.Try(t, s, "/ws/1", conversation.Compression)
		if taken := response.Header.Get("Sec-WebSocket-Extensions"); taken != "" {
			name, _, _ := strings.Cut(taken, ";")
			return "taken: `" + name + "`"
		}
		return "not taken"
	},
	"plain get": func(t *testing.T, s *servers.Server) string {
		return status(conversation.Request(t, s, "GET /ws/1"))
	},
	"version": func(t *testing.T, s *servers.Server) string {
		head := conversation.Upgrade("/ws/1")
		for i, line := range head {
			head[i] = strings.Replace(line, "Version: 13", "Version: 12", 1)
		}
		return status(conversation.Request(t, s, head...))
	},
	"no route": func(t *testing.T, s *servers.Server) string {
		return status(conversation.Request(t, s, conversation.Upgrade("/nothing")...))
	},
	"post": func(t *testing.T, s *servers.Server) string {
		return status(conversation.Request(t, s, "POST /ws/1", "Content-Length: 0"))
	},
	"head": func(t *testing.T, s *servers.Server) string {
		return status(conversation.Request(t, s, "HEAD /"))
	},
	"huge id": func(t *testing.T, s *servers.Server) string {
		return idAs(t, s, "9223372036854775808")
	},
	"python id": func(t *testing.T, s *servers.Server) string {
		first, second, third := idAs(t, s, "1_000"), idAs(t, s, "1.0"), idAs(t, s, "%201")
		if first == second && second == third {
			return first + ", each"
		}
		return strings.ReplaceAll(first+", "+second+", "+third, ", let in as", ",")
	},
	"two slashes": func(t *testing.T, s *servers.Server) string {
		return status(conversation.Request(t, s, conversation.Upgrade("//ws/1")...))
	},
	"docs": func(t *testing.T, s *servers.Server) string {
		return status(conversation.Request(t, s, "GET /docs"))
	},
	"policy": func(t *testing.T, s *servers.Server) string {
		policy := conversation.Request(t, s, "GET /").Header.Get("Content-Security-Policy")
		if policy == "" {
			return "none"
		}
		return "`" + strings.Split(policy, ";")[0] + "` and what the page needs"
	},
	"server header": func(t *testing.T, s *servers.Server) string {
		response := conversation.Request(t, s, conversation.Upgrade("/ws/1")...)
		if name := response.Header.Get("Server"); name != "" {
			return "`Server: " + name + "`"
		}
		return "no `Server`"
	},
	"long cookie": func(t *testing.T, s *servers.Server) string {
		cookie := "Cookie: a=" + strings.Repeat("x", 9_000)
		head := conversation.Upgrade("/ws/1", cookie)
		response, err := conversation.RequestWithin(t, s, standstill, head...)
		if err != nil {
			return "no answer"
		}
		return status(response)
	},
	"binary":     binary,
	"last word":  lastWord,
	"limit":      limit,
	"not read":   notRead,
	"leave amid": leaveAmid,
	"leave as":   leaveAs,
	"stall end":  stallEnd,
	"no pong":    noPong,
	"silent":     silent,
	"no request": noRequest,
	"slow":       slowReader(50 << 10),
	"no reader":  slowReader(0),
	"cross":      cross,
	"ctrl-c":     stopBy(os.Interrupt),
	"stop":       stopBy(syscall.SIGTERM),
	"stop stuck": stopStuck,
}

func status(response *http.Response) string {
	return fmt.Sprint(response.StatusCode, " ", http.StatusText(response.StatusCode))
}

// idAs says as whom the server lets an id in.
func idAs(t *testing.T, s *servers.Server, id string) string {
	c, response := conversation.Try(t, s, "/ws/"+id)
	if c == nil {
		return status(response)
	}
	c.Say("x")
	c.Hear()
	name, _, _ := strings.Cut(c.Hear().Text, " says")
	return "let in as `" + name + "`"
}

// limit looks for the longest message that passes.
func limit(t *testing.T, s *servers.Server) string {
	b := conversation.Join(t, s, "2")
	longest := 0
	for _, size := range []int{65_536, 65_537, 16 << 20, 16<<20 + 1} {
		a := conversation.Join(t, s, "1")
		word := strings.Repeat("x", size)
		go a.Say(word) // the server may refuse before it has read all
		if e := a.Hear(); e.Kind == "closed" {
			return fmt.Sprintf("%s bytes pass, more is %s", thousands(longest), e)
		}
		if !b.HearUntil("Client #1 says: "+word) || !a.HearUntil("Client #1 says: "+word) {
			return fmt.Sprintf("%s bytes are not passed on", thousands(size))
		}
		longest = size
		a.Leave(1000, "")
		for a.Hear().Kind != "closed" {
		}
		b.HearUntil("Client #1 has left the chat")
	}
	return "no limit found"
}

func thousands(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// noRequest connects and sends nothing.
func noRequest(t *testing.T, s *servers.Server) string {
	conn, began := conversation.Dial(t, s), time.Now()
	conn.SetReadDeadline(began.Add(2 * standstill))
	if _, err := conn.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		return "waits 10 s and longer"
	}
	return fmt.Sprintf("is cut off after %v s", time.Since(began).Truncate(time.Second).Seconds())
}
