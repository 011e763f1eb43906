// columns: a table keeps one line for each entry

package wsconn_test

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// kosme is the Greek word of the decoder stress test, with its ό in three bytes.
const kosme = "κ\u1f79σμε"

// utf8Handling: 6.1 to 6.4.
func utf8Handling() []autobahnCase {
	const (
		umlauts   = "Hello-µ@ßöäüàá-UTF-8!!"
		surrogate = kosme + "\xed\xa0\x80edited"
		tooHigh   = "\xf4\x90\x80\x80" // U+110000; wrong from its second byte on
	)
	split := strings.Index(umlauts, "ü")
	// of which the first wrong bytes are sent
	inOneFrame := func(id string, wrong int) autobahnCase {
		begin, rest := kosme+tooHigh[:wrong], tooHigh[wrong:]+"edited"
		whole := frame(fin|text, begin+rest)
		c := fails(1007, say(id, writes(whole[:len(whole)-len(begin+rest)+len(kosme)],
			masked(begin)[len(kosme):])))
		c.rest = whole[len(whole)-len(rest):]
		return c
	}
	return []autobahnCase{
		say("6.1.1", writes(frame(fin|text, "")), got(text, "")),
		say("6.1.2", writes(frame(text, ""), frame(cont, ""), frame(fin|cont, "")), got(text, "")),
		say("6.1.3", writes(frame(text, ""), frame(cont, "middle frame payload"),
			frame(fin|cont, "")), got(text, "middle frame payload")),
		say("6.2.1", writes(frame(fin|text, umlauts)), got(text, umlauts)),
		say("6.2.2", writes(frame(text, umlauts[:split]), frame(fin|cont, umlauts[split:])),
			got(text, umlauts)),
		say("6.2.3", fragments(text, 1, umlauts), got(text, umlauts)),
		say("6.2.4", fragments(text, 1, kosme), got(text, kosme)),
		fails(1007, say("6.3.1", writes(frame(fin|text, surrogate)))),
		fails(1007, say("6.3.2", fragments(text, 1, surrogate))),
		fails(1007, say("6.4.1", writes(frame(text, kosme), frame(cont, tooHigh)))),
		fails(1007, say("6.4.2", writes(frame(text, kosme+tooHigh[:1]),
			frame(cont, tooHigh[1:2])))),
		inOneFrame("6.4.3", 4),
		inOneFrame("6.4.4", 2),
	}
}

// utf8Tables: 6.5 to 6.23, after Markus Kuhn's UTF-8 decoder stress test. Which of them are valid
// is what unicode/utf8 says.
func utf8Tables() (cases []autobahnCase) {
	var prefixes []string
	for i := range len(kosme) {
		prefixes = append(prefixes, kosme[:i+1])
	}
	lonely := func(from, to byte) (s string) {
		for b := from; b < to; b++ {
			s += string([]byte{b, ' '})
		}
		return s
	}
	var continuations []byte
	for b := byte(0x80); b < 0xbf; b++ {
		continuations = append(continuations, b)
	}
	missingLast := []string{
		"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80",
		"\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf"}
	nonCharacters := []string{"\ufffe", "\uffff"}
	for plane := rune(1); plane <= 16; plane++ {
		nonCharacters = append(nonCharacters, string(plane<<16|0xfffe), string(plane<<16|0xffff))
	}
	for i, table := range [][]string{
		{"hello$world", "hello¢world", "hello€world", "hello\U00024b62world", kosme},
		prefixes,
		{"\x00", "\u0080", "\u0800", "\U00010000"},                               // the first of each length
		{"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"},                     // … of 5 and 6 bytes
		{"\x7f", "\u07ff", "\uffff", "\U0010ffff"},                               // the last of each length
		{"\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"}, // … of 5 and 6 bytes
		{"\ud7ff", "\ue000", "\ufffd", "\U0010ffff", "\xf4\x90\x80\x80"},         // other boundaries
		{"\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf", "\x80\xbf\x80\xbf\x80", "\x80\xbf\x80\xbf\x80\xbf", string(continuations)},
		{lonely(0xc0, 0xdf), lonely(0xe0, 0xef), lonely(0xf0, 0xf7), lonely(0xf8, 0xfb), lonely(0xfc, 0xfd)},
		missingLast,
		{strings.Join(missingLast, "")},
		{"\xfe", "\xff", "\xfe\xfe\xff\xff"}, // impossible bytes
		{"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"},             // overlong ASCII
		{"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"},             // the longest overlong
		{"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"},             // overlong NUL
		{"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"}, // surrogates
		{"\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xad\xbf\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf",
			"\xed\xae\x80\xed\xb0\x80", "\xed\xae\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80", "\xed\xaf\xbf\xed\xbf\xbf"}, // … in pairs
		nonCharacters, // which are valid
		{"\ufff9", "\ufffa", "\ufffb", "\ufffc", "\ufffd", "\ufffe", "\uffff"},
	} {
		for j, payload := range table {
			c := say(fmt.Sprintf("6.%d.%d", 5+i, j+1), writes(frame(fin|text, payload)))
			if utf8.ValidString(payload) {
				c = say(c.id, writes(frame(fin|text, payload)), got(text, payload))
			} else {
				c.code = 1007
			}
			cases = append(cases, c)
		}
	}
	return cases
}
