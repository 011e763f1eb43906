//go:build linux

package serve_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/chat/internal/wstest"
)

const (
	documentedAddr = ":8000"
	anyAddr        = "127.0.0.1:0" // a free port takes its place here
)

// list reads a list as a Dockerfile has it.
func list(t *testing.T, text string) (words []string) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &words); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return words
}

// TestTheDockerfilesProgramRunsInAnEmptyFolder does what Docker would: it builds of the files that
// are copied, and starts the result as the user, in a root folder with nothing beside it.
func TestTheDockerfilesProgramRunsInAnEmptyFolder(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root may have another root folder")
	}
	source, image := t.TempDir(), t.TempDir()
	if err := os.Chmod(image, 0o755); err != nil {
		t.Fatal(err)
	}
	var entry, args []string
	var user uint32
	for line := range strings.Lines(configuration(t, "dockerfile")) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "COPY":
			files := strings.Fields(rest)
			if files[0] == "--from=build" { // the build below puts it there
				continue
			}
			for _, name := range files[:len(files)-1] {
				copyTo(t, filepath.Join(source, files[len(files)-1]), filepath.Join("../..", name))
			}
		case "RUN":
			run := exec.Command("sh", "-ec", strings.Replace(rest, "-o /", "-o "+image+"/", 1))
			run.Dir = source
			if output, err := run.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", line, err, output)
			}
		case "USER":
			if _, err := fmt.Sscanf(rest, "%d:", &user); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		case "ENTRYPOINT":
			entry = list(t, rest)
		case "CMD":
			args = list(t, strings.Replace(rest, documentedAddr, anyAddr, 1))
		}
	}
	if user == 0 || len(entry) != 1 || !slices.Contains(args, anyAddr) {
		t.Fatalf("the user is %d, and starts %q %q", user, entry, args)
	}
	command := exec.Command(entry[0], args...)
	command.Env, command.Dir = []string{}, "/"
	command.SysProcAttr = &syscall.SysProcAttr{
		Chroot: image, Credential: &syscall.Credential{Uid: user, Gid: user}}
	p := start(t, command)
	a, b := talk(t, p.addr)
	p.Process.Signal(syscall.SIGTERM)
	p.expectEnd(t, a, b)
}

