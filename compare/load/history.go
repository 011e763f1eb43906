package load

import "bytes"

// block is compared in one step; larger blocks are compared faster and leave
// more to search when they differ.
const block = 256

// trimAt is how many bytes the history may hold before it is cut to what some
// client has still to read.
const trimAt = 8 << 20

// history is what everyone must read: the frames of the broadcasts, in the
// order in which the client that was first to read them did. It makes the
// check of all the others one comparison of bytes.
type history struct {
	bytes []byte
	base  int64 // bytes that were cut off in front
	first int   // messages that were cut off in front
	ends  []int64
	sent  []int64 // when each was sent, in ns since the room's start
}

func (h *history) end() int64 { return h.base + int64(len(h.bytes)) }

// messages is how many there have been.
func (h *history) messages() int { return h.first + len(h.ends) }

func (h *history) add(frame []byte, sentAt int64) {
	h.bytes = append(h.bytes, frame...)
	h.ends = append(h.ends, h.end())
	h.sent = append(h.sent, sentAt)
}

// start is where message i begins.
func (h *history) start(i int) int64 {
	if i == h.first {
		return h.base
	}
	return h.ends[i-h.first-1]
}

// match says how many bytes of b are what the history holds from at on.
func (h *history) match(at int64, b []byte) int {
	want := h.bytes[at-h.base:]
	n := min(len(want), len(b))
	same := 0
	for same < n {
		end := min(same+block, n)
		if !bytes.Equal(want[same:end], b[same:end]) {
			for want[same] == b[same] {
				same++
			}
			return same
		}
		same = end
	}
	return same
}

// trim forgets the messages before number keep.
func (h *history) trim(keep int) {
	cut := h.start(keep)
	h.bytes = h.bytes[:copy(h.bytes, h.bytes[cut-h.base:])]
	h.ends = h.ends[:copy(h.ends, h.ends[keep-h.first:])]
	h.sent = h.sent[:copy(h.sent, h.sent[keep-h.first:])]
	h.base, h.first = cut, keep
}
