// Package questions proves what docs/questions.md answers: its tests change a copy of one of the
// two chats as a reader would, and talk to it. Its examples are the answers' pieces of Go.
package questions
