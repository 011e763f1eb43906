package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestCloseCodesAsABrowserSeesThem uses sockets of its own, from the page's origin.
func TestCloseCodesAsABrowserSeesThem(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	p := openPage(t, s.url)
	for _, c := range []struct {
		name, onOpen string
		code         websocket.StatusCode
	}{
		{"a normal close", `ws.close(1000)`, 1000},
		{"a close with a code of one's own", `ws.close(4321, "bye")`, 4321},
		{"a close without a code", `ws.close()`, 1005},
		{"a binary message", `ws.send(new Uint8Array([1, 2, 3]))`, 1003},
		{"a message over the limit", `ws.send("x".repeat(65537))`, 1009},
		{"a message that the browser fragments", `ws.send("é".repeat(100000))`, 1009},
	} {
		t.Run(c.name, func(t *testing.T) {
			type closed struct {
				Code     websocket.StatusCode
				WasClean bool
			}
			got := eval[closed](p, fmt.Sprintf(`new Promise((resolve) => {
				const ws = new WebSocket(location.origin.replace("http", "ws") + "/ws/5");
				ws.onopen = () => { %s };
				ws.onclose = ({ code, wasClean }) => resolve({ Code: code, WasClean: wasClean });
			})`, c.onOpen))
			if got.Code != c.code || !got.WasClean {
				t.Errorf("got %+v, not a clean %d", got, c.code)
			}
		})
	}
}

// TestANoisyNeighbourChangesNothing: whoever breaks the rules is alone with the consequences.
func TestANoisyNeighbourChangesNothing(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	p := openPage(t, s.url)
	for _, bad := range [][]byte{{0xff, 0xfe}, []byte("\xed\xa0\x80"),
		[]byte(strings.Repeat("x", 70_000))} {
		bob := s.join(t)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		bob.ws.Write(ctx, websocket.MessageText, bad)
		cancel()
		p.waitText(fmt.Sprintf("Client #%d has left the chat", bob.id))
	}
	p.send("unimpressed")
	p.waitText(p.said("unimpressed"))
}

func TestOverTLSThePageSpeaksWss(t *testing.T) {
	parallel(t)
	cert, key := certificate(t)
	s := ownServer(t, "-tls-cert", cert, "-tls-key", key)
	p := openPage(t, s.url)
	p.send("in secret")
	p.waitText(p.said("in secret"))
	p.wait("the panel tells so",
		`document.querySelector("#wire-url").textContent.startsWith("wss://")`)
}

// certificate makes a certificate for 127.0.0.1 and returns its files.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)}
	certDER, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey,
		private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}),
			0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", certDER), write("key.pem", "PRIVATE KEY", keyDER)
}
