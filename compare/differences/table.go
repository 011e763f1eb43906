package main

import "strings"

// row is one difference that is meant. What FastAPI and Go do stands here in
// the very words in which the row's proof, in proofs_test.go, reports it.
type row struct {
	key, done, fastAPI, goes, why string
}

// versions are those of the FastAPI column; the test says when others are
// installed and the column has changed with them.
const versions = "FastAPI 0.92, Starlette 0.26, uvicorn 0.17.6, websockets 10.4"

var table = []row{
	{
		"origin", "A page of another site connects",
		"101 Switching Protocols", "403 Forbidden",
		"A browser tells the page's origin and leaves the check to the server; without it any site may chat in your name",
	},
	{
		"not read", "A client stops reading",
		"those behind it in the list hear nothing more",
		"it is cut off, the others hear everything",
		"`await send_text` waits for this one client; Go writes to each at its own speed",
	},
	{
		"leave amid", "A client leaves while a broadcast waits for another",
		"the next in the list never gets that message", "everyone hears it",
		"`remove` moves the list under the loop that walks it; Go holds a lock while it looks at the connections",
	},
	{
		"binary", "A client sends a binary message",
		"closed with 1006; the next to speak is not heard and closed with 1006; the one after is not heard and closed with 1006",
		"closed with 1003; the next to speak chats on; the one after chats on",
		"`receive_text` fails with a KeyError, not a WebSocketDisconnect: the dead connection stays in the list, and each broadcast fails there",
	},
	{
		"last word", "A client says a last word and closes at once",
		"word unheard, leaving not told; the next to speak is not heard and closed with 1006",
		"word heard, leaving told; the next to speak chats on",
		"Its `You wrote` fails with another error than WebSocketDisconnect, with the same end; Go's handler has one exit",
	},
	{
		"limit", "A long message",
		"16,777,216 bytes pass, more is closed with 1009", "65,536 bytes pass, more is closed with 1009",
		"Every message is sent to everyone; nobody types 16 MiB",
	},
	{
		"stop", "The server is stopped while a client is connected",
		"closed with 1006, exit status 0", "closed with 1001, exit status 0",
		"1001 (going away) says why; 1006 is what a broken line looks like",
	},
	{
		"huge id", "An id beyond 64 bits, `9223372036854775808`",
		"let in as `Client #9223372036854775808`", "403 Forbidden",
		"Python's int has no bound, Go's int64 has",
	},
	{
		"python id", "An id as Python may write it, `1_000`",
		"let in as `Client #1000`", "403 Forbidden",
		"Python's `int()` takes underscores, Go's `strconv.ParseInt` in base 10 does not",
	},
	{
		"compression", "A client offers compression",
		"taken: `permessage-deflate`", "not taken",
		"x/net/websocket has none, and chat lines are too short to gain much",
	},
	{
		"plain get", "`GET /ws/1` without an upgrade",
		"404 Not Found", "426 Upgrade Required",
		"The address is right and the protocol wrong; 426 says so",
	},
	{
		"post", "`POST /ws/1`",
		"404 Not Found", "405 Method Not Allowed",
		"As above: the address is right",
	},
	{
		"version", "An upgrade to version 12 of the protocol",
		"400 Bad Request", "426 Upgrade Required",
		"RFC 6455, section 4.4: with the version that the server speaks",
	},
	{
		"no route", "An upgrade where there is nothing",
		"403 Forbidden", "404 Not Found",
		"An ASGI server of this age answers every refused WebSocket with 403",
	},
	{
		"head", "`HEAD /`",
		"405 Method Not Allowed", "200 OK",
		"In Go a route for GET answers HEAD too",
	},
}

// markdown is the table as the README shows it.
func markdown() string {
	var out strings.Builder
	out.WriteString("| What is done | FastAPI | Go | Why |\n|---|---|---|---|\n")
	for _, r := range table {
		out.WriteString("| " + strings.Join([]string{r.done, r.fastAPI, r.goes, r.why}, " | ") + " |\n")
	}
	out.WriteString("\nFastAPI's column is of " + versions + ". Every cell is proved by a test that does it: `cd compare && go test ./differences`.\n")
	return out.String()
}
