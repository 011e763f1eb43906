//go:build unix

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

func TestATrialInABrokenRoomSaysThatItIsBroken(t *testing.T) {
	parallel(t)
	s := startServer(t)
	if !s.isPython(t) {
		t.Skip("no trial breaks the Go server's room")
	}
	p := openPage(t, s.url)
	p.mayBreak = true
	s.join(t) // who comes before and stays
	mustSay(t, p.try("Send a binary message"),
		"The room is broken until the server restarts: restart uvicorn")
	p.waitStatus("Connected")
	got := p.try("Send 70,000 bytes")
	mustSay(t, got, "This room was broken by an earlier trial: restart uvicorn")
	if strings.Contains(got, "70,000") {
		t.Errorf("the trial ran all the same:\n%s", got)
	}
	p.wait("nothing of a trial is offered to be sent again", outboxTexts+`.length === 0`)
}

// TestAfterLastWordsTheTrialKnowsWhetherTheRoomGoesOn: in Python that is a matter of chance.
func TestAfterLastWordsTheTrialKnowsWhetherTheRoomGoesOn(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.mayBreak = true
	got := p.try("Say last words and leave at once")
	if strings.Contains(got, "The room is broken until the server restarts") {
		return
	}
	mustSay(t, got, "was heard: it does")
	last := s.join(t)
	p.click("#messageText")
	p.send("is it so?")
	last.hears(p.said("is it so?"))
	p.send("and again?")
	last.hears(p.said("and again?"))
}

func TestALaterTrialRunsOnlyAfterTheFirst(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.mayBreak = true
	p.click("#try-button")
	p.run(`window.states = []; new MutationObserver(() =>
		states.push(document.querySelector("#trial").dataset.state +
		[...document.querySelectorAll("#try li button")].every(({ ariaDisabled }) =>
			ariaDisabled === "true")))
		.observe(document.querySelector("#trial"), { attributeFilter: ["data-state"] })`)
	p.click("#try li:nth-child(3) button")
	p.wait("all are disabled while it runs, and not after",
		`states.join() === "runningtrue,donefalse"`)
}

func TestASecondEnterSaysNothing(t *testing.T) {
	parallel(t)
	s := startServer(t)
	bob := s.join(t)
	p := openPage(t, s.url)
	p.write("once")
	p.run(`for (const n of [1, 2]) document.querySelector("#send").click()`)
	p.press(kb.Enter)
	bob.hears(p.said("once"))
	p.wait("nothing is said", `document.querySelector("#problem").textContent === ""`)
	p.send("twice")
	if before := bob.hears(p.said("twice")); len(before) > 0 {
		t.Errorf("sent as well: %q", before)
	}
}

// TestTheEnterOfAnInputMethodDoesNotSend: Safari says so by the old key code alone.
func TestTheEnterOfAnInputMethodDoesNotSend(t *testing.T) {
	parallel(t)
	s := startServer(t)
	bob := s.join(t)
	p := openPage(t, s.url)
	p.write("にほ")
	p.run(`document.querySelector("#messageText").dispatchEvent(new KeyboardEvent("keydown",
		{ key: "Enter", keyCode: 229, bubbles: true, cancelable: true }))`)
	p.write("んご")
	p.press(kb.Enter)
	if before := bob.hears(p.said("にほんご")); len(before) > 0 {
		t.Errorf("sent too early: %q", before)
	}
}

// TestAPageThatStoodStillShowsWhatCame, and keeps the connection to this machine's own server.
func TestAPageThatStoodStillShowsWhatCame(t *testing.T) {
	parallel(t)
	s := startServer(t)
	bob := s.join(t)
	p := openPage(t, s.url)
	done := make(chan bool)
	p.run(`{ const now = Date.now; window.stand = () => {
		const until = performance.now() + 1500;
		while (performance.now() < until);
		Date.now = () => now() + 120_000;
		document.dispatchEvent(new Event("visibilitychange"));
	}; }`)
	go func() {
		defer close(done)
		time.Sleep(500 * time.Millisecond) // in the middle of it
		for n := range 10 {
			bob.say(fmt.Sprint("while it stood still ", n))
		}
	}()
	p.run(`stand()`)
	<-done
	p.waitText(bob.said("while it stood still 9"))
	if got := len(p.texts()); got != 10 {
		t.Errorf("%d of 10 messages are shown", got)
	}
	p.send("still here")
	for _, text := range bob.hears(p.said("still here")) {
		if strings.Contains(text, "has left") {
			t.Errorf("the page gave a live connection up: %q", text)
		}
	}
}

