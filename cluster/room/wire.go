package room

import "github.com/fxamacker/cbor/v2"

// decoder believes no length that it reads: a broken message is an error, and does not take the
// memory that it claims to need.
var decoder, _ = cbor.DecOptions{MaxArrayElements: 1 << 20, MaxNestedLevels: 8}.DecMode()

// batch is one message of the stream: what a node had to tell, in its order. Many share one, so
// that a flood costs few acknowledgements.
type batch struct {
	_       struct{} `cbor:",toarray"`
	Node    string   // one run of one program
	Number  uint64   // 1, 2, 3…: a retry that was stored twice is told by it
	Entries []entry
}

type kind uint8

const (
	said    kind = iota + 1 // Text is told to everyone
	joined                  // Ref and Client came to this node
	left                    // Ref is gone: everyone is told
	alive                   // this node is there
	present                 // Members are all its clients
	// the node Dead has not been heard of since its batch Last: Members, its clients, have left
	gone
)

type entry struct {
	_       struct{} `cbor:",toarray"`
	Kind    kind
	Text    string
	Ref     uint64 // a connection's number on its node
	Client  int64  // its client's id, which others may bear too
	Members []member
	Dead    string
	Last    uint64
}

type member struct {
	_      struct{} `cbor:",toarray"`
	Ref    uint64
	Client int64
}

// size is about what the entry adds to a batch, in bytes.
func (e *entry) size() int { return 32 + len(e.Text) + 20*len(e.Members) + len(e.Dead) }

func encode(b *batch) []byte {
	data, err := cbor.Marshal(b)
	if err != nil {
		panic(err) // plain values only: it cannot
	}
	return data
}

func decode(data []byte) (b batch, err error) {
	err = decoder.Unmarshal(data, &b)
	return b, err
}
