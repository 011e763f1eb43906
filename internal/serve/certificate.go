package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"os"
	"sync/atomic"
	"time"
)

// certificate is what is served of two files. They are read again when they change, as they do when
// a certificate is renewed.
type certificate struct {
	certFile, keyFile string
	tried             files // what was served or refused last
	served            atomic.Pointer[tls.Certificate]
}

// files is what the files of a certificate and of its key hold, or why they cannot be read.
type files struct{ cert, key, problem string }

const certificateEvery = time.Second // the files are looked at so often

func newCertificate(certFile, keyFile string) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile}
	return c, c.try(c.read())
}

func (c *certificate) read() files {
	cert, err := os.ReadFile(c.certFile)
	if err != nil {
		return files{problem: err.Error()}
	}
	key, err := os.ReadFile(c.keyFile)
	if err != nil {
		return files{problem: err.Error()}
	}
	return files{cert: string(cert), key: string(key)}
}

// try serves what f holds from now on, if the two fit together.
func (c *certificate) try(f files) error {
	c.tried = f
	if f.problem != "" {
		return errors.New(f.problem)
	}
	pair, err := tls.X509KeyPair([]byte(f.cert), []byte(f.key))
	if err != nil {
		return err
	}
	c.served.Store(&pair)
	return nil
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.served.Load(), nil
}

// watch reads the files now and then. It tries new ones only when they have stayed the same from
// one look to the next: whoever renews them writes one after the other.
func (c *certificate) watch(ctx context.Context) {
	for before := c.tried; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(certificateEvery):
		}
		now := c.read()
		if now == before && now != c.tried {
			c.renew(now)
		}
		before = now
	}
}

func (c *certificate) renew(f files) {
	if err := c.try(f); err != nil {
		log.Printf("the old certificate is served on, because the new one does not fit: %v", err)
		return
	}
	until := c.served.Load().Leaf.NotAfter.Format(time.DateOnly)
	log.Printf("the new certificate is served, which is good until %s", until)
}
