package e2e

import (
	"os"
	"os/exec"
)

// interrupt kills: Windows has no signals, and lets no program press CTRL+C for one other alone.
func interrupt(p *os.Process) { p.Kill() }

func (s *server) freeze() { s.t.Skip("Windows lets no program stop another for a while") }

func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) { cmd.Process.Kill() }
