package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"example.com/chat/compare/servers"
)

// program is a chat server that can be watched: a source, how to start it, and the names of its
// endpoint. Nothing else here knows one program from another.
type program struct {
	Name  string   // on the command line
	File  string   // within the repository: the source that is shown and traced
	Build string   // of a Go program: what go build is told, within the folder Dir
	Dir   string   // where it is built and run
	Args  []string // of the program
	// Roots are the functions with which a task or a goroutine begins. The first is the endpoint.
	Roots []string
	Send  string // of the line within its broadcast that sends
	// Show are words of the declarations that are not folded.
	Show []string
}

var programs = []program{
	{
		Name: "main", File: "fastapi/main.py", Dir: "fastapi", Args: []string{"main:app"},
		Roots: []string{"websocket_endpoint"},
		Show:  []string{"ConnectionManager", "websocket_endpoint"},
		Send:  "await connection.send_text(message)",
	},
	{
		Name: "go", File: "manager.go", Dir: ".", Build: "main.go",
		Roots: []string{"websocketEndpoint"},
		Show:  []string{"ConnectionManager", "websocketEndpoint"},
		Send:  "connection.Send(frame)",
	},
	{
		Name: "fixed", File: "fastapi/fixed.py", Dir: "fastapi",
		Args:  []string{"fixed:app", "--ws-max-size", "65536", "--timeout-graceful-shutdown", "5"},
		Roots: []string{"websocket_endpoint"},
		Show:  []string{"Client", "ConnectionManager", "websocket_endpoint"},
		Send:  "await client.send_text(message)",
	},
	{
		Name: "plain", File: "compare/peers/xnet/main.go", Dir: "compare/peers/xnet", Build: ".",
		Roots: []string{"websocketEndpoint"},
		Show:  []string{"ConnectionManager", "websocketEndpoint"},
		Send:  "websocket.Message.Send(connection, message)",
	},
	{
		Name: "hub", File: "compare/peers/hub/main.go", Dir: "compare/peers/hub", Build: ".",
		Roots: []string{"websocketEndpoint", "Run", "write"},
		Show:  []string{"Hub", "Client", "websocketEndpoint"},
		Send:  "send(message, client)",
	},
}

func (p program) isPython() bool { return p.Build == "" }

func (p program) path() string { return filepath.Join(servers.Root(), filepath.FromSlash(p.File)) }

// Line is a line of a program's source.
type Line struct {
	Number int    `json:"number"`
	Text   string `json:"text"`
	Folded bool   `json:"folded"` // imports, comments, and what no handler runs
}

// lines reads the source.
func (p program) lines() ([]Line, error) {
	source, err := os.ReadFile(p.path())
	if err != nil {
		return nil, err
	}
	var lines []Line
	folded := true
	for text := range strings.Lines(string(source)) {
		text = strings.TrimRight(text, "\r\n")
		bare := strings.TrimSpace(text)
		isComment := strings.HasPrefix(bare, "//") || strings.HasPrefix(bare, "#")
		isTop := text != "" && bare == strings.TrimRight(text, " \t")
		if isTop && strings.Trim(bare, ")}") != "" {
			folded = !p.shows(bare)
		}
		lines = append(lines, Line{len(lines) + 1, text, folded || isComment || bare == ""})
	}
	unfoldBetween(lines)
	return lines, nil
}

func (p program) shows(declaration string) bool {
	if strings.HasPrefix(declaration, "//") || strings.HasPrefix(declaration, "#") {
		return false
	}
	if strings.HasPrefix(declaration, "@") { // a decorator, as of a WebSocket
		return strings.Contains(declaration, "websocket")
	}
	for _, word := range p.Show {
		if strings.Contains(declaration, word) {
			return true
		}
	}
	return false
}

// unfoldBetween shows an empty line alone: a fold would take as much room.
func unfoldBetween(lines []Line) {
	for i := 1; i+1 < len(lines); i++ {
		if lines[i].Text == "" && !lines[i-1].Folded && !lines[i+1].Folded {
			lines[i].Folded = false
		}
	}
}

// chosen are the programs of a page: FastAPI's and ours, and a third one if it is asked for.
func chosen(third string) ([]program, error) {
	if third == "" {
		return programs[:2], nil
	}
	for _, p := range programs[2:] {
		if p.Name == third {
			return append(programs[:2:2], p), nil
		}
	}
	return nil, fmt.Errorf("-third %s: there is %s", third, thirdNames())
}
