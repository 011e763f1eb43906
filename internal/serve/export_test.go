package serve

import "context"

// WatchCertificate serves what the two files hold to nobody, and watches them until ctx is done.
func WatchCertificate(ctx context.Context, certFile, keyFile string) error {
	c, err := newCertificate(certFile, keyFile)
	if err == nil {
		c.watch(ctx)
	}
	return err
}

// Break ends what the server listens with, as a failure of the system would.
func (s *Server) Break() { s.listener.Close() }
