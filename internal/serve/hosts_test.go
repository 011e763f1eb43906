//go:build linux

package serve_test

import (
	"io"
	"net"
	"os/exec"
	"syscall"
	"testing"
)

// network makes, in namespaces, what a machine may have: containers behind docker0, an interface
// that is down, one without a cable, a second one, and lan0 on the way out, which is a bridge, too.
const network = `
mount --make-rprivate /
mount -t sysfs sys /sys
pair() {
	ip link add $1 type veth peer $1-peer
	ip addr add $2 dev $1
}
pair down0 10.7.0.2/24
pair cable0 10.8.0.2/24
ip link set cable0 up
pair second0 10.9.0.2/24
ip link set second0 up
ip link set second0-peer up
for bridge in docker0 lan0; do
	ip link add $bridge type bridge
	ip link add $bridge-port type veth peer $bridge-peer
	ip link set $bridge-port master $bridge
	ip link set $bridge-port up
	ip link set $bridge-peer up
	ip link set $bridge up
done
ip addr add 172.17.0.1/16 dev docker0
ip addr add 192.168.7.5/24 dev lan0
ip addr add 2001:db8:7::5/64 dev lan0 nodad
ip route add default via 192.168.7.1
ip route add default via 2001:db8:7::1
for name in second0 docker0 lan0; do # which takes the kernel a moment
	until test "$(cat /sys/class/net/$name/operstate)" = up; do sleep 0.01; done
done
`

func TestTheURLsAreThoseThatOthersCanOpenTheLikeliestFirst(t *testing.T) {
	t.Parallel()
	try := exec.Command("sh", "-ec", "ip -V; ip link add try type veth")
	namespace := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
	if try.SysProcAttr = namespace; try.Run() != nil {
		t.Skip("a network to try it in cannot be made here: it takes root, and the command ip")
	}
	command := exec.Command("sh", "-ec", network+"exec "+chat+" -addr :0")
	command.SysProcAttr = namespace
	p := start(t, command)
	_, port, _ := net.SplitHostPort(p.addr)
	p.Process.Signal(syscall.SIGTERM)
	printed, _ := io.ReadAll(p.printed)
	want := ""
	for _, host := range []string{"192.168.7.5", "10.9.0.2", "2001:db8:7::5"} {
		want += "From other machines: http://" + net.JoinHostPort(host, port) + "\n"
	}
	if string(printed) != want {
		t.Errorf("printed\n%swant\n%s", printed, want)
	}
}
