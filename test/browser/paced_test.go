package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/selene-liveness/selene/test/browser"
)

// dropIn is an integration without options. The camera question is answered when the test says so.
const dropIn = `<div id="root" style="width: 480px; height: 480px"></div>
<script src="%[1]s/lib/selene.classic.js"></script>
<script>
	const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
	const answered = new Promise((answer) => { window.answer = answer; });
	navigator.mediaDevices.getUserMedia = async (c) => { await answered; return ask(c); };
	window.heard = [];
	window.run = async (options) => {
		const pass = new LunaPass(document.getElementById("root"), options);
		await pass.connectWS("%[2]s/ws");
		window.connected = true;
		await pass.attachCamera();
		return pass.checkLiveness(({ errors }) => heard.push([performance.now(), errors[0]]));
	};
	window.begin = (options) => { run(options).then(() => { window.end = "passed"; }, ({ failure, detail }) => { window.end = failure + " " + detail; }); };
</script>`

func openDropIn(t *testing.T, s *scripted) *browser.Page {
	t.Helper()
	url := site(t, fmt.Sprintf(dropIn, s.url, strings.Replace(s.url, "http", "ws", 1)))
	p := browser.Open(t, url, browser.Options{Camera: browser.Synthetic(t, "640x480")})
	p.WaitTrue("the library", `window.begin !== undefined && window.LunaPass !== undefined`)
	return p
}

// By default a session ends after 600 frames that show something to correct.
func TestTheLibraryPacesItself(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.always(stats(8))
	p := openDropIn(t, s)
	p.Eval(`answer(); begin({}); true`, nil)
	gaps := func() (shortest float64) {
		t.Helper()
		p.Eval(`heard.length = 0`, nil)
		p.WaitTrue("replies", `heard.length >= 8 || window.end`)
		p.Eval(`(heard.at(-1)[0] - heard[0][0]) / (heard.length - 1)`, &shortest)
		return shortest
	}
	if gap := gaps(); gap < 250 {
		t.Errorf("frames to correct are %.0f ms apart: a person has %.0f s", gap, gap*0.6)
	}
	s.always(stats(64))
	p.WaitTrue("an action", `heard.at(-1)[1] === 64`)
	if gap := gaps(); gap < 80 {
		t.Errorf("frames of an action are %.0f ms apart", gap)
	}
	s.say(success)
	p.WaitTrue("the end", `window.end === "passed"`)
	checkFaults(t, s)
}

// Without words of the integrator's own, the person still learns what the camera needs.
func TestTheLibrarySaysWhatTheCameraNeeds(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p := openDropIn(t, s)
	p.Eval(`window.play = HTMLMediaElement.prototype.play; answer(); `+playRefused+` begin({}); true`, nil)
	p.WaitTrue("the words", `document.querySelector("#root [role=status]")?.innerText === "Tap here to start the camera"`)
	p.Eval(`HTMLMediaElement.prototype.play = play; true`, nil)
	p.Do("tap", chromedp.Click("#root [role=status]"))
	eventually(t, "frames", func() bool { return s.frameCount() > 1 })
	p.WaitTrue("no words", `document.querySelector("#root [role=status]") === null`)
}

// A session that ended before a frame was judged is nobody's failure.
func TestASessionThatEndedUnusedIsReplaced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options, end string
		connects     []string // what they must contain
	}{
		"without options": {`{}`, "passed", []string{"", ""}},
		"an own ID":       {`{"session-id": "a"}`, "passed", []string{"\nsession-id:a\n", "\nsession-id:a\n"}},
		"a new ticket": {
			`{"session-id": "a", token: "t1", renew: async () => ({ sessionId: "b", token: "t2" })}`,
			"passed",
			[]string{"\nsession-id:a\ntoken:t1\n", "\nsession-id:b\ntoken:t2\n"},
		},
		"a used ticket":      {`{"session-id": "a", token: "t1"}`, "session close 4008 session timeout", []string{"\ntoken:t1\n"}},
		"no ticket for them": {`{"session-id": "a", token: "t1", renew: () => Promise.reject("no")}`, "session no new ticket", []string{"\ntoken:t1\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			s.say(success)
			p := openDropIn(t, s)
			p.Eval(`begin(`+c.options+`); true`, nil)
			p.WaitTrue("the session", `window.connected`)
			s.expire()
			eventually(t, "the socket to close", func() bool { return s.leftCount() == 1 })
			p.Eval(`answer(); true`, nil)
			p.WaitTrue("the end", `window.end`)
			var end string
			if p.Eval(`end`, &end); end != c.end {
				t.Errorf("ended with %q, want %q", end, c.end)
			}
			connects, _, _ := s.seen()
			if len(connects) != len(c.connects) {
				t.Fatalf("CONNECT messages %q", connects)
			}
			for i, want := range c.connects {
				if !strings.Contains(connects[i], want) {
					t.Errorf("CONNECT %d is %q, want %q in it", i, connects[i], want)
				}
			}
			if strings.Contains(connects[len(connects)-1], "resume-secret") {
				t.Error("a new session was asked for with the secret of the old one")
			}
			checkFaults(t, s)
		})
	}
}

// A camera that stood still for longer than a session lasts costs nobody the check.
func TestALongPauseStartsAnew(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.always(progress(64, `{"step":2,"steps":2,"action":"yaw_right","state":"act","failedSteps":0}`))
	p := browser.Open(t, s.plain, browser.Options{Camera: browser.Synthetic(t, "640x480"), Before: stoppable})
	p.Start()
	p.WaitTrue("an action", promptShown+` === "Turn your head to your right"`)
	p.Eval(`mute(true); true`, nil)
	p.WaitTrue("words", promptShown+` === "The camera has stopped. Waiting for it…"`)
	s.expire()
	eventually(t, "the socket to close", func() bool { return s.leftCount() == 1 })
	s.always(stats(37))
	if connects, _, _ := s.seen(); len(connects) != 1 {
		t.Errorf("%d sessions while the camera stands still", len(connects))
	}
	p.Eval(`mute(false); true`, nil)
	p.WaitTrue("the new check", promptShown+` === "Hold still, look at the camera"`)
	if steps := p.Text("#actions"); steps != "" {
		t.Errorf("the steps are still %q", steps)
	}
	connects, _, _ := s.seen()
	if len(connects) != 2 || strings.Contains(connects[1], "session-id") {
		t.Errorf("CONNECT messages %q, want a second session", connects)
	}
	checkFaults(t, s)
}
