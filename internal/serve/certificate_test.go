package serve_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/chat/internal/serve"
	"example.com/chat/internal/wstest"
)

// certificate writes one for chat.example and 127.0.0.1, with its key, to two files.
func certificate(t *testing.T, folder string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()),
		DNSNames: []string{"chat.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	write(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	return cert, key
}

// folder is t.TempDir, which Wine 8 cannot remove: that is no failure.
func folder(t *testing.T) string {
	t.Helper()
	path, err := os.MkdirTemp("", "chat-test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(path) })
	return path
}

// dialTLS connects to a server whose certificate is the one in the file cert.
func dialTLS(t *testing.T, addr, cert string) *tls.Conn {
	t.Helper()
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM([]byte(read(t, cert))) {
		t.Fatalf("%s has no certificate", cert)
	}
	conn := tls.Client(wstest.DialTCP(t, addr), &tls.Config{
		RootCAs: trusted, ServerName: "127.0.0.1", NextProtos: []string{"h2", "http/1.1"}})
	if err := conn.Handshake(); err != nil {
		t.Fatal(err)
	}
	return conn
}

// nextLine reads p's log up to a line with what.
func (p *process) nextLine(t *testing.T, what string) string {
	t.Helper()
	for {
		line, err := p.logged.ReadString('\n')
		if err != nil {
			t.Fatalf("the log has no line with %q: %v", what, err)
		}
		if strings.Contains(line, what) {
			return line
		}
	}
}

func TestTheProgramServesTLS(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t, folder(t))
	p := start(t, exec.Command(chat, "-addr", "127.0.0.1:0", "-tls-cert", cert, "-tls-key", key))
	conn := dialTLS(t, p.addr, cert)
	_, c := wstest.Do(t, conn, wstest.Request(p.addr, "/ws/1", "Origin: https://"+p.addr))
	// Over HTTP/2 one connection could ask for 250 pages at once.
	if got := conn.ConnectionState().NegotiatedProtocol; got != "http/1.1" {
		t.Errorf("the server chose %q", got)
	}
	c.Say("secret")
	c.Expect("You wrote: secret", "Client #1 says: secret")
}

func TestARenewedCertificateIsServedAndTheOldOneUntilTheNewOneFits(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t, folder(t))
	p := start(t, exec.Command(chat, "-addr", "127.0.0.1:0", "-tls-cert", cert, "-tls-key", key))
	_, before := wstest.Do(t, dialTLS(t, p.addr, cert), wstest.Request(p.addr, "/ws/1"))

	old := filepath.Join(folder(t), "old.pem")
	write(t, old, read(t, cert))
	newCert, newKey := certificate(t, folder(t))
	write(t, cert, read(t, newCert)) // its key does not follow
	p.nextLine(t, "the old certificate is served on, because the new one does not fit: tls: ")
	dialTLS(t, p.addr, old)
	write(t, key, read(t, newKey))
	p.nextLine(t, "the new certificate is served, which is good until 2")
	dialTLS(t, p.addr, newCert)
	write(t, cert, "")
	p.nextLine(t, "the old certificate is served on, because the new one does not fit: tls: ")
	dialTLS(t, p.addr, newCert)

	before.Say("still here") // a renewal ends no connection
	before.Expect("You wrote: still here", "Client #1 says: still here")
}

// Not parallel, because it reads the log of this process.
func TestACertificateWhoseKeyFollowsALittleLaterIsNotTakenForOneThatDoesNotFit(t *testing.T) {
	cert, key := certificate(t, folder(t))
	newCert, newKey := certificate(t, folder(t))
	var logged strings.Builder
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	synctest.Test(t, func(t *testing.T) {
		go serve.WatchCertificate(t.Context(), cert, key)
		time.Sleep(1500 * time.Millisecond) // it looks once a second, by a false clock
		write(t, cert, read(t, newCert))
		time.Sleep(time.Second)
		write(t, key, read(t, newKey))
		time.Sleep(2 * time.Second)
	})
	line := logged.String()
	if strings.Count(line, "\n") != 1 || !strings.Contains(line, "the new certificate is served") {
		t.Errorf("logged %q", line)
	}
}

func TestHealthChecksOfTheTLSPortAreCountedInTheLog(t *testing.T) {
	t.Parallel()
	const checks = 200
	cert, key := certificate(t, folder(t))
	p := start(t, exec.Command(chat, "-addr", "127.0.0.1:0", "-tls-cert", cert, "-tls-key", key))
	for range checks {
		wstest.DialTCP(t, p.addr).Close()
	}
	lines := 0
	for counted := 0; counted < checks; lines++ {
		line, more := p.nextLine(t, "http: "), 0
		_, rest, _ := strings.Cut(line, "http: ")
		switch n, _ := fmt.Sscanf(rest, "%d more errors in the same second", &more); {
		case n == 1:
			counted += more
		case strings.HasPrefix(rest, "TLS handshake error from 127.0.0.1:"):
			counted++
		default:
			t.Fatalf("logged %q", line)
		}
	}
	if lines > checks/2 { // a second each, on a machine that is very slow
		t.Errorf("%d checks took %d lines", checks, lines)
	}
}
