package wsconn

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// Origins are the foreign web origins whose pages may connect (RFC 6454). A server's own pages
// always may. The zero value lets no others in.
type Origins map[origin]bool

// origin is a web origin in its canonical form, with its port always written out, so that ==
// compares it whole. The opaque origin "null" has that scheme and nothing more.
type origin struct{ scheme, host, port string }

// ParseOrigins reads a list with commas, as "https://a.example,https://b.example:8443". It takes
// whatever a browser can send as an Origin, "null" and an app's own scheme included. It returns an
// error for an entry that no browser's Origin can match.
func ParseOrigins(list string) (Origins, error) {
	origins := Origins{}
	if list == "" {
		return origins, nil
	}
	for text := range strings.SplitSeq(list, ",") {
		o, err := parseOrigin(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		origins[o] = true
	}
	return origins, nil
}

var defaultPorts = map[string]string{"http": "80", "https": "443"}

func parseOrigin(text string) (origin, error) {
	if text == "null" {
		return origin{scheme: text}, nil
	}
	wrong := func(advice string) (origin, error) {
		return origin{}, fmt.Errorf("%q is not an origin: %s", text, advice)
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
	o := origin{u.Scheme, strings.ToLower(u.Hostname()), u.Port()}
	if o.port == "" {
		o.port = defaultPorts[o.scheme]
	} else if n, err := strconv.ParseUint(o.port, 10, 16); err != nil || o.port != fmt.Sprint(n) {
		return wrong("the port is a number from 0 to 65535, without leading zeros")
	}
	if o.host, err = canonicalHost(o.host); err != nil {
		return wrong(err.Error())
	}
	return o, nil
}

// canonicalHost writes an IP address as browsers do. What looks like one and is none is an error.
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

// check keeps other sites' pages out (RFC 6455, section 10.2). A client that sends no Origin is not
// a browser.
func (origins Origins) check(r *http.Request) error {
	values := r.Header["Origin"]
	if len(values) == 0 {
		return nil
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	own, err := parseOrigin(scheme + "://" + r.Host)
	if err != nil {
		return fmt.Errorf("host %q does not parse", r.Host)
	}
	theirs, err := parseOrigin(values[0])
	if err != nil || len(values) > 1 || theirs != own && !origins[theirs] {
		return fmt.Errorf("pages of %q may not connect to this server", strings.Join(values, ", "))
	}
	return nil
}
