// Package page serves a web page's embedded files, as Starlette's FileResponse and StaticFiles do
// from disk.
package page

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// contentSecurityPolicy lets the page load what this server embeds and talk to this server, and
// nothing else. (data: is for Bootstrap's icons.)
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; " +
	"img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// contentTypes are of the page's own files. The operating system's table may say something else,
// and with nosniff a browser then refuses the file.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".json": "application/json",
	".svg":  "image/svg+xml",
}

// Handler serves files by their path, index.html at "/" and static/favicon.svg at "/favicon.ico". A
// browser asks for each file again at each visit, and is sent it only if any file has changed.
func Handler(files fs.FS) http.Handler {
	etag := `"` + hash(files) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		switch name {
		case "":
			name = "index.html"
		case "favicon.ico":
			name = "static/favicon.svg"
		}
		header := w.Header()
		if contentType, ok := contentTypes[path.Ext(name)]; ok {
			header.Set("Content-Type", contentType)
		}
		header.Set("Cache-Control", "no-cache")
		header.Set("ETag", etag)
		header.Set("Content-Security-Policy", contentSecurityPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		// For the code panel. FastAPI has /openapi.json, which says so.
		header.Set("Chat-Server", "Go")
		http.ServeFileFS(w, r, files, name)
	})
}

// hash is of the contents of all files. It panics if one cannot be read: embedded files always can.
func hash(files fs.FS) string {
	sum := sha256.New()
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		sum.Write(content)
		return err
	})
	if err != nil {
		panic(err)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
