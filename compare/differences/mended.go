package main

// mended says what fastapi/fixed.py does where that is not what main.py does.
var mended = map[string]string{
	"origin":     "403 Forbidden",
	"rebinding":  "403 Forbidden",
	"not read":   "it is cut off, the others hear everything",
	"stall end":  "it is cut off; whoever comes later is heard",
	"stop stuck": "ended by the signal within 10 s",
	"leave as":   "the word is heard, and who said it stays",
	"leave amid": "everyone hears it",
	"limit":      "65,536 bytes pass, more is closed with 1009",
	"binary":     "closed with 1003; the next to speak is heard; the one after is heard",
	"last word":  "word heard, leaving told; the next to speak is heard",
}
