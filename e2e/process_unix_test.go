//go:build unix

package e2e

import (
	"os"
	"os/exec"
	"syscall"
)

// interrupt is CTRL+C.
func interrupt(p *os.Process) {
	p.Signal(os.Interrupt)
	p.Signal(syscall.SIGCONT) // one that is frozen would not notice
}

// freeze lets the server run no further: the kernel takes what is sent, and nothing is answered.
func (s *server) freeze() {
	s.cmd.Process.Signal(syscall.SIGSTOP)
	var status syscall.WaitStatus // a signal is only on its way; this waits until all threads stand
	syscall.Wait4(s.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
}

// ownGroup has a program that is not started yet lead the processes that it will start.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
