package page_test

import (
	"bytes"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"testing/fstest"

	"example.com/chat/internal/page"
)

var site = fstest.MapFS{
	"index.html":         {Data: []byte("<!doctype html>")},
	"static/chat.js":     {Data: []byte("export {}")},
	"static/chat.css":    {Data: []byte("body {}")},
	"static/favicon.svg": {Data: []byte("<svg/>")},
}

func get(h http.Handler, path, etag string) *http.Response {
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("If-None-Match", etag)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// With nosniff a browser refuses a script of another type, which the system's table may say.
func TestTheTypesOfFilesAreThePagesOwn(t *testing.T) {
	for _, extension := range []string{".html", ".js", ".css", ".svg"} {
		if err := mime.AddExtensionType(extension, "text/plain"); err != nil {
			t.Fatal(err)
		}
	}
	handler := page.Handler(site)
	for path, want := range map[string]string{
		"/":                   "text/html; charset=utf-8",
		"/static/chat.js":     "text/javascript; charset=utf-8",
		"/static/chat.css":    "text/css; charset=utf-8",
		"/static/favicon.svg": "image/svg+xml",
		"/favicon.ico":        "image/svg+xml",
	} {
		response := get(handler, path, "")
		if got := response.Header.Get("Content-Type"); got != want || response.StatusCode != 200 {
			t.Errorf("%s: %s, %q, want %q", path, response.Status, got, want)
		}
		if response.Header.Get("X-Content-Type-Options") != "nosniff" ||
			response.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %v", path, response.Header)
		}
	}
}

func TestAFileIsSentAgainOnlyIfAnyHasChanged(t *testing.T) {
	etag := get(page.Handler(site), "/", "").Header.Get("ETag")
	for _, path := range []string{"/", "/static/chat.js", "/favicon.ico"} {
		again := get(page.Handler(site), path, etag)
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%s, asked for again: %s, want 304", path, again.Status)
		}
		changed := fstest.MapFS{"static/new.js": {}}
		maps.Copy(changed, site)
		changed["static/chat.css"] = &fstest.MapFile{Data: []byte("body { margin: 0 }")}
		if again := get(page.Handler(changed), path, etag); again.StatusCode != 200 {
			t.Errorf("%s after a change: %s, want 200", path, again.Status)
		}
	}
}

func TestAFileThatIsNotReadTakesLittleMemory(t *testing.T) {
	large := page.Handler(fstest.MapFS{"large.css": {Data: bytes.Repeat([]byte("x"), 1<<20)}})
	r := httptest.NewRequest("GET", "/large.css", nil)
	get := func() { large.ServeHTTP(discard{http.Header{}}, r) }
	get()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	get()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<10 {
		t.Errorf("a file of 1 MB was sent with %d KB of memory", used>>10)
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
