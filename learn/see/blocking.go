package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"example.com/chat/compare/servers"
)

// sleeper is a chat whose handler gets one line more, behind another one, and an import.
type sleeper struct{ file, behind, line, imports, needs string }

var sleepers = map[string]sleeper{
	servers.FastAPI: {
		"fastapi/main.py",
		`            await manager.send_personal_message(f"You wrote: {data}", websocket)`,
		`            if data == "sleep": time.sleep(5)`,
		"from pathlib import Path", "import time",
	},
	servers.XNet: {
		"compare/peers/xnet/main.go",
		`		manager.SendPersonalMessage(fmt.Sprintf("You wrote: %s", data), ws)`,
		`		if data == "sleep" { time.Sleep(5 * time.Second) }`,
		`	"sync"`, `	"time"`,
	},
}

// startSleeper starts the server with that line. It keeps what it makes in dir.
func startSleeper(name, dir string) (*servers.Server, error) {
	sleeper, known := sleepers[name]
	if !known {
		return nil, errors.New("the line is known to main and plain alone")
	}
	file := filepath.Join(servers.Root(), sleeper.file)
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	text := string(source)
	for line, more := range map[string]string{
		sleeper.behind: sleeper.line, sleeper.imports: sleeper.needs,
	} {
		if strings.Count(text, line+"\n") != 1 {
			return nil, fmt.Errorf("%s is to have the line %q once", sleeper.file, line)
		}
		text = strings.Replace(text, line+"\n", line+"\n"+more+"\n", 1)
	}
	// main.py serves ../static.
	copied := filepath.Join(dir, "chat", filepath.Base(file))
	err = errors.Join(
		os.Mkdir(filepath.Join(dir, "static"), 0o755), os.Mkdir(filepath.Dir(copied), 0o755),
		os.WriteFile(copied, []byte(text), 0o644))
	if err != nil {
		return nil, err
	}
	if servers.IsPython(name) {
		return servers.StartIn(filepath.Dir(copied), name)
	}
	return startOverlaid(name, file, copied, dir)
}

// startOverlaid builds the program file with what is in copied, and starts it.
func startOverlaid(name, file, copied, dir string) (*servers.Server, error) {
	overlay := filepath.Join(dir, "overlay.json")
	replaced, err := json.Marshal(map[string]any{"Replace": map[string]string{file: copied}})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(overlay, replaced, 0o644); err != nil {
		return nil, err
	}
	binary := filepath.Join(dir, "chat.exe") // Windows needs the ending
	build := exec.Command("go", "build", "-overlay", overlay, "-o", binary, "main.go")
	build.Dir = filepath.Dir(file)
	if output, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build %s: %w\n%s", file, err, output)
	}
	return servers.Run(name, exec.Command(binary, "-addr", "127.0.0.1:0"))
}

// blocking lets client 1 sleep in its handler, once it has its answer.
func blocking(s *servers.Server) (string, error) {
	room, err := join(s, 3)
	if err != nil {
		return "", err
	}
	room[0].say("sleep")
	if !room[0].hears("You wrote: sleep") {
		return "", errors.New("client 1 was not answered")
	}
	room[1].say("hello again")
	outcome := strings.TrimSpace(sleepers[s.Name].line)
	for {
		switch h := room[2].hear(); {
		case h.text == "Client #1 says: sleep":
			return outcome + "\nclient 2 is not heard before client 1 has slept", nil
		case h.text == "Client #2 says: hello again":
			return outcome + "\nclient 2 is heard while client 1 sleeps", nil
		case h.silent || h.closed != 0:
			return outcome + "\nclient 2 is not heard", nil
		}
	}
}