func TestAMegabyteInTheBoxIsNotCountedWithEachKey(t *testing.T) {
	s := startServer(t)
	p := openPage(t, s.url)
	p.run(`document.querySelector("#messageText").value = "word ".repeat(200_000)`)
	p.run(`window.asked = 0; const { get,
		set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
		Object.defineProperty(document.querySelector("#messageText"), "value", { set,
			get() { asked++; return get.call(this); } });
		document.querySelector("#messageText").dispatchEvent(new Event("input"))`)
	p.wait("it is too long",
		`document.querySelector("#problem").textContent.includes("at least 1,000,000 bytes")`)
	if got := eval[int](p, `asked`); got != 0 {
		t.Errorf("the text was read %d times for one key", got)
	}
}

func TestManyLostMessagesHaveOneRow(t *testing.T) {
	parallel(t)
	s := ownServer(t)
	p := breakableTab(t, "0.9999")
	p.navigate(s.url)
	p.waitStatus("Connected")
	s.freeze()
	p.run(`for (let n = 0; n < 20; n++) {
		document.querySelector("#messageText").value = "lost " + n;
		document.querySelector("#form").requestSubmit();
	}`)
	s.kill()
	p.wait("all are told", outboxTitle+`.startsWith("20 messages are not confirmed")`)
	p.wait("few are shown", `[...document.querySelectorAll("#outbox li")].filter((row) =>
		row.getClientRects().length).length === 3 &&
		document.querySelector("#outbox-more").textContent.startsWith("17 more")`)
	p.click("#outbox-dismiss")
	p.wait("all are gone", `!document.querySelector("#outbox").getClientRects().length`)
	if got := p.focused(); got != "#messageText" {
		t.Errorf("the focus is on %s", got)
	}
}

func TestOneCanStepThroughOnesOwnAlone(t *testing.T) {
	parallel(t)
	s := startServer(t)
	bob := s.join(t)
	p := openPage(t, s.url)
	p.openCode("step")
	for n := range 30 {
		bob.say(fmt.Sprint("before ", n))
	}
	p.waitCode("30 steps wait")
	p.click("#messageText")
	p.send("mine")
	p.waitCode("33 steps wait")
	p.click("#wire-button")
	p.wait("another view keeps them",
		`document.querySelector("#code-held").textContent === "33 wait"`)
	p.click("#code-button")
	p.click("#code-mine")
	p.waitRan("Receive", yours, 1)
	bob.say("after")
	p.waitCode("3 steps wait")
	p.click("#code-only")
	p.waitCode("2 steps wait")
	p.press(kb.F8)
	p.press(kb.F8)
	p.waitRan("Tell everyone", theirs, 32)
	p.waitText(bob.said("after"))
}

func TestADraftOutlivesAReload(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.write("half a mess")
	p.run(`setTimeout(() => location.reload())`)
	p.waitAcross("the draft is in the new page",
		`performance.getEntriesByType("navigation")[0].type === "reload" && `+
			statusText+` === "Connected" && document.querySelector("#messageText")
				.value === "half a mess"`)
}

func TestThePanelsCanBeReadAtEveryWidth(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.send("some words that are to be read")
	p.waitText(p.said("some words that are to be read"))
	for _, width := range []int64{360, 768, 911, 1024, 1280, 1920} {
		p.viewport(width, 800)
		p.click("#wire-button")
		p.waitFrame("some words")
		text := eval[float64](p,
			`document.querySelector("#frames tbody tr:last-child .payload").clientWidth`)
		if text < 190 {
			t.Errorf("at %d px the wire's text has %.0f px", width, text)
		}
		p.click("#code-button")
		p.wait("the code is there", `document.querySelector("#pairs .now")`)
		size := eval[float64](p,
			`parseFloat(getComputedStyle(document.querySelector("#pairs pre")).fontSize)`)
		if size < 14 {
			t.Errorf("at %d px the code has %.1f px", width, size)
		}
		p.click("#code-close")
	}
}

