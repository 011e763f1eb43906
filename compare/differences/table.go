package main

import (
	"cmp"
	"slices"
	"strings"

	"example.com/chat/compare/servers"
)

// row is one difference that is meant. What FastAPI and Go do stands here in
// the very words in which the row's proof, in proofs_test.go, reports it.
type row struct {
	key, done, fastAPI, goes, why string
}

var table = []row{
	{
		"origin", "A page of another site connects",
		"101 Switching Protocols", "403 Forbidden",
		"A browser tells the page's origin and leaves the check to the server; without it any site may chat in your name",
	},
	{
		"rebinding", "A page connects whose name was pointed at 127.0.0.1",
		"101 Switching Protocols", "403 Forbidden",
		"Its Host and its Origin agree (DNS rebinding); on loopback both mended chats take only names " +
			"that are this machine whoever asks, as `localhost`",
	},
	{
		"not read", "A client stops reading",
		"those behind it in the list hear nothing more",
		"it is cut off, the others hear everything",
		"`await send_text` waits for this one client; Go writes to each at its own speed",
	},
	{
		"stall end", "How that ends",
		"the speaker is closed with 1011 within a minute; whoever comes later is not heard",
		"it is cut off; whoever comes later is heard",
		"The keepalive drops the wrong client: uvicorn does not read from the speaker while its " +
			"handler waits, so it misses the speaker's pongs; the stuck client is never dropped",
	},
	{
		"leave as", "A client leaves as another speaks",
		"the word is unheard, and who said it is closed with 1006", "the word is heard, and who said it stays",
		"Sending to the client that is gone raises WebSocketDisconnect in the speaker's endpoint, " +
			"which takes it for the speaker's own leaving",
	},
	{
		"leave amid", "A client leaves while a broadcast waits for another",
		"the next in the list never gets that message", "everyone hears it",
		"`remove` moves the list under the loop that walks it; Go holds a lock while it looks at the connections",
	},
	{
		"binary", "A client sends a binary message",
		"closed with 1006; the next to speak is not heard and closed with 1006; the one after is not heard and closed with 1006",
		"closed with 1003; the next to speak is heard; the one after is heard",
		"`receive_text` fails with a KeyError, not a WebSocketDisconnect: the dead connection stays in the list, and each broadcast fails there",
	},
	{
		"last word", "A client says a last word and closes at once",
		"word unheard, leaving told; the next to speak is heard",
		"word heard, leaving told; the next to speak is heard",
		"Its `You wrote` fails with WebSocketDisconnect before the broadcast; in Go each message that was read whole is passed on",
	},
	{
		"limit", "A long message",
		"16,777,216 bytes pass, more is closed with 1009", "65,536 bytes pass, more is closed with 1009",
		"Every message is sent to everyone; nobody types 16 MiB",
	},
	{
		"stop", "The server is stopped while a client is connected",
		"closed with 1012, ended by the signal", "closed with 1001, exit status 0",
		"1012 means service restart, 1001 going away; uvicorn raises the signal again when all is done",
	},
	{
		"stop stuck", "The server is stopped while a client does not read",
		"runs on after 10 s", "exit status 0 within 10 s",
		"uvicorn waits for it until a second CTRL+C, unless `--timeout-graceful-shutdown` says how long; Go's shutdown takes at most 5 s",
	},
	{
		"no pong", "A client speaks, but answers no pings",
		"closed with 1011 after 40 s", "stays connected",
		"uvicorn insists on the pong; Go accepts any sign of life",
	},
	{
		"silent", "A client says nothing and answers no pings",
		"closed with 1011 after 40 s", "closed with 1006 after 40 s",
		"Go ends a connection that seems dead without a close frame, which would not arrive",
	},
	{
		"no request", "A client connects and sends nothing",
		"waits 10 s and longer", "is cut off after 5 s",
		"uvicorn has no limit for the time of a request's head; Go's `ReadHeaderTimeout` is 5 s here",
	},
	{
		"long cookie", "An upgrade with a cookie of 9,000 bytes",
		"no answer", "101 Switching Protocols",
		"websockets accepts header lines of up to 8,192 bytes, and uvicorn does not pass its " +
			"refusal on to the client",
	},
	{
		"huge id", "An id beyond 64 bits, `9223372036854775808`",
		"let in as `Client #9223372036854775808`", "403 Forbidden",
		"Python's int has no bound, Go's int64 has",
	},
	{
		"python id", "Ids as Pydantic reads them, `1_000`, `1.0`, ` 1`",
		"let in as `Client #1000`, `Client #1`, `Client #1`", "403 Forbidden, each",
		"Pydantic takes underscores, a fraction of zero and spaces, Go's `strconv.ParseInt` in base 10 does not",
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
		"RFC 6455, section 4.4: the answer names the version that the server speaks",
	},
	{
		"no route", "An upgrade where there is nothing",
		"403 Forbidden", "404 Not Found",
		"Starlette closes it before it is accepted, which ASGI servers answer with 403",
	},
	{
		"two slashes", "An upgrade to `//ws/1`",
		"403 Forbidden", "307 Temporary Redirect",
		"Go's `ServeMux` sends whoever asks to the clean path; Starlette has no such route",
	},
	{
		"docs", "`GET /docs`",
		"200 OK", "404 Not Found",
		"FastAPI describes the HTTP routes by itself, with a page to try them",
	},
	{
		"policy", "The `Content-Security-Policy` of the page",
		"none", "`default-src 'none'` and what the page needs",
		"Nobody adds headers to the page in the original; here a script that is not ours does not run",
	},
	{
		"server header", "The answer to an upgrade names the server",
		"`Server: uvicorn`", "no `Server`",
		"uvicorn does unless `--no-server-header`; it helps nobody but those who look for old versions",
	},
	{
		"head", "`HEAD /`",
		"405 Method Not Allowed", "200 OK",
		"In Go a route for GET answers HEAD too",
	},
}

// markdown is the whole table.
func markdown() string {
	var out strings.Builder
	out.WriteString("| What happens | `main.py` | `fixed.py` | Go | Why |\n|---|---|---|---|---|\n")
	for _, r := range table {
		fixed := cmp.Or(mended[r.key], "as `main.py`")
		out.WriteString("| " + strings.Join([]string{r.done, r.fastAPI, fixed, r.goes, r.why}, " | ") + " |\n")
	}
	out.WriteString("\nPython's columns are for " + versions() + ". A test proves every cell by doing " +
		"it: `cd compare && go test ./differences`.\n")
	return out.String()
}

// mostTelling is the short table: what main.py and Go do.
func mostTelling() string {
	var out strings.Builder
	out.WriteString("| What happens | FastAPI | Go |\n|---|---|---|\n")
	for _, key := range []string{"not read", "stall end", "last word", "binary", "origin"} {
		r := table[slices.IndexFunc(table, func(r row) bool { return r.key == key })]
		out.WriteString("| " + strings.Join([]string{r.done, r.fastAPI, r.goes}, " | ") + " |\n")
	}
	return out.String()
}

// versions are the pinned ones: the columns of Python are theirs.
func versions() string {
	pins, err := servers.Pins()
	if err != nil {
		return err.Error()
	}
	var words []string
	for _, pin := range pins {
		words = append(words, cmp.Or(written[pin.Package], pin.Package)+" "+pin.Version)
	}
	return strings.Join(words, ", ")
}

// written is how a package's name is written where it is not the package's own.
var written = map[string]string{"fastapi": "FastAPI", "starlette": "Starlette"}
