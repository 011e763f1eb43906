package chat

import "log"

// session stands for what a database library gives to one client.
type session struct{ clientID string }

func openSession(clientID string) session {
	log.Printf("session %s: opened", clientID)
	return session{clientID}
}

// Close gives the session back.
func (s session) Close() { log.Printf("session %s: closed", s.clientID) }
