package room

import (
	"reflect"
	"testing"
)

func TestABatchIsReadAsItWasWritten(t *testing.T) {
	want := batch{Node: "n", Number: 7, Entries: []entry{
		{Kind: said, Text: "Grüße, 世界 🙂\x00"}, {Kind: joined, Ref: 1, Client: -1 << 63},
		{Kind: left, Ref: 1 << 63, Client: 1<<63 - 1},
		{Kind: present, Members: []member{{Ref: 1, Client: 2}, {Ref: 3, Client: 2}}},
		{Kind: gone, Dead: "m", Last: 9, Members: []member{{Ref: 5}}},
	}}
	if got, err := decode(encode(&want)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, %v; want %+v", got, err, want)
	}
}

// Whoever may write to NATS could write anything: it is an error, never a panic.
func FuzzDecode(f *testing.F) {
	f.Add(encode(&batch{Node: "n", Number: 7,
		Entries: []entry{{Kind: said, Text: "x"}, {Kind: present, Members: []member{{Ref: 1}}}}}))
	f.Add([]byte{0x83, 0x61, 'n', 1, 0x9a, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		if b, err := decode(data); err == nil {
			if _, err := decode(encode(&b)); err != nil {
				t.Errorf("%x was read, and written anew it is not: %v", data, err)
			}
		}
	})
}
