package room

import "time"

// presence is who is where, by what the stream has said. Every node reads the same, and so knows
// the same.
type presence struct {
	nodes map[string]*node
	ours  time.Time // of our own last batch, by the stream's clock
}

// node is one run of one program.
type node struct {
	number  uint64           // of its last batch
	clients map[uint64]int64 // ids by the connection's number
	known   bool             // clients are all of them; not so before it has listed them
	dead    bool             // its clients' leavings are owed or told
	last    uint64           // the highest number of a connection that it told of
	gone    uint64           // last, when it was thought dead: leavings up to here are owed or told
	heard   time.Time        // by the stream's clock
	beats   int              // of ours since then, or since the stream last stood still for us
}

func (p *presence) node(name string) *node {
	n := p.nodes[name]
	if n == nil {
		n = &node{clients: map[uint64]int64{}}
		p.nodes[name] = n
	}
	return n
}

// take does what a batch of the stream says; sent is when the stream took it.
func (r *Room) take(b *batch, sent time.Time) {
	r.tellLeavings(sent)
	n := r.presence.node(b.Node)
	if b.Number <= n.number {
		return // a retry of what was stored already
	}
	n.number, n.heard, n.beats, n.dead = b.Number, sent, 0, false
	for _, e := range b.Entries {
		r.takeEntry(b.Node, n, e)
	}
	if b.Node == r.node {
		r.bury(sent)
		r.out.saw(b.Number)
	}
}

func (r *Room) takeEntry(name string, n *node, e entry) {
	switch e.Kind {
	case said:
		r.hear(e.Text)
	case joined:
		n.joined(e.Ref, e.Client)
		if name == r.node {
			r.admit(e.Ref)
		}
	case left:
		_, here := n.clients[e.Ref]
		delete(n.clients, e.Ref)
		if (here || !n.known) && e.Ref > n.gone {
			r.tellLeaving(e.Client)
		}
	case present:
		n.known = true
		clear(n.clients)
		for _, c := range e.Members {
			n.joined(c.Ref, c.Client)
		}
	case gone:
		r.takeGone(e)
	}
}

// joined notes a client, unless the others were told that it left: its node may not have read that
// when it is back. A node numbers its connections in the order in which it tells of them.
func (n *node) joined(ref uint64, id int64) {
	n.last = max(n.last, ref)
	if ref > n.gone {
		n.clients[ref] = id
	}
}

// takeGone owes the leavings of a node's clients, unless the node was heard of meanwhile, or they
// are owed already.
func (r *Room) takeGone(e entry) {
	n := r.presence.node(e.Dead)
	if n.dead || n.number > e.Last {
		return
	}
	n.dead, n.known, n.number = true, true, e.Last
	clear(n.clients)
	if e.Dead == r.node && len(e.Members) > 0 {
		r.out.forget(e.Members)
		r.sendAway(cutOff, true)
	}
	for _, c := range e.Members {
		n.last = max(n.last, c.Ref)
		if c.Ref > n.gone { // whoever buries it may not have read the last burial
			r.tellLeaving(c.Client)
		}
	}
	n.gone = n.last
}

// missed is called when the stream has let go of what this node had not read: the others' next
// lists tell who came and left meanwhile.
func (r *Room) missed() {
	for name, n := range r.presence.nodes {
		n.known = n.known && (n.dead || name == r.node)
	}
	r.sendAway(missed, false)
}

// bury tells of the nodes that have died; it is called with each batch of our own. All who are left
// do so, and the first is heard. A silence in which we were not heard ourselves says nothing of
// them: when the stream goes on, they have some of our beats to come back.
func (r *Room) bury(now time.Time) {
	stoodStill := now.Sub(r.presence.ours) > stillAfter
	r.presence.ours = now
	for name, n := range r.presence.nodes {
		if name == r.node {
			continue
		}
		if stoodStill {
			n.beats = 0
		}
		if n.heard.After(now) { // a new leader's clock is behind
			n.heard = now
		}
		n.beats++
		switch silent := now.Sub(n.heard); {
		case n.dead && silent > deadForget:
			delete(r.presence.nodes, name)
		case !n.dead && n.known && n.beats >= graceBeats && silent > deadAfter:
			r.out.enqueue(newItem(entry{Kind: gone, Dead: name, Last: n.number,
				Members: members(n.clients)}))
		}
	}
}
