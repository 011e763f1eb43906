package serve_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/chat/internal/wstest"
)

// configuration is a block of docs/deploy.md, with what is local here in place of what it names.
func configuration(t *testing.T, language string, local ...string) string {
	t.Helper()
	fenced := regexp.MustCompile("(?s)```" + language + "\n(.*?)```")
	block := fenced.FindStringSubmatch(read(t, "../../docs/deploy.md"))
	if block == nil {
		t.Fatalf("docs/deploy.md has no block for %s", language)
	}
	for i := 0; i < len(local); i += 2 {
		if !strings.Contains(block[1], local[i]) {
			t.Fatalf("the block for %s has no %q", language, local[i])
		}
	}
	return strings.NewReplacer(local...).Replace(block[1])
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestTheDocumentedProxiesLetTheirOwnPageInAndNoOther(t *testing.T) {
	t.Parallel()
	for name, command := range map[string]func(folder, listen, server string) *exec.Cmd{
		"nginx": func(folder, listen, server string) *exec.Cmd {
			cert, key := certificate(t, folder)
			file := filepath.Join(folder, "nginx.conf")
			write(t, file, "daemon off;\nmaster_process off;\nerror_log stderr;\n"+
				"pid "+folder+"/pid;\nevents {}\nhttp {\naccess_log off;\n"+
				configuration(t, "nginx", "listen 443", "listen "+listen, "127.0.0.1:8000", server,
					"/etc/ssl/chat.example.pem", cert, "/etc/ssl/chat.example.key", key)+"}\n")
			return exec.Command("nginx", "-p", folder, "-c", file)
		},
		"caddy": func(folder, listen, server string) *exec.Cmd {
			_, port, _ := net.SplitHostPort(listen)
			file := filepath.Join(folder, "Caddyfile")
			write(t, file, "{\nadmin off\nauto_https disable_redirects\nlocal_certs\n"+
				"skip_install_trust\nstorage file_system "+folder+"\n}\n"+configuration(t, "caddy",
				"chat.example {", "https://chat.example:"+port+" {\nbind 127.0.0.1",
				"127.0.0.1:8000", server))
			return exec.Command("caddy", "run", "--config", file, "--adapter", "caddyfile")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(name); err != nil {
				t.Skip(name + " is not installed here")
			}
			free, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			listen := free.Addr().String()
			free.Close()
			_, port, _ := net.SplitHostPort(listen)
			host := "chat.example:" + port
			p := start(t, exec.Command(chat, "-addr", "127.0.0.1:0", "-origins", "https://"+host))
			proxy := &process{Cmd: command(t.TempDir(), listen, p.addr)}
			proxy.run(t)

			dial := func() (conn net.Conn) {
				t.Helper()
				config := &tls.Config{InsecureSkipVerify: true, ServerName: "chat.example"}
				// Until it has started.
				for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
					if conn, err = tls.Dial("tcp", listen, config); err == nil {
						return conn
					}
					if time.Since(begun) > wstest.Patience {
						t.Fatal(err)
					}
				}
			}
			join := func(origin string) (status int, c *wstest.Client) {
				response, c := wstest.Do(t, dial(), wstest.Request(host, "/ws/1", "Origin: "+origin,
					"X-Forwarded-For: 192.0.2.1", "Cookie: "+strings.Repeat("c", 12_000)))
				return response.StatusCode, c
			}
			if status, _ := join("https://evil.example"); status != 403 {
				t.Errorf("a page of another site was answered %d, want 403", status)
			}
			if line := p.nextRefusal(t); !strings.HasPrefix(line, "remote=127.0.0.1:") ||
				!strings.Contains(line, fmt.Sprintf("host=%q", host)) {
				t.Errorf("logged %s, want the host that was asked for, and the proxy", line)
			}
			status, c := join("https://" + host)
			if status != 101 {
				t.Fatalf("the proxy's own page was answered %d, want 101", status)
			}
			c.Say("hello")
			c.Expect("You wrote: hello", "Client #1 says: hello")
			p.Process.Kill()
		})
	}
}
