package main

// mended says what fastapi/fixed.py does where that is not what main.py does.
var mended = map[string]string{
	"origin":     "403 Forbidden",
	"rebinding":  "403 Forbidden",
	"not read":   "it is cut off within 30 s, the others hear everything",
	"stall end":  "it is cut off; whoever comes later is heard",
	"slow":       "it is cut off within 60 s, those behind it never wait for 3 s",
	"no reader":  "it is cut off within 60 s, those behind it never wait for 3 s",
	"cross":      "all read one order",
	"stop stuck": "ended by the signal within 10 s",
	"leave as":   "everyone hears the word; who said it stays",
	"leave amid": "everyone hears it",
	"limit":      "65,536 bytes pass, more is closed with 1009",
	"binary":     "closed with 1003; the next to speak is heard; the one after too",
	"last word":  "word heard, leaving told; the next to speak is heard",
}
