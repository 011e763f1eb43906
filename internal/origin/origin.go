// Package origin says which web pages may connect (RFC 6454; RFC 6455, section 10.2). A browser
// sends the origin of its page, and leaves it to the server to refuse.
package origin

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Set says whose pages may connect: those of the origins in it, and a server's own. The zero value
// lets only the server's own in.
type Set struct {
	listed   map[string]bool
	loopback bool // the server listens on loopback
}

// Parse reads a list with commas, as "https://a.example,https://b.example:8443". It takes whatever
// a browser can send as an Origin, "null" and an app's own scheme included. It returns an error for
// an entry that no browser's Origin can match.
func Parse(list string) (Set, error) {
	set := Set{listed: map[string]bool{}}
	if list == "" {
		return set, nil
	}
	for text := range strings.SplitSeq(list, ",") {
		origin, err := canonical(strings.TrimSpace(text))
		if err != nil {
			return Set{}, err
		}
		set.listed[origin] = true
	}
	return set, nil
}

// At is s for a server that listens at addr. On loopback, where nobody but this machine is meant to
// come in, a server's own pages are those that were reached by a name of this machine alone. Any
// other name may have been pointed here by its owner, whose page then is of the same origin as the
// server (DNS rebinding).
func (s Set) At(addr net.Addr) Set {
	tcp, ok := addr.(*net.TCPAddr)
	s.loopback = ok && tcp.IP.IsLoopback()
	return s
}

// Check returns an error for a request from another site's page. A client that sends no Origin is
// not a browser, and may connect.
func (s Set) Check(r *http.Request) error {
	values := r.Header["Origin"]
	if len(values) == 0 {
		return nil
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	own, err := canonical(scheme + "://" + r.Host)
	if err != nil {
		return fmt.Errorf("host %q does not parse", r.Host)
	}
	theirs, err := canonical(values[0])
	if err == nil && len(values) == 1 && (s.listed[theirs] ||
		theirs == own && (!s.loopback || isLocal(own))) {
		return nil
	}
	reason := fmt.Sprintf("pages of %q may not connect to this server",
		strings.Join(values, ", "))
	if len(values) == 1 && plain.MatchString(values[0]) {
		reason += ": to let them in, start it with -origins " + values[0]
	}
	return errors.New(reason)
}

// plain is an origin that may be pasted into a command.
var plain = regexp.MustCompile(`^[a-z]+://[A-Za-z0-9.:[\]_-]+$`)

// isLocal reports whether an origin's host is this machine, whoever asks: a loopback address, or
// localhost and names under it, which no name server decides (RFC 6761, section 6.3).
func isLocal(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		return ip.IsLoopback()
	}
	return strings.HasSuffix("."+strings.TrimSuffix(u.Hostname(), "."), ".localhost")
}

var defaultPorts = map[string]string{"http": "80", "https": "443"}

// canonical writes an origin in one form, its port always written out.
func canonical(text string) (string, error) {
	if text == "null" {
		return text, nil
	}
	wrong := func(advice string) (string, error) {
		return "", fmt.Errorf("%q is not an origin: %s", text, advice)
	}
	u, err := url.Parse(text)
	switch {
	case strings.Contains(text, "*"):
		return wrong("patterns do not work here, write each origin in full, as https://a.example")
	case strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }):
		return wrong("write the host in ASCII, as browsers send it (xn--...)")
	case err != nil, u.Scheme == "", !strings.EqualFold(text, u.Scheme+"://"+u.Host):
		return wrong("write scheme://host or scheme://host:port, and nothing after it")
	case u.Hostname() == "" && u.Scheme != "file":
		return wrong("the host is missing")
	}
	port := u.Port()
	if n, err := strconv.ParseUint(port, 10, 16); port == "" {
		port = defaultPorts[u.Scheme]
	} else if err != nil || port != fmt.Sprint(n) {
		return wrong("the port is a number from 0 to 65535, without leading zeros")
	}
	host, err := canonicalHost(strings.ToLower(u.Hostname()))
	if err != nil {
		return wrong(err.Error())
	}
	return u.Scheme + "://" + net.JoinHostPort(host, port), nil
}

// canonicalHost writes an IP address as browsers do. A host that only looks like one is an error.
func canonicalHost(host string) (string, error) {
	last := host[strings.LastIndexByte(host, '.')+1:]
	hex, isHex := strings.CutPrefix(last, "0x")
	number := isHex && strings.Trim(hex, "0123456789abcdef") == "" ||
		last != "" && strings.Trim(last, "0123456789") == ""
	if !number && !strings.Contains(host, ":") {
		return host, nil // a name
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Zone() != "" {
		return "", fmt.Errorf("write the IP address as browsers do, as 192.0.2.1 or [2001:db8::1]")
	}
	return ip.String(), nil
}