// copyTo copies a file into a folder, or what a folder holds, as COPY does.
func copyTo(t *testing.T, to, from string) {
	t.Helper()
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if info.IsDir() {
		err = os.CopyFS(to, os.DirFS(from))
	} else {
		err = os.WriteFile(filepath.Join(to, info.Name()), []byte(read(t, from)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// pod is what the test needs of a Deployment.
type pod struct {
	Grace      int `json:"terminationGracePeriodSeconds"`
	Containers []struct {
		Args           []string
		ReadinessProbe struct {
			HTTPGet struct {
				Path string
				Port int
			}
		}
		LivenessProbe struct{ TCPSocket struct{ Port int } }
	}
}

func TestKubernetesFindsTheProgramReadyAndWaitsForItsEnd(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Skip("kubectl is not installed here")
	}
	// To change a document, kubectl reads it with its types, and drops what is not in them.
	asks := [][]string{{"image", "chat=another:1"}, {"selector", "app=another"}}
	var understood []string
	for i, document := range strings.Split(configuration(t, "yaml"), "---\n") {
		file := filepath.Join(t.TempDir(), "chat.yaml")
		write(t, file, document)
		args := append([]string{"set"}, asks[i]...)
		output, err := exec.Command("kubectl",
			append(args, "--local", "--output=json", "--filename="+file)...).Output()
		if err != nil {
			t.Fatalf("kubectl %q: %v", args, err)
		}
		understood = append(understood, string(output))
		field := regexp.MustCompile(`(?m)^[ -]*(\w+):`)
		for _, name := range field.FindAllStringSubmatch(document, -1) {
			if !strings.Contains(understood[i], `"`+name[1]+`":`) {
				t.Errorf("kubectl knows no %s there", name[1])
			}
		}
	}
	var deployment struct {
		Spec struct{ Template struct{ Spec pod } }
	}
	if err := json.Unmarshal([]byte(understood[0]), &deployment); err != nil {
		t.Fatal(err)
	}
	spec := deployment.Spec.Template.Spec
	if len(spec.Containers) != 1 {
		t.Fatalf("the pod is %+v", spec)
	}
	c := spec.Containers[0]
	port := fmt.Sprintf(":%d", c.ReadinessProbe.HTTPGet.Port)
	if !slices.Contains(c.Args, port) ||
		port != fmt.Sprintf(":%d", c.LivenessProbe.TCPSocket.Port) {
		t.Errorf("the program has %q, and is asked at %+v", c.Args, c)
	}
	p := start(t, exec.Command(chat, strings.Split(strings.Replace(
		strings.Join(c.Args, " "), documentedAddr, anyAddr, 1), " ")...))
	response, err := http.Get("http://" + p.addr + c.ReadinessProbe.HTTPGet.Path)
	if err != nil || response.StatusCode != 200 {
		t.Errorf("the probe gets %v, %v", response, err)
	}
	response.Body.Close()
	wstest.Dial(t, p.addr, "/ws/1") // which will not answer its close
	p.Process.Signal(syscall.SIGTERM)
	begun := time.Now()
	io.Copy(io.Discard, p.logged)
	if took := time.Since(begun); took > time.Duration(spec.Grace)*time.Second {
		t.Errorf("it ended after %v, and would have been killed", took)
	}
}

func TestSystemdAcceptsTheUnitAndStartsTheProgramWithKnownFlags(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed here")
	}
	unit := filepath.Join(t.TempDir(), "chat.service")
	text := configuration(t, "ini",
		"/usr/local/bin/chat", chat, "127.0.0.1"+documentedAddr, anyAddr)
	write(t, unit, text)
	output, err := exec.Command("systemd-analyze", "verify", "--man=no", unit).CombinedOutput()
	if err != nil || len(output) > 0 {
		t.Errorf("systemd-analyze: %v\n%s", err, output)
	}
	_, line, _ := strings.Cut(text, "ExecStart=")
	line, _, _ = strings.Cut(line, "\n")
	words := strings.Fields(line)
	start(t, exec.Command(words[0], words[1:]...))
}

func TestTraefiksFileSendsTheDocumentedHostToTheProgram(t *testing.T) {
	t.Parallel()
	parse := exec.Command("python3", "-c",
		"import json, sys, tomllib; json.dump(tomllib.load(sys.stdin.buffer), sys.stdout)")
	if exec.Command("python3", "-c", "import tomllib").Run() != nil {
		t.Skip("needs Python 3.11, which reads TOML")
	}
	parse.Stdin = strings.NewReader(configuration(t, "toml"))
	output, err := parse.Output()
	if err != nil {
		t.Fatal(err)
	}
	type service struct {
		LoadBalancer struct {
			PassHostHeader bool
			Servers        []struct{ URL string }
		}
	}
	var file struct {
		HTTP struct {
			Routers map[string]struct {
				Rule, Service string
				EntryPoints   []string
				TLS           *struct{}
			}
			Services map[string]service
		}
		TLS struct {
			Certificates []struct{ CertFile, KeyFile string }
		}
	}
	decoder := json.NewDecoder(strings.NewReader(string(output)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	router := file.HTTP.Routers["chat"]
	balancer := file.HTTP.Services[router.Service].LoadBalancer
	if router.Rule != "Host(`chat.example`)" || router.TLS == nil || !balancer.PassHostHeader ||
		len(balancer.Servers) != 1 || balancer.Servers[0].URL != "http://127.0.0.1"+documentedAddr {
		t.Errorf("the file says %+v", file)
	}
}

func TestTheDocumentedCommandsHaveFlagsThatThereAre(t *testing.T) {
	t.Parallel()
	found := 0
	for _, page := range []string{"deploy.md", "run.md"} {
		for line := range strings.Lines(read(t, filepath.Join("../../docs", page))) {
			_, flags, _ := strings.Cut(strings.TrimSpace(line), "go run main.go -")
			flags, _, _ = strings.Cut(flags, "`")
			if flags == "" {
				continue
			}
			found++
			args := append(strings.Fields("-"+flags), "-help")
			if output, err := exec.Command(chat, args...).CombinedOutput(); err != nil {
				t.Errorf("%s: %s: %v\n%s", page, line, err, output)
			}
		}
	}
	if found < 2 {
		t.Errorf("the pages have %d commands with flags", found)
	}
}
