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

const (
	suiteVersion      = "25.10.1"
	virtualenvVersion = "20.21.1" // the last that can make an environment for Python 2.7
)

// errNoPython is that of findPython2; its text says what to run.
var errNoPython = errors.New("no Python 2.7, which the Autobahn suite needs; with pyenv run: " +
	"pyenv install 2.7.18")

// findPython2 looks on the PATH, then among pyenv's versions.
func findPython2() (string, error) {
	root := os.Getenv("PYENV_ROOT")
	if root == "" {
		home, _ := os.UserHomeDir()
		root = filepath.Join(home, ".pyenv")
	}
	kept, _ := filepath.Glob(filepath.Join(root, "versions", "2.7*", "bin", "python2.7"))
	for _, python := range append([]string{"python2.7"}, kept...) {
		// A shim of pyenv stands on the PATH, and fails, where that version is not the chosen one.
		path, err := exec.Command(python, "-c",
			"import sys; sys.stdout.write(sys.executable)").Output()
		if err == nil {
			return string(path), nil
		}
	}
	return "", errNoPython
}

// install makes an environment with the suite, once, and returns its command.
func install() (string, error) {
	folder := filepath.Join(servers.Root(), "compare", "autobahn", ".venv")
	wstest := filepath.Join(folder, "suite-"+suiteVersion, "bin", "wstest")
	if _, err := os.Stat(wstest); err == nil {
		return wstest, nil
	}
	python, err := findPython2()
	if err != nil {
		return "", err
	}
	tools, suite := filepath.Join(folder, "tools"), filepath.Join(folder, "suite-"+suiteVersion)
	for _, command := range [][]string{
		{"python3", "-m", "venv", tools},
		{filepath.Join(tools, "bin", "pip"), "install", "-q", "virtualenv==" + virtualenvVersion},
		{filepath.Join(tools, "bin", "virtualenv"), "-q", "-p", python, suite},
		{filepath.Join(suite, "bin", "pip"), "install", "-q", "--no-python-version-warning",
			"autobahntestsuite==" + suiteVersion},
	} {
		if output, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("the Autobahn suite cannot be installed: %s: %v: %s",
				strings.Join(command, " "), err, lastLine(output))
		}
	}
	return wstest, nil
}

func lastLine(output []byte) string {
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	return lines[len(lines)-1]
}

// verdict is what the suite says of one case: how the server behaved, and how it closed.
type verdict struct {
	Behavior      string `json:"behavior"`
	BehaviorClose string `json:"behaviorClose"`
}

// put runs the suite's cases against the server at addr, and returns its verdicts by case number.
func put(wstest, addr string) (map[string]verdict, error) {
	folder, err := os.MkdirTemp("", "chat-autobahn-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	const agent = "server"
	spec, err := json.Marshal(map[string]any{
		"outdir":  folder,
		"servers": []map[string]string{{"agent": agent, "url": "ws://" + addr + "/"}},
		"cases":   []string{"1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"},
	})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "spec.json")
	if err := os.WriteFile(file, spec, 0o600); err != nil {
		return nil, err
	}
	output, err := exec.Command(wstest, "-m", "fuzzingclient", "-s", file).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("wstest: %v: %s", err, lastLine(output))
	}
	report, err := os.ReadFile(filepath.Join(folder, "index.json"))
	if err != nil {
		return nil, err
	}
	var all map[string]map[string]verdict
	if err := json.Unmarshal(report, &all); err != nil {
		return nil, err
	}
	return all[agent], nil
}
