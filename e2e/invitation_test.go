package e2e

import "testing"

func TestWhereOthersCanReachItAnEmptyRoomSaysSo(t *testing.T) {
	s := ownServer(t)
	p := openPage(t, s.url)
	p.wait("nobody else can come to a loopback address", `!document.querySelector("#empty").innerText.includes("Others join")`)
	p.navigate(s.host("chat.test") + "/#wire")
	p.waitStatus("Connected")
	p.wait("the address is there", `document.querySelector("#empty").innerText.replace(/\s+/g, " ").trim() === "Others join at " + `+quote(s.host("chat.test")))
	if size := eval[float64](p, `parseFloat(getComputedStyle(document.querySelector("#empty .address")).fontSize)`); size < 40 {
		t.Errorf("its letters are %v px high", size)
	}
	s.join(t).say("here I am")
	p.wait("it is gone when the room is not empty", `!document.querySelector("#empty").getClientRects().length`)
}
