package main

import (
	"cmp"
	"slices"
	"strings"

	"example.com/chat/compare/marked"
	"example.com/chat/compare/servers"
)

// row is one difference that is meant. What FastAPI and Go do stands here in the very words in
// which the row's proof, in the tests, reports it. "It" is the client that the row is about.
type row struct {
	key, done, fastAPI, goes, why string
}

var table = []row{
	{
		"origin", "A page of another site connects",
		"101 Switching Protocols", "403 Forbidden",
		"A browser tells the page's origin and leaves the check to the server; without it any " +
			"site may chat in your name",
	},
	{
		"rebinding", "A page connects whose name was pointed at 127.0.0.1",
		"101 Switching Protocols", "403 Forbidden",
		"Its Host and its Origin agree (DNS rebinding); on loopback both mended chats take only " +
			"names that are this machine whoever asks, as `localhost`",
	},
	{
		"not read", "A client stops reading",
		"those behind it in the list hear nothing more, " +
			"those before it one more word of each who speaks",
		"it is cut off within 30 s, the others hear everything",
		"`await send_text` waits for this one client; Go writes to each at its own speed",
	},
	{
		"stall end", "How that ends",
		"the speaker is closed with 1011 within a minute; " +
			"whoever comes later is heard only by those before it in the list",
		"it is cut off; whoever comes later is heard",
		"The keepalive drops the wrong client: once the speaker says more, uvicorn reads nothing " +
			"from it until its handler goes on, so it misses the speaker's pongs. It gives the " +
			"stuck client up as well, but waits until that has taken what is unsent, for ever",
	},
	{
		"slow", "A client reads 50 KB a second where 200 are said",
		"those behind it hear nothing for 20 s and longer, and the speaker is closed",
		"it is cut off within 20 s, those behind it never wait for 3 s",
		"It is not dead, only slow: the same `await` waits for it, and then the same keepalive " +
			"drops the speaker",
	},
	{
		"no reader", "A client reads nothing where 200 KB a second are said",
		"those behind it hear nothing for 20 s and longer, and the speaker is closed",
		"it is cut off within 20 s, those behind it never wait for 3 s",
		"At this speed it takes seconds until the kernel holds no more for it",
	},
	{
		"cross", "Two speak at once, and a client reads slowly",
		"one before it and one behind it read different orders", "all read one order",
		"While one broadcast waits for it, the other overtakes; `fixed.py` and Go hold a lock " +
			"while they send",
	},
	{
		"leave as", "A client leaves as another speaks",
		"only those before it in the list hear the word; who said it is closed with 1006",
		"everyone hears the word; who said it stays",
		"Sending to the client that is gone raises WebSocketDisconnect in the speaker's " +
			"endpoint, which takes it for the speaker's own leaving",
	},
	{
		"leave amid", "A client leaves while a broadcast waits for another behind it",
		"the one after that other never gets that message", "everyone hears it",
		"`remove` moves the list under the loop that walks it; Go holds a lock while it looks " +
			"at the connections",
	},
	{
		"binary", "A client sends a binary message",
		"closed with 1006; the next to speak is heard only by those before it in the list and " +
			"closed with 1006; the one after too",
		"closed with 1003; the next to speak is heard; the one after too",
		"`receive_text` fails with a KeyError, not a WebSocketDisconnect: the dead connection " +
			"stays in the list, and each broadcast ends there",
	},
	{
		"last word", "A client says a last word and closes at once",
		"word unheard, leaving told; the next to speak is heard",
		"word heard, leaving told; the next to speak is heard",
		"Its `You wrote` fails with WebSocketDisconnect before the broadcast; in Go each message " +
			"that was read whole is passed on",
	},
	{
		"limit", "A long message",
		"16,777,216 bytes pass, more is closed with 1009",
		"65,536 bytes pass, more is closed with 1009",
		"Every message is sent to everyone; nobody types 16 MiB",
	},
	{
		"ctrl-c", "CTRL+C (SIGINT) while a client is connected",
		"closed with 1012, exit status 0", "closed with 1001, exit status 0",
		"1012 means service restart, 1001 going away; the page comes back after both",
	},
	{
		"stop", "SIGTERM while a client is connected",
		"closed with 1012, ended by the signal", "closed with 1001, exit status 0",
		"uvicorn raises the signal again when all is done",
	},
	{
		"stop stuck", "SIGTERM while a client does not read",
		"runs on after 10 s", "exit status 0 within 10 s",
		"uvicorn waits for it until a second CTRL+C, unless `--timeout-graceful-shutdown` says " +
			"how long; Go's shutdown takes at most 5 s",
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
		"uvicorn has no limit for the time of a request's head; Go's `ReadHeaderTimeout` is " +
			"5 s here",
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
		"Pydantic takes underscores, a fraction of zero and spaces, Go's `strconv.ParseInt` in " +
			"base 10 does not",
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
		"Nobody adds headers to the page in the original; here a script that is not ours does " +
			"not run",
	},
	{
		"server header", "The answer to an upgrade names the server",
		"`Server: uvicorn`", "no `Server`",
		"uvicorn does unless `--no-server-header`; it helps nobody but those who look for old " +
			"versions",
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
		cells := []string{r.done, r.fastAPI, fixed, r.goes, r.why}
		out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	out.WriteString(marked.Wrap("\nPython's columns are for " + versions() + ". A test proves " +
		"every cell by doing it: `cd compare && go test ./differences`.\n"))
	return out.String()
}

// mostTelling is the short table: what main.py and Go do.
func mostTelling() string {
	var out strings.Builder
	out.WriteString("| What happens | FastAPI | Go |\n|---|---|---|\n")
	keys := []string{"not read", "stall end", "cross", "last word", "binary", "origin"}
	for _, key := range keys {
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
