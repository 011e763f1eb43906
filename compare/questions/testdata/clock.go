package chat

import "time"

// tellTheTime speaks to everyone once a minute, as long as the program runs.
func tellTheTime(manager *ConnectionManager) {
	for now := range time.Tick(time.Minute) {
		manager.Broadcast(now.Format("It is 15:04"))
	}
}
