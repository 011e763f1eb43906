package origin

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

// asks is a handshake of a page, or of none, to host.
func asks(host string, origin ...string) *http.Request {
	return &http.Request{Host: host, Header: http.Header{"Origin": origin}}
}

func TestWhateverABrowserSendsAsOriginCanBeListed(t *testing.T) {
	for _, origin := range []string{
		"null", "file://", "https://a.example", "https://a.example:8443",
		"http://localhost", "http://localhost:5173", "http://127.0.0.1:8000",
		"http://[::1]", "https://[2001:db8::1]:8443", "http://xn--mnchen-3ya.example",
		"https://my_host.example", "http://a.example.", "http://a.0b1",
		"capacitor://localhost", "ionic://localhost", "tauri://localhost", "app://obsidian.md",
		"vscode-webview://19p1hvodq9ihhfj0gl7mbdcegu",
		"chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai",
		"moz-extension://6a8b4f3e-1d2c-4e5f-9a0b-112233445566",
	} {
		origins, err := Parse(" https://other.example, " + origin)
		if err != nil {
			t.Errorf("%s cannot be listed: %v", origin, err)
		} else if err := origins.Check(asks("chat.example", origin)); err != nil {
			t.Errorf("%s is listed: %v", origin, err)
		}
		if err := (Set{}).Check(asks("chat.example", origin)); err == nil {
			t.Errorf("%s is let in without being listed", origin)
		}
	}
}

func TestWhatNoBrowserSendsAsOriginIsRefusedWithWhatToWrite(t *testing.T) {
	for list, advice := range map[string]string{
		"*":                                   "write each origin in full",
		"https://*.example":                   "write each origin in full",
		"a.example":                           "write scheme://host",
		"localhost:8000":                      "write scheme://host",
		"https://a.example/":                  "nothing after it",
		"https://a.example,":                  "write scheme://host",
		"https://a.example https://b.example": "write scheme://host",
		"https://user@a.example":              "write scheme://host",
		"https://a.example/chat":              "nothing after it",
		"https://":                            "the host is missing",
		"https://:8443":                       "the host is missing",
		"https://a.example:65536":             "a number from 0 to 65535",
		"https://a.example:08443":             "a number from 0 to 65535",
		"https://münchen.example":             "in ASCII",
		"http://127.1":                        "as 192.0.2.1",
		"http://2130706433":                   "as 192.0.2.1",
		"http://0x7f.0.0.1":                   "as 192.0.2.1",
		"http://a.99999999999999999999":       "as 192.0.2.1",
		"http://[::1%25eth0]":                 "nothing after it",
		"NULL":                                "write scheme://host",
	} {
		_, err := Parse(list)
		if err == nil || strings.Contains(err.Error(), "\n") ||
			!strings.Contains(err.Error(), advice) {
			t.Errorf("%q: %v, want a line with %q", list, err, advice)
		}
	}
}

var (
	names = regexp.MustCompile(
		`^[a-z][a-z0-9+.-]*://([a-z0-9_-]+\.)*[a-z_-][a-z0-9_-]*(:[1-9][0-9]{0,3})?$`)
	brackets = regexp.MustCompile(`^https?://\[([0-9a-f:]+)\]$`)
)

// byBrowser reports whether a browser may write origin so. It knows the usual forms only.
func byBrowser(origin string) bool {
	if in := brackets.FindStringSubmatch(origin); in != nil {
		ip, err := netip.ParseAddr(in[1])
		return err == nil && ip.String() == in[1]
	}
	return origin == "null" || names.MatchString(origin)
}

func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{
		"http://127.0.0.1:8000", "HTTP://127.0.0.1:8000", "http://evil127.0.0.1:8000",
		"http://127.0.0.1:8000.evil.example", "http://127.0.0.1:8000@evil.example",
		"http://127.0.0.1:8000/", "http://127.0.0.1:8000?x#y", "https://127.0.0.1:8000",
		"http://127.0.0.1", "capacitor://localhost", "null", "",
	} {
		f.Add(seed, "127.0.0.1:8000")
	}
	f.Add("http://Kay.example", "\u212aay.example") // strings.ToLower makes a k of U+212A
	f.Add("http://chat.example:80", "chat.example")
	f.Add("http://chat.example", "CHAT.example:80")
	f.Add("https://friend.example", "chat.example")
	f.Add("http://[::1]:8000", "[::1]:8000")
	f.Add("http://[0::1]", "[::1]")
	friends, err := Parse("https://friend.example")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, origin, host string) {
		let := friends.Check(asks(host, origin)) == nil
		whole := wholeOrigin(origin)
		own := whole == wholeOrigin("http://"+host)
		if let && !own && whole != "https://friend.example:443" {
			t.Errorf("a page of %q was let in at %q", origin, host)
		} else if !let && own && byBrowser(origin) {
			t.Errorf("%q refused its own page", host)
		}
		listed, err := Parse(origin)
		switch {
		case byBrowser(origin) &&
			(err != nil || listed.Check(asks("other.example", origin)) != nil):
			t.Errorf("%q cannot be listed: %v", origin, err)
		case err != nil &&
			!strings.Contains(err.Error(), "write ") && !strings.Contains(err.Error(), "the "):
			t.Errorf("%q is refused without what to write: %v", origin, err)
		}
	})
}

