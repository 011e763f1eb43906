package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

func TestTheHeadersForbidWhatThePageDoesNotNeed(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	answer, err := http.Get(s.url)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	policy := answer.Header.Get("Content-Security-Policy")
	for _, forbidden := range []string{"unsafe-inline", "unsafe-eval", "*", "http:", "https:"} {
		if policy == "" || strings.Contains(policy, forbidden) {
			t.Errorf("the Content-Security-Policy is %q", policy)
		}
	}
	for _, wanted := range []string{"default-src 'none'", "script-src 'self'", "connect-src 'self'",
		"frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, wanted) {
			t.Errorf("%s is not in the Content-Security-Policy %q", wanted, policy)
		}
	}
	if got := answer.Header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options is %q", got)
	}
}

func TestAnInlineScriptIsRefused(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	p := openPage(t, s.url)
	p.mayComplain = regexp.MustCompile("Content.Security.Policy|TrustedScript")
	eval[bool](p, `(() => {
		const script = document.createElement("script");
		script.append("window.inlineRan = true");
		document.head.append(script);
		return true;
	})()`)
	if eval[bool](p, `"inlineRan" in window`) {
		t.Error("an inline script ran")
	}
}

func TestThePageCannotBeFramed(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, `<!doctype html><link rel="icon" href="data:,">`)
		io.WriteString(w, `<iframe src="`+s.url+`"></iframe>`)
	}))
	t.Cleanup(other.Close)
	p := newTab(t)
	p.onlyChromium() // Firefox says so in no console that a test can read
	p.mayComplain = regexp.MustCompile("frame-ancestors")
	p.navigate(other.URL)
	p.waitComplaint("frame-ancestors")
}

// TestEverythingComesFromTheServerAndOnlyOnce visits twice: everything is the server's own, nothing
// is missing, and the second time each static file is answered with 304 or not asked for.
func TestEverythingComesFromTheServerAndOnlyOnce(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	p := newTab(t)
	p.onlyChromium()
	visits := &visits{urls: map[network.RequestID]string{}, statuses: map[network.RequestID]int64{}}
	if err := chromedp.Listen(p.ctx, visits.listen); err != nil {
		t.Fatal(err)
	}
	call(p, network.Enable, network.EnableParams{})
	p.navigate(s.url)
	p.waitStatus("Connected")
	first := visits.take()
	p.navigate("about:blank")
	p.navigate(s.url)
	p.waitStatus("Connected")
	second := visits.take()
	var static []string
	for _, a := range first {
		if !strings.HasPrefix(a.url, s.url+"/") && !strings.HasPrefix(a.url, "data:") {
			t.Errorf("%s was fetched", a.url)
		}
		if strings.Contains(a.url, "/static/") {
			static = append(static, a.url)
			if a.status != http.StatusOK {
				t.Errorf("%s: %d", a.url, a.status)
			}
		}
	}
	if len(static) < 5 {
		t.Errorf("only these static files were fetched: %q", static)
	}
	for _, a := range second {
		// A browser may be so late to ask for the icon that the second time is its first.
		if slices.Contains(static, a.url) && a.status != http.StatusNotModified {
			t.Errorf("the second time %s: %d", a.url, a.status)
		}
	}
}

// answer is what the server answered, before the browser's cache had its say.
type answer struct {
	url    string
	status int64
}

// visits collects both halves of each answer, which come in any order.
type visits struct {
	mu       sync.Mutex
	urls     map[network.RequestID]string
	statuses map[network.RequestID]int64
}

func (v *visits) listen(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		v.urls[event.RequestID] = event.Request.URL
	case *network.EventResponseReceivedExtraInfo:
		v.statuses[event.RequestID] = event.StatusCode
	}
}

// take returns the answers since the last time.
func (v *visits) take() []answer {
	v.mu.Lock()
	defer v.mu.Unlock()
	var answers []answer
	for id, status := range v.statuses {
		if url, ok := v.urls[id]; ok { // not for the WebSocket's own handshake
			answers = append(answers, answer{url, status})
			delete(v.statuses, id)
		}
	}
	return answers
}

// TestBootstrapIsTheFileFromNpm fetches the version that the file says it is, and compares.
func TestBootstrapIsTheFileFromNpm(t *testing.T) {
	parallel(t)
	ours, err := os.ReadFile("../static/bootstrap.min.css")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`Bootstrap\s+v(\d+\.\d+\.\d+)`).FindSubmatch(ours)
	if version == nil {
		t.Fatal("the file does not say its version")
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("no npm is installed, to fetch Bootstrap's package with")
	}
	pack := exec.Command(npm, "pack", "--silent", "bootstrap@"+string(version[1]))
	pack.Dir = t.TempDir()
	out, err := pack.Output()
	if err != nil {
		t.Skipf("npm cannot fetch Bootstrap's package: %v", err)
	}
	lines := strings.Fields(string(out))
	theirs := fileInTarball(t, filepath.Join(pack.Dir, lines[len(lines)-1]),
		"package/dist/css/bootstrap.min.css")
	if !bytes.Equal(ours, theirs) {
		t.Errorf("static/bootstrap.min.css is not the file of bootstrap@%s", version[1])
	}
}

func fileInTarball(t *testing.T, tarball, name string) []byte {
	t.Helper()
	file, err := os.Open(tarball)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(unzipped); ; {
		header, err := r.Next()
		if err != nil {
			t.Fatalf("%s in %s: %v", name, tarball, err)
		}
		if header.Name == name {
			content, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			return content
		}
	}
}
