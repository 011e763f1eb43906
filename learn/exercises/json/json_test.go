package json

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"example.com/chat/internal/wstest"
	"example.com/chat/learn/exercises/internal/try"
)

func TestAMessageIsForOneOrForEveryone(t *testing.T) {
	addr := try.Serve(t)
	one, seven := wstest.Dial(t, addr, "/ws/1"), wstest.Dial(t, addr, "/ws/7")
	eight := wstest.Dial(t, addr, "/ws/8")
	everyone := []*wstest.Client{one, seven, eight}

	one.Say(`{"text": "hi"}`)
	reads(t, `{"from": 1, "text": "hi"}`, everyone...)
	one.Say(` {"to": null, "text": "<b>\u00fc & \"世界\""} `) // null is nobody in particular
	reads(t, `{"from": 1, "text": "<b>ü & \"世界\""}`, everyone...)
	one.Say(`{"to": 7, "text": "psst"}`)
	reads(t, `{"from": 1, "to": 7, "text": "psst"}`, one, seven)
	one.Say(`{"to": 1, "text": "a note"}`)
	reads(t, `{"from": 1, "to": 1, "text": "a note"}`, one) // once
	one.Say(`{"to": 9, "text": "hello?"}`)
	readsError(t, one, "to 9")
	eight.SendClose(1000, "")
	reads(t, `{"left": 8}`, one, seven)
}

func TestWhatIsNotValidIsAnsweredAndTheConnectionStays(t *testing.T) {
	addr := try.Serve(t)
	one, two := wstest.Dial(t, addr, "/ws/1"), wstest.Dial(t, addr, "/ws/2")
	for _, message := range []string{
		"", "hi", "7", "null", "[]", `"hi"`, "{}", `{"text": }`, `{"text": "hi"`, // no object
		`{"text": 7}`, `{"text": null}`, `{"text": ["hi"]}`, // no text
		`{"to": "7", "text": "hi"}`, `{"to": 7.5, "text": "hi"}`, `{"to": true, "text": "hi"}`,
		`{"to": 9223372036854775808, "text": "hi"}`, // no int64
		`{"to": 2}`, `{"text": "hi", "bold": true}`, // a field is missing, a field is unknown
		`{"text": "hi"} {"text": "again"}`, `{"text": "hi"}]`, // more than one message
		`{"text": ""}`, fmt.Sprintf(`{"text": "%s"}`, strings.Repeat("ü", 501)), // the limits
	} {
		one.Say(message)
		readsError(t, one, message)
	}
	longest := strings.Repeat("ü", 500) // characters, not bytes
	one.Say(fmt.Sprintf(`{"text": "%s"}`, longest))
	reads(t, fmt.Sprintf(`{"from": 1, "text": "%s"}`, longest), one, two)
}

func TestMessagesForOneGoOnWhileOthersComeAndGo(t *testing.T) {
	addr := try.Serve(t)
	one := wstest.Dial(t, addr, "/ws/1")
	var coming sync.WaitGroup
	defer coming.Wait()
	coming.Go(func() {
		for range 30 {
			wstest.Dial(t, addr, "/ws/9").Close()
		}
	})
	for range 30 {
		one.Say(`{"to": 1, "text": "a note"}`)
		f := one.Want("its own note")
		for ; parse(f.Payload)["text"] == nil; f = one.Want("its own note") {
			if parse(f.Payload)["left"] == nil {
				t.Fatalf("read %s, want its own note, or that others have left", f)
			}
		}
	}
}

func reads(t *testing.T, message string, clients ...*wstest.Client) {
	t.Helper()
	for _, c := range clients {
		if f := c.Read(); !reflect.DeepEqual(parse(f.Payload), parse(message)) {
			t.Fatalf("read %s, want %s", f, message)
		}
	}
}

func readsError(t *testing.T, c *wstest.Client, to string) {
	t.Helper()
	f := c.Read()
	answer := parse(f.Payload)
	if text, _ := answer["error"].(string); len(answer) != 1 || text == "" {
		t.Fatalf(`to %.60q read %s, want {"error": "…"}`, to, f)
	}
}

// parse returns nil if the text is no object.
func parse(text string) (object map[string]any) {
	if json.Unmarshal([]byte(text), &object) != nil {
		return nil
	}
	return object
}
