package e2e

import "testing"

func TestWhereOthersCanReachItAnEmptyRoomSaysSo(t *testing.T) {
	parallel(t)
	s := ownServer(t, "-addr", ":0")
	p := openPage(t, s.url)
	const empty = `document.querySelector("#empty")`
	p.wait("nobody comes to a loopback address", `!`+empty+`.innerText.includes("Others join")`)
	p.navigate(s.host("chat.test") + "/#wire")
	p.waitStatus("Connected")
	p.wait("the address is there", empty+`.innerText.replace(/\s+/g, " ").trim() === `+
		quote("Others join at "+s.host("chat.test")))
	size := eval[float64](p, `parseFloat(getComputedStyle(`+empty+`.lastChild).fontSize)`)
	if size < 40 {
		t.Errorf("its letters are %v px high", size)
	}
	s.join(t).say("here I am")
	p.wait("it is gone when the room is not empty", `!`+empty+`.getClientRects().length`)
}
