package main

import (
	"fmt"

	"example.com/chat/compare/servers"
	"github.com/gobwas/ws"
)

// stuck lets one client stop reading, and counts what the room still hears of two others.
func stuck(s *servers.Server) (string, error) {
	room, err := join(s, 5)
	if err != nil {
		return "", err
	}
	speaker, reading := room[0], []*client{room[0], room[2], room[3], room[4]}
	for word := range words {
		speaker.say(word)
		if !allHear(reading, "Client #1 says: "+word) {
			break
		}
	}
	third, fourth := heardWords(room[2], 3, room[4]), heardWords(room[3], 4, room[4])
	return fmt.Sprintf("client 3 is heard %d times, client 4 %d times", third, fourth), nil
}

func allHear(clients []*client, text string) bool {
	for _, c := range clients {
		if !c.hears(text) {
			return false
		}
	}
	return true
}

// heardWords counts the words that c says until listener does not hear one, three at most.
func heardWords(c *client, id int, listener *client) int {
	for n := range 3 {
		word := fmt.Sprintf("word %d", n)
		c.say(word)
		if !listener.hears(fmt.Sprintf("Client #%d says: %s", id, word)) {
			return n
		}
	}
	return 3
}

// died lets a client die of a binary message, which leaves it in main.py's list.
func died(s *servers.Server) (string, error) {
	room, err := join(s, 3)
	if err != nil {
		return "", err
	}
	room[0].send(ws.NewBinaryFrame([]byte("\xff\x00")))
	room[0].fate()
	n := heardWords(room[1], 2, room[2])
	return fmt.Sprintf("client 2 is heard %d times, and %s", n, room[1].fate()), nil
}
