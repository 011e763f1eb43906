package serve

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// urls says where the server can be reached: from here, and from other machines if they can.
func (s *Server) urls() (lines []string) {
	scheme := "http"
	if s.certificate != nil {
		scheme = "https"
	}
	addr := s.Addr().(*net.TCPAddr)
	url := func(host string) string {
		return scheme + "://" + net.JoinHostPort(host, fmt.Sprint(addr.Port))
	}
	host, others := addr.IP.String(), []string(nil)
	if addr.IP.IsUnspecified() {
		host, others = "127.0.0.1", Hosts()
	}
	lines = append(lines, fmt.Sprintf("Chat running on %s (Press CTRL+C to quit)", url(host)))
	for _, other := range others {
		lines = append(lines, "From other machines: "+url(other))
	}
	return lines
}

// Hosts are this machine's addresses that others may reach, the likeliest first.
func Hosts() (hosts []string) {
	outgoing := []string{outgoing("udp4", "192.0.2.1:9"), outgoing("udp6", "[2001:db8::1]:9")}
	interfaces, _ := net.Interfaces()
	for _, i := range interfaces {
		if i.Flags&net.FlagRunning == 0 { // it is down, or has no cable
			continue
		}
		own := addresses(i)
		leadsOut := func(host string) bool { return slices.Contains(outgoing, host) }
		if !leadsInside(i.Name) || slices.ContainsFunc(own, leadsOut) {
			hosts = append(hosts, own...)
		}
	}
	rank := func(host string) (rank int) {
		if net.ParseIP(host).To4() == nil { // most people have and type the older kind
			rank += 2
		}
		if !slices.Contains(outgoing, host) {
			rank++
		}
		return rank
	}
	slices.SortStableFunc(hosts, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	return hosts
}

func addresses(i net.Interface) (hosts []string) {
	all, _ := i.Addrs()
	for _, address := range all {
		if ip, ok := address.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() {
			hosts = append(hosts, ip.IP.String())
		}
	}
	return hosts
}

// outgoing is this machine's address on the way to others, where most of its neighbours are. The
// address to is nobody's, and a connection of UDP sends nothing.
func outgoing(network, to string) string {
	conn, err := net.Dial(network, to)
	if err != nil {
		return "" // there is no way
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).IP.String()
}

// inside is how VMware, VirtualBox, macOS and Windows call interfaces to virtual machines.
var inside = regexp.MustCompile(`^(vmnet|vboxnet|bridge\d{3}|VMware |VirtualBox |vEthernet )`)

// leadsInside reports whether an interface seems to lead to the containers and the virtual machines
// of this machine alone. On Linux it is a bridge then.
func leadsInside(name string) bool {
	_, err := os.Stat(filepath.Join("/sys/class/net", name, "bridge"))
	return err == nil || inside.MatchString(name)
}
