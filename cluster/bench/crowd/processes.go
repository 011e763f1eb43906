//go:build linux

package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	secret    = "a secret of the benchmark alone"
	brokerEnv = "CROWD_BROKER" // makes this program a broker: its number and all their ports
	brokers   = 3
)

// yield is a program that gives way to the clients. They are a few goroutines among many, and would
// be what is slow otherwise.
func yield(program string, arguments ...string) *exec.Cmd {
	return exec.Command("nice", append([]string{"-n", "5", program}, arguments...)...)
}

// process is a node or a broker.
type process struct {
	*exec.Cmd
	addr [4]byte
	port int
}

// start starts a command that ends when this program does.
func start(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return &process{Cmd: cmd}, cmd.Start()
}

// system is the brokers and the nodes.
type system struct {
	folder  string
	program string // the built node
	urls    string
	brokers []*process
	nodes   []*process
	ended   []*process // nodes that were replaced
}

func newSystem(nodes int) (s *system, err error) {
	s = &system{}
	if s.folder, err = os.MkdirTemp("", "chat-crowd-"); err != nil {
		return s, err
	}
	s.program = filepath.Join(s.folder, "node")
	build := exec.Command("go", "build", "-o", s.program, ".")
	if output, err := build.CombinedOutput(); err != nil {
		return s, fmt.Errorf("go build, in the folder cluster: %s", output)
	}
	if err := s.startBrokers(); err != nil {
		return s, err
	}
	for i := range nodes {
		node, err := s.startNode(i)
		if err != nil {
			return s, err
		}
		s.nodes = append(s.nodes, node)
	}
	return s, nil
}

func (s *system) stop() {
	for _, p := range append(s.nodes, s.brokers...) {
		p.Process.Kill()
		p.Wait()
	}
	os.RemoveAll(s.folder)
}

func (s *system) startBrokers() error {
	var ports, urls []string
	for range 2 * brokers {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close() // when all ports are found
		ports = append(ports, fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	}
	for i := range brokers {
		urls = append(urls, "nats://127.0.0.1:"+ports[2*i])
	}
	s.urls = strings.Join(urls, ",")
	for i := range brokers {
		cmd := yield(os.Args[0])
		cmd.Stderr = os.Stderr
		data := filepath.Join(s.folder, fmt.Sprint(i))
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %s", brokerEnv, data, i,
			strings.Join(ports, " ")))
		broker, err := start(cmd)
		if err != nil {
			return err
		}
		s.brokers = append(s.brokers, broker)
	}
	return nil
}

// runBroker is one of the NATS servers, apart from the nodes so that its part shows.
func runBroker(arguments string) {
	words := strings.Fields(arguments)
	me, _ := strconv.Atoi(words[1])
	ports := make([]int, 2*brokers)
	for i := range ports {
		ports[i], _ = strconv.Atoi(words[2+i])
	}
	o := &server.Options{ServerName: fmt.Sprint("broker-", me), Host: "127.0.0.1",
		Port: ports[2*me], Authorization: secret, JetStream: true, StoreDir: words[0],
		DisableJetStreamBanner: true}
	o.Cluster = server.ClusterOpts{Name: "crowd", Host: "127.0.0.1", Port: ports[2*me+1]}
	for i := range brokers {
		if i != me {
			o.Routes = append(o.Routes,
				server.RoutesFromStr(fmt.Sprint("nats://127.0.0.1:", ports[2*i+1]))...)
		}
	}
	s, err := server.NewServer(o)
	if err != nil {
		log.Fatal(err)
	}
	s.Start()
	s.WaitForShutdown()
}

// startNode starts a node and waits until it serves.
func (s *system) startNode(i int) (*process, error) {
	host := fmt.Sprint("127.0.0.", 2+i)
	cmd := yield(s.program, "-addr", host+":0", "-nats", s.urls,
		"-nats-replicas", fmt.Sprint(brokers), "-max-connections", "40000")
	cmd.Env = append(os.Environ(), "CHAT_SECRET="+secret)
	logged, err := os.OpenFile(filepath.Join(s.folder, fmt.Sprint("log", i)),
		os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer logged.Close()
	cmd.Stderr = logged
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	node, err := start(cmd)
	if err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if _, err := fmt.Sscanf(line, "Chat running on http://"+host+":%d", &node.port); err != nil {
		text, _ := os.ReadFile(logged.Name())
		return nil, fmt.Errorf("node %d does not start: %q\n%s", i, line, text)
	}
	node.addr = [4]byte{127, 0, 0, byte(2 + i)}
	return node, err
}

// processorTime of a process, in user and system mode together.
func (p *process) processorTime() time.Duration {
	if p.ProcessState != nil { // it has ended
		return p.ProcessState.UserTime() + p.ProcessState.SystemTime()
	}
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / 100 // ticks of 10 ms
}

// memory is what a process has in RAM, in bytes.
func (p *process) memory() int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.Process.Pid))
	var size, resident int
	fmt.Sscan(string(text), &size, &resident)
	return resident * os.Getpagesize()
}

func sum[T int | time.Duration](all []*process, f func(*process) T) (total T) {
	for _, p := range all {
		total += f(p)
	}
	return total
}
