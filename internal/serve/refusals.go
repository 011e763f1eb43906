package serve

import (
	"fmt"
	"net/http"
	"strings"
)

// refusals logs each request that app answers with an error, within a limit: a page that is refused
// again and again cannot fill the log.
type refusals struct {
	app http.Handler
	log limit
}

func newRefusals(app http.Handler) *refusals {
	return &refusals{app: app, log: limit{more: "refused %d more in the same second"}}
}

func (l *refusals) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := &answer{ResponseWriter: w}
	l.app.ServeHTTP(a, r)
	if a.status >= 400 { // without the query, which may hold a token
		l.log.printf("refused remote=%s status=%d reason=%.300q "+
			"origin=%.100q host=%.100q path=%.100q",
			r.RemoteAddr, a.status, a.reason, r.Header.Get("Origin"), r.Host, r.URL.Path)
	}
}

// answer notes an answer's status, and its body if that says what was wrong.
type answer struct {
	http.ResponseWriter
	status int
	reason string
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	if a.status >= 400 && a.reason == "" {
		a.reason = strings.TrimSpace(string(p))
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap is how net/http finds what takes over a connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// limitHeaders refuses a request whose headers are too long, and says what makes them so.
func limitHeaders(app http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size, cookies := len(r.RequestURI), 0
		for name, values := range r.Header {
			for _, value := range values {
				size += len(name) + len(": \r\n") + len(value)
				if name == "Cookie" {
					cookies += len(value)
				}
			}
		}
		if size <= headerBytes {
			app.ServeHTTP(w, r)
			return
		}
		reason := fmt.Sprintf("the request's headers have %d bytes, %d of them cookies, and the "+
			"limit is %d: delete this host's cookies, which other programs on it may have set",
			size, cookies, headerBytes)
		http.Error(w, reason, http.StatusRequestHeaderFieldsTooLarge)
	})
}