// wholeOrigin writes an origin with its port always, and small letters.
func wholeOrigin(origin string) string {
	scheme, host, _ := strings.Cut(origin, "://")
	small := func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	scheme, host = strings.Map(small, scheme), strings.Map(small, strings.TrimSuffix(host, ":"))
	if in := regexp.MustCompile(`^\[(.*)\](.*)$`).FindStringSubmatch(host); in != nil {
		if ip, err := netip.ParseAddr(in[1]); err == nil {
			host = "[" + ip.String() + "]" + in[2]
		}
	}
	if i := strings.LastIndexByte(host, ':'); i < 0 || strings.HasSuffix(host, "]") {
		host += map[string]string{"http": ":80", "https": ":443"}[scheme]
	}
	return scheme + "://" + host
}

func TestOnlyTheServersOwnPagesMayConnectWhereNoneIsListed(t *testing.T) {
	for origin, may := range map[string]bool{
		"http://chat.example:8000": true, "HTTP://CHAT.example:8000": true,
		"": false, "null": false, "https://chat.example:8000": false,
		"http://chat.example": false, "http://chat.example:80": false,
		"http://chat.example:8000/": false, "http://evilchat.example:8000": false,
		"http://chat.example.evil.example:8000": false,
		"http://chat.example:8000@evil.example": false,
	} {
		if err := (Set{}).Check(asks("chat.example:8000", origin)); (err == nil) != may {
			t.Errorf("a page of %q: %v", origin, err)
		}
	}
	two := asks("chat.example", "http://chat.example", "http://chat.example")
	if err := (Set{}).Check(two); err == nil {
		t.Error("a request with two origins is let in")
	}
	if err := (Set{}).Check(asks("chat.example")); err != nil {
		t.Errorf("who sends no Origin is no browser: %v", err)
	}
	secure := asks("chat.example", "https://chat.example")
	secure.TLS = &tls.ConnectionState{}
	if err := (Set{}).Check(secure); err != nil {
		t.Error(err)
	}
}

func TestOnLoopbackAPageMustHaveBeenReachedByANameOfThisMachineAlone(t *testing.T) {
	listed, err := Parse("https://chat.example,http://listed.example:8000")
	if err != nil {
		t.Fatal(err)
	}
	loopback := []net.Addr{
		&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8000},
		&net.TCPAddr{IP: net.IPv4(127, 9, 9, 9), Port: 8000},
		&net.TCPAddr{IP: net.IPv6loopback, Port: 8000},
	}
	everywhere := []net.Addr{
		&net.TCPAddr{IP: net.IPv4zero, Port: 8000},
		&net.TCPAddr{IP: net.IPv6unspecified, Port: 8000},
		&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 8000},
	}
	for host, local := range map[string]bool{
		"127.0.0.1:8000": true, "127.0.0.2": true, "[::1]:8000": true, "[::ffff:127.0.0.1]": true,
		"localhost:8000": true, "LOCALHOST": true, "chat.localhost:8000": true,
		"localhost.": true, "a.b.localhost.:8000": true,
		"listed.example:8000": true, "listed.example": false,
		"evil.example:8000": false, "localhost.evil.example": false, "evillocalhost:8000": false,
		"127.0.0.1.evil.example": false, "evil-127.0.0.1.example": false,
		"localhost.localdomain": false,
		"192.0.2.1:8000":        false, "[2001:db8::1]": false, "0.0.0.0:8000": false,
	} {
		own := asks(host, "http://"+host)
		for _, addr := range loopback {
			if err := listed.At(addr).Check(own); (err == nil) != local {
				t.Errorf("at %v a page of http://%s: %v", addr, host, err)
			} else if err != nil && !strings.HasSuffix(err.Error(), ": to let them in, "+
				"start it with -origins http://"+host) {
				t.Errorf("%q does not say what to add", err)
			}
			foreign := asks("evil.example", "http://"+host)
			if err := (Set{}).At(addr).Check(foreign); err == nil {
				t.Errorf("at %v a page of http://%s is let in at evil.example", addr, host)
			}
			proxied := asks(host, "https://chat.example")
			if err := listed.At(addr).Check(proxied); err != nil {
				t.Errorf("at %v a listed page is refused: %v", addr, err)
			}
			if err := listed.At(addr).Check(asks(host)); err != nil {
				t.Errorf("at %v whoever is no browser is refused: %v", addr, err)
			}
		}
		for _, addr := range everywhere {
			if err := (Set{}).At(addr).Check(own); err != nil {
				t.Errorf("at %v, where others come in, its own page is refused: %v", addr, err)
			}
		}
	}
}

func TestARefusalHasNoCommandThatDoesMoreThanItSays(t *testing.T) {
	for _, origin := range []string{
		"http://a;reboot", "http://$(reboot)", "http://a'b", "http://a,b",
	} {
		err := (Set{}).Check(asks("chat.example", origin))
		if err == nil || strings.Contains(err.Error(), "-origins") {
			t.Errorf("%s is answered %v", origin, err)
		}
	}
}
