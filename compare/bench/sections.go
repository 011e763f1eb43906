//go:build linux

package main

import "example.com/chat/compare/servers"

// described are the servers as the tables name them.
var described = map[string]string{
	servers.FastAPI: "FastAPI, uvicorn",
	servers.Fixed:   "FastAPI, mended",
	servers.XNet:    "x/net, line for line",
	servers.Hub:     "x/net, with a hub",
	servers.Gorilla: "gorilla/websocket",
	servers.Coder:   "coder/websocket",
	servers.GWS:     "lxzan/gws",
	servers.Go:      "**this server**",
	servers.Raw:     "(raw TCP, the same bytes)",
}

// short are their names in sentences and in the picture.
var short = map[string]string{
	servers.FastAPI: "FastAPI",
	servers.Fixed:   "FastAPI mended",
	servers.XNet:    "plain x/net",
	servers.Hub:     "x/net hub",
	servers.Gorilla: "gorilla",
	servers.Coder:   "coder",
	servers.GWS:     "gws",
	servers.Go:      "this server",
	servers.Raw:     "raw TCP",
}

// sections are the report's tables, in its order.
func sections() []section {
	return []section{
		{
			title: "Deliveries, thousands per second", ratios: true,
			text: "A delivery is one broadcast that one client has read and checked. N clients, " +
				"K of them sending, each with w of its messages\n" +
				"under way at a time; messages of 32 bytes unless said.",
			columns: columns(throughput, "rate", 1000),
		},
		{
			title: "Server CPU, µs per delivery",
			text: "User and system time of the server's process, which includes the kernel's " +
				"work to carry each write to its reader.",
			columns: columns(throughput, "cpu", 1),
		},
		{
			title: "Latency at a low rate, µs",
			text: "From just before the sender's write to the end of each client's read: 100 " +
				"messages/s into 100 clients, 50 messages/s into 1,000.",
			columns: []column{
				{"latency100", "p50", "100: p50", 1}, {"latency100", "p99", "100: p99", 1},
				{"latency1000", "p50", "1,000: p50", 1}, {"latency1000", "p99", "1,000: p99", 1},
			},
		},
		{
			title: "Memory, bytes per idle connection",
			text: "Resident memory of the process with the clients connected, less that without " +
				"them, over their number; the kernel's socket buffers not included. The second " +
				"column is with GOMEMLIMIT=16MiB, so that Go's runtime gives back what it would " +
				"keep for later: what a connection needs.",
			columns: []column{
				{"idle10000", "memory", "10,000 connected", 1},
				{"lean10000", "memory", "10,000, given back", 1},
				{"idle1000", "memory", "1,000 connected", 1},
			},
		},
		{
			title: "Scale, ns per delivery",
			text: "Wall time over deliveries, one sender with 16 messages under way, as the " +
				"room grows.",
			columns: columns(scale, "each", 1),
		},
		{
			title:   "Scale, µs of server CPU per delivery",
			text:    "The same rooms.",
			columns: columns(scale, "cpu", 1),
		},
		{
			title: "Coming and going with 10,000 connected, µs",
			text: "Connect and upgrade; close to the answer to it; close to the last of the " +
				"10,000 having read of it. One visitor at a time, 50 of them.",
			columns: []column{
				{"join10000", "join", "join: p50", 1}, {"join10000", "join p99", "p99", 1},
				{"join10000", "leave", "leave: p50", 1}, {"join10000", "leave p99", "p99", 1},
				{"join10000", "told", "all told: p50", 1},
			},
		},
		{
			title: "Floods by senders that do not wait",
			text: "100 clients, 1 KiB, written as fast as the sockets take them. Late is what " +
				"has not arrived 20 s after the senders stopped; memory is the\n" +
				"growth of the process.",
			columns: []column{
				{floods[0], "rate", "1 sender: k/s", 1000}, {floods[0], "dropped", "dropped", 1},
				{floods[0], "lost", "lost", 1}, {floods[0], "late", "late", 1},
				{floods[0], "growth", "MiB", 1},
				{floods[1], "rate", "100 senders: k/s", 1000}, {floods[1], "dropped", "dropped", 1},
				{floods[1], "lost", "lost", 1}, {floods[1], "late", "late", 1},
				{floods[1], "growth", "MiB", 1},
			},
		},
		{
			title: "One client of 100 that never reads",
			text: "4 KiB messages from one sender, 200 per second and in a flood without a " +
				"window: when the others hear that it left, the longest that\n" +
				"another client waited, how many others were dropped, and the most memory over " +
				"that of the same load without it. 15 s are given.",
			columns: []column{
				{"stall200", "cut off", "200/s: cut off, s", 1},
				{"stall200", "wait", "wait, ms", 1},
				{"stall200", "others dropped", "dropped", 1}, {"stall200", "growth", "MiB", 1},
				{"stallflood", "cut off", "flood: cut off, s", 1},
				{"stallflood", "wait", "wait, ms", 1},
				{"stallflood", "others dropped", "dropped", 1}, {"stallflood", "growth", "MiB", 1},
			},
		},
		{
			title: "A thousand clients that all stop reading",
			text: "While one more floods with 4 KiB messages: when the last of them is gone, " +
				"the memory's highest, and whether new clients can chat afterwards (1 is yes). " +
				"20 s are given.",
			columns: []column{
				{"stallall", "cut off", "all cut off, s", 1}, {"stallall", "told", "told", 1},
				{"stallall", "peak", "memory, MiB", 1}, {"stallall", "well", "well", 1},
			},
		},
		{
			title: "A client that reads 100 kB/s",
			text: "It is sent 82 kB/s for 5 s (1: it is still there), then 820 kB/s for up to " +
				"15 s: the longest wait of the others, and when it is cut off.",
			columns: []column{
				{"slow", "kept", "kept", 1}, {"slow", "wait", "wait, ms", 1},
				{"slow", "cut off", "cut off, s", 1},
			},
		},
	}
}