func TestEscapeClosesWhatIsOpenOneAfterTheOther(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.send("one")
	p.waitText(p.said("one"))
	p.click("#wire-button")
	p.waitFrame(p.said("one"))
	p.click("#frames tbody tr:last-child button")
	p.wait("the chosen frame is marked",
		`document.querySelector("#frames tbody tr:last-child").ariaCurrent === "true"`)
	p.press(kb.Escape)
	p.wait("its bytes are closed, and its button has the focus", `document.querySelector("#frame")
		.hidden &&
		document.activeElement.closest("tr") ===
			document.querySelector("#frames tbody tr:last-child")`)
	p.press(kb.ArrowUp)
	p.wait("arrows move on",
		`document.activeElement.closest("tr")
			.nextElementSibling === document.querySelector("#frames tbody tr:last-child")`)
	p.press(kb.Escape)
	p.wait("the view is closed",
		`document.querySelector("#wire-view").hidden &&
			document.activeElement.id === "wire-button"`)
}

func TestTheJoinCardsCodeLeadsToThePage(t *testing.T) {
	parallel(t)
	s := ownServer(t, "-addr", ":0")
	p := openPage(t, s.host("chat.test"))
	p.press(kb.F2)
	p.wait("the card is open", `document.querySelector("#join").open`)
	picture, err := p.driver.photograph(p.ctx)
	if err != nil {
		t.Fatal(err)
	}
	image, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(image)
	if err != nil {
		t.Fatal(err)
	}
	read, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := read.GetText(); got != s.host("chat.test") {
		t.Errorf("the code says %q", got)
	}
	p.press(kb.F2)
	p.wait("the card is closed", `!document.querySelector("#join").open`)
}

func TestOnThisMachineTheJoinCardNamesTheFlag(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	want := "go run main.go -addr :8000"
	if s.isPython(t) {
		want = "uvicorn main:app --host 0.0.0.0"
	}
	p.click("#join-button")
	p.wait("it names the flag",
		`document.querySelector("#join code")?.textContent === `+quote(want))
}

func TestMessagesOfOneSenderStandTogetherUnderOneTime(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	ada, bob := s.join(t), s.join(t)
	for n := range 3 {
		ada.say(fmt.Sprint("ada ", n))
	}
	p.waitText(ada.said("ada 2"))
	bob.say("bob")
	p.waitText(bob.said("bob"))
	times := eval[[]bool](p,
		`[...document.querySelectorAll("#messages time")].map((time) => time.getClientRects()
			.length > 0)`)
	if got := fmt.Sprint(times); got != "[true false false true]" {
		t.Errorf("their times are shown: %s", got)
	}
}

func TestOnPaperIsEveryMessage(t *testing.T) {
	parallel(t)
	s := startServer(t)
	p := openPage(t, s.url)
	p.onlyChromium()
	sayMany(p, s.join(t), 60)
	p.click("#code-button")
	p.do("printing", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia,
			emulation.SetEmulatedMediaParams{Media: "print"})
		return err
	})
	p.wait("nothing is cut off", `["#log", "#code-view .scroller", "body"].every((selector) => {
		const { scrollHeight, clientHeight } = document.querySelector(selector);
		return scrollHeight <= clientHeight + 1 && clientHeight > 600;
	})`)
	p.wait("no button is printed", `document.querySelector("#send").getClientRects().length === 0`)
}

// TestAHandshakeThatFailsIsNotLaidToTheServer: it may be swallowed on the way.
func TestAHandshakeThatFailsIsNotLaidToTheServer(t *testing.T) {
	for way, fail := range map[string]func(net.Conn){
		"reset":  func(conn net.Conn) { conn.(*net.TCPConn).SetLinger(0); conn.Close() },
		"silent": func(net.Conn) {},
	} {
		t.Run(way, func(t *testing.T) {
			parallel(t)
			if *fastAPI {
				t.Skip("has a server of its own, to which -fastapi makes no difference")
			}
			app := http.NewServeMux()
			app.HandleFunc("GET /{$}",
				func(w http.ResponseWriter,
					r *http.Request) {
					http.ServeFile(w, r, "../index.html")
				})
			app.Handle("GET /static/", http.FileServer(http.Dir("..")))
			app.HandleFunc("GET /ws/{id}", func(w http.ResponseWriter, r *http.Request) {
				if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
					t.Cleanup(func() { conn.Close() })
					fail(conn)
				}
			})
			s := httptest.NewServer(app)
			t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
			p := breakableTab(t, "0")
			p.navigate(s.URL)
			p.wait("the page says so",
				refusalText+`.includes("or something on the way") &&
					`+refusalText+`.includes("If the server did, its log")`)
		})
	}
}
