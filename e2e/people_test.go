package e2e

import (
	"fmt"
	"testing"
)

func TestEachPersonHasAColourAndFourDigits(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	ada, bob := s.join(t), s.join(t)
	ada.say("hello")
	bob.say("hello")
	p.waitText(bob.said("hello"))
	colours := eval[[]string](p,
		`[...document.querySelectorAll("#messages .other .tail")].map((tail) =>
			getComputedStyle(tail).color)`)
	if len(colours) != 2 || colours[0] == colours[1] {
		t.Errorf("the colours of two people are %q", colours)
	}
	p.send("mine")
	p.waitText(p.said("mine"))
	digits := fmt.Sprint(p.id())
	for _, place := range []string{"#ws-id .id", "#messages .own .id"} {
		p.wait("the last four digits stand out at "+place, fmt.Sprintf(`(({ textContent,
			lastElementChild }) =>
			textContent === %q && lastElementChild.textContent === %q &&
				getComputedStyle(lastElementChild).fontWeight >= 700)(document.querySelector(%q))`,
			digits, digits[len(digits)-4:], place))
	}
}

// TestEachColourCanBeRead measures the contrast of each hue to what is behind it, from the pixels.
func TestEachColourCanBeRead(t *testing.T) {
	parallel(t)
	for _, scheme := range []string{"light", "dark"} {
		t.Run(scheme, func(t *testing.T) {
			s := startServer(t)
			p := newTab(t)
			p.media("prefers-color-scheme", scheme)
			p.navigate(s.url)
			p.waitStatus("Connected")
			bob := s.join(t)
			bob.say("hello")
			p.waitText(bob.said("hello"))
			worst := eval[float64](p, `(() => {
				const canvas = document.createElement("canvas")
					.getContext("2d", { willReadFrequently: true });
				const luminance = (colour) => {
					canvas.fillStyle = colour;
					canvas.fillRect(0, 0, 1, 1);
					const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1)
						.data].map((byte) => byte / 255)
						.map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
					return .2126 * r + .7152 * g + .0722 * b;
				};
				const tail = document.querySelector("#messages .tail");
				const behind = luminance(getComputedStyle(tail.closest(".text")).backgroundColor);
				let worst = Infinity;
				for (let hue = 0; hue < 360; hue++) {
					tail.style.setProperty("--hue", hue);
					const [low, high] = [behind, luminance(getComputedStyle(tail)
						.color)].sort((a, b) => a - b);
					worst = Math.min(worst, (high + .05) / (low + .05));
				}
				return worst;
			})()`)
			t.Logf("the worst contrast is %.2f", worst)
			if worst < 4.5 || worst > 21 {
				t.Errorf("the worst contrast is %.2f", worst)
			}
		})
	}
}

// TestTwoPagesWithTheSameIDAreToldApart: whose words they are does not depend on the number.
func TestTwoPagesWithTheSameIDAreToldApart(t *testing.T) {
	parallel(t)
	s := startServer(t)
	var pages [2]*tab
	for n := range pages {
		pages[n] = newTab(t)
		pages[n].before(`Date.now = () => 1767258000000;`)
		pages[n].navigate(s.url)
		pages[n].waitStatus("Connected")
	}
	const kinds = `[...document.querySelectorAll("#messages li")].map((row) =>
		row.className.replace(" arriving", ""))`
	kindsAre := func(p *tab, want string) {
		t.Helper()
		p.wait("the kinds are "+want, kinds+`.join() === `+quote(want))
	}
	pages[0].send("the same words")
	kindsAre(pages[0], "personal,own")
	kindsAre(pages[1], "namesake")
	pages[1].send("the same words")
	kindsAre(pages[1], "namesake,personal,own")
	kindsAre(pages[0], "personal,own,namesake")
	pages[0].wait("it says so",
		`document.querySelector("#messages .namesake")
			.innerText.includes("another page with your ID")`)
	pages[0].click("#code-button")
	pages[0].waitRan("Tell everyone", theirs, 2)
}
