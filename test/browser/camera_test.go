package browser_test

import (
	"fmt"
	"image"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/selene-liveness/selene/test/browser"
)

// rejecting is a browser whose getUserMedia rejects with an expression.
func rejecting(expression string) string {
	return `Object.assign(navigator.mediaDevices, { getUserMedia: () => Promise.reject(` + expression + `) });`
}

const (
	playRefused      = `HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException("not allowed by the user agent", "NotAllowedError"));`
	noMediaDevices   = `Object.defineProperty(navigator, "mediaDevices", { value: undefined, configurable: true });`
	oldOverconstrain = `{ name: "OverconstrainedError", message: "", constraint: "facingMode" }`
	// permissionIs makes the browser say something else about the camera permission.
	permissionIs = `navigator.permissions.query = async () => ({ state: %q });`
	failureShown = `document.getElementById("main").dataset.view === "failure" && document.getElementById("failure-title").innerText`
	promptShown  = `document.getElementById("prompt").innerText`
)

func domException(name, message string) string {
	return fmt.Sprintf("new DOMException(%q, %q)", message, name)
}

// Every way in which browsers refuse a camera is explained by what the person can do, by the page and by its camera test.
func TestEachRefusedCameraIsExplained(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p := browser.Open(t, s.plain, browser.Options{Camera: browser.Synthetic(t, "640x480")})
	p.Eval(`window.usual = navigator.mediaDevices; true`, nil)
	for name, refusal := range map[string]struct{ before, title, code string }{
		"an in-app browser": {noMediaDevices, "Open this page in your browser", "cameraUnsupported"},
		"an insecure page": {
			noMediaDevices + `Object.defineProperty(window, "isSecureContext", { value: false, configurable: true });`,
			"The camera is not available here", "cameraInsecure",
		},
		"the system": {
			rejecting(domException("NotAllowedError", "Permission denied by system")), "This device blocks the camera", "cameraBlocked",
		},
		"the system, of Safari": {
			fmt.Sprintf(permissionIs, "granted") + rejecting(domException("NotAllowedError", "The request is not allowed")),
			"This device blocks the camera", "cameraBlocked",
		},
		"the person": {
			rejecting(domException("NotAllowedError", "Permission denied")), "Camera access was denied", "cameraRefused",
		},
		"a dismissed question": {
			fmt.Sprintf(permissionIs, "prompt") + rejecting(domException("NotAllowedError", "Permission dismissed")),
			"Camera access was not allowed", "cameraTimeout",
		},
		"a policy":                 {rejecting(domException("SecurityError", "The operation is insecure.")), "This device blocks the camera", "cameraBlocked"},
		"no such camera":           {rejecting(oldOverconstrain), "There is no such camera", "cameraUnsuitable"},
		"no camera":                {rejecting(domException("NotFoundError", "Requested device not found")), "No camera was found", "cameraAbsent"},
		"another app":              {rejecting(domException("NotReadableError", "Device in use")), "The camera could not be started", "cameraBusy"},
		"a camera that hangs":      {rejecting(domException("AbortError", "Timeout starting video source")), "The camera could not be started", "cameraBusy"},
		"an old web view":          {rejecting(`{ name: "PermissionDeniedError" }`), "Camera access was denied", "cameraRefused"},
		"one without cameras":      {rejecting(domException("NotSupportedError", "Not supported")), "Open this page in your browser", "cameraUnsupported"},
		"constraints of a program": {rejecting(`new TypeError("no video")`), "Something went wrong on our side", "internal"},
	} {
		p.Eval(fmt.Sprintf(permissionIs, "denied")+`Object.defineProperty(navigator, "mediaDevices", { value: usual, configurable: true });
			Object.defineProperty(window, "isSecureContext", { value: true, configurable: true });`+refusal.before+`true`, nil)
		p.Eval(`[...document.querySelectorAll("#start, .again")].find((button) => button.checkVisibility()).click()`, nil)
		p.WaitTrue(name, failureShown+` === `+js(refusal.title))
		var testable bool
		p.Eval(`!document.getElementById("failure-test").hidden`, &testable)
		if testable != strings.HasPrefix(refusal.code, "camera") {
			t.Errorf("%s: offers the camera test: %v", name, testable)
		}
		p.Eval(`document.getElementById("failure-test").click()`, nil)
		p.WaitTrue(name+", in the test", `document.getElementById("test-title").innerText === `+js(refusal.title))
		if reference := p.Text("#test-reference"); !strings.HasPrefix(reference, "Reference: "+refusal.code) {
			t.Errorf("%s: the test says %q", name, reference)
		}
		if name == "an in-app browser" {
			for _, barrier := range p.Barriers() {
				t.Error(barrier)
			}
		}
	}
	if connects, _, _ := s.seen(); len(connects) != 0 {
		t.Errorf("%d sessions were opened without a camera", len(connects))
	}
}

// A site that embeds the page without allow="camera" is the one to mend it.
func TestAFrameWithoutTheCamera(t *testing.T) {
	t.Parallel()
	s := serve(t)
	url := site(t, fmt.Sprintf(strings.Replace(embedding, ` allow="camera"`, "", 1), s.url))
	s.config = fmt.Sprintf(`{"parent_origins":[%q]}`, url)
	p := browser.Open(t, url, browser.Options{Camera: browser.Synthetic(t, "640x480")})
	p.WaitTrue("the page", `heard.some(({ type }) => type === "ready")`)
	p.EvalIn(s.url, `document.getElementById("start").click()`, nil)
	p.WaitTrue("the failure", `heard.some(({ type, failure }) => type === "failure" && failure === "cameraEmbedded")`)
}

func TestTheCameraTest(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p := browser.Open(t, s.url+"/?test&lang=ru", browser.Phone(browser.Synthetic(t, "640x480")))
	p.WaitTrue("the end", `document.getElementById("test-title").innerText === "Камера работает. Можно начинать проверку."`)
	rows := p.Text("#test-rows")
	for _, want := range []string{"Защищённая страница\nда", "Разрешение\nдано", "640 × 480", "Сервер\nдоступен"} {
		if !strings.Contains(rows, want) {
			t.Errorf("the test does not say %q:\n%s", want, rows)
		}
	}
	for _, barrier := range p.Barriers() {
		t.Error(barrier)
	}
	p.Screenshot("camera-test")
	p.WaitTrue("the camera to be off", `document.getElementById("test-video").srcObject === null`)
	if connects, frames, _ := s.seen(); len(connects)+len(frames) != 0 {
		t.Errorf("the test sent %d CONNECT and %d frames", len(connects), len(frames))
	}
	p.Do("go to the check", chromedp.Click("#test .again"))
	p.WaitView("setup")
	if problems := p.Problems(); len(problems) > 0 {
		t.Errorf("the browser complains: %q", problems)
	}
}

func TestAPictureThatNeedsATap(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.always(stats(37))
	// Only a tap lets the element play, as on an iPhone in low power mode.
	before := `{ const play = HTMLMediaElement.prototype.play;
		HTMLMediaElement.prototype.play = function () {
			if (!window.event?.isTrusted || window.event.type === "pause") { this.pause(); return Promise.reject(new DOMException("no", "NotAllowedError")); }
			return play.call(this);
		}; }`
	phone := browser.Phone(browser.Synthetic(t, "640x480"))
	phone.Before = before
	p := browser.Open(t, s.plain, phone)
	p.Do("press start", chromedp.Click("#start", chromedp.ByID))
	p.WaitTrue("the words", `document.getElementById("start").innerText === "Tap to start the camera"`)
	p.Screenshot("tap-to-start")
	p.Do("tap", chromedp.Click("#start", chromedp.ByID))
	p.WaitView("setup")
	p.Do("begin", chromedp.Click("#begin"))
	eventually(t, "frames", func() bool { return s.frameCount() > 2 })
	p.Eval(`document.getElementById("video").pause()`, nil)
	p.WaitTrue("the prompt", promptShown+` === "Tap here to start the camera"`)
	n := s.frameCount()
	p.Do("tap the prompt", chromedp.Click("#prompt"))
	eventually(t, "frames again", func() bool { return s.frameCount() > n+2 })
	p.WaitTrue("the prompt of the check", promptShown+` === "Hold still, look at the camera"`)
}

// A browser that never plays does not leave the person with a dead page.
func TestAPictureThatNeverPlays(t *testing.T) {
	t.Parallel()
	p := browser.Open(t, serve(t).plain, browser.Options{Camera: browser.Synthetic(t, "640x480"), Before: playRefused})
	p.Do("press start", chromedp.Click("#start", chromedp.ByID))
	p.WaitTrue("the words", `document.getElementById("start").innerText === "Tap to start the camera"`)
	p.Do("tap", chromedp.Click("#start", chromedp.ByID))
	p.WaitTrue("the words to stay", `document.getElementById("start").innerText === "Tap to start the camera"`)
	p.Do("leave", chromedp.Evaluate(`dispatchEvent(new PageTransitionEvent("pagehide"))`, nil))
	p.WaitTrue("the end", failureShown+` === "Check cancelled"`)
	p.WaitTrue("the camera to be off", cameraOff)
}

// stoppable is a camera that a test can mute, end, freeze and darken.
const stoppable = `{ const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
	Object.assign(canvas, { width: 640, height: 480 });
	let at = 0, track;
	window.frozen = window.dark = false;
	setInterval(() => {
		if (frozen) return;
		context.fillStyle = dark ? "#000" : "hsl(" + at + " 60% 50%)";
		context.fillRect(0, 0, 640, 480);
		context.fillStyle = dark ? "#000" : "#fff";
		context.fillRect(at = (at + 7) % 600, 100, 40, 40);
	}, 40);
	window.mute = (on) => {
		Object.defineProperty(track, "muted", { value: on, configurable: true });
		track.dispatchEvent(new Event(on ? "mute" : "unmute"));
	};
	window.turn = () => Object.assign(canvas, { width: 480, height: 640 });
	window.end = () => { track.stop(); track.dispatchEvent(new Event("ended")); };
	navigator.mediaDevices.getUserMedia = async () => {
		window.asked = (window.asked ?? 0) + 1;
		const stream = canvas.captureStream(25);
		[track] = stream.getVideoTracks();
		return stream;
	}; }`

// While the camera's picture does not flow, nothing is sent, the page says so, and the session goes on afterwards.
func TestACameraThatStopsDuringTheCheck(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p := browser.Open(t, s.plain, browser.Options{Camera: browser.Synthetic(t, "640x480"), Before: stoppable})
	p.Start()
	flows := func(when string) {
		t.Helper()
		n := s.frameCount()
		eventually(t, "frames "+when, func() bool { return s.frameCount() > n+3 })
		p.WaitTrue("the prompt "+when, promptShown+` === "Hold still, look at the camera"`)
	}
	stops := func(how, words string) {
		t.Helper()
		p.Eval(how+`; true`, nil)
		p.WaitTrue("words after "+how, promptShown+` === `+js(words))
		n := s.frameCount()
		p.Eval(`new Promise((done) => setTimeout(done, 700))`, nil)
		if now := s.frameCount(); now > n {
			t.Errorf("after %s %d frames were sent", how, now-n)
		}
	}
	flows("at first")
	p.Eval(`document.querySelector("video").pause()`, nil)
	flows("after a pause")
	stops(`mute(true)`, "The camera has stopped. Waiting for it…")
	p.Screenshot("camera-stopped")
	p.Eval(`mute(false)`, nil)
	flows("after the track was muted")
	stops(`dark = true`, "The picture is black. Uncover the camera")
	p.Eval(`dark = false`, nil)
	flows("after the picture was black")
	stops(`frozen = true`, "The camera has stopped. Waiting for it…")
	p.Eval(`frozen = false`, nil)
	flows("after no new picture came")
	p.Eval(`asked = 0`, nil)
	p.Eval(`document.getElementById("video").srcObject.getTracks()[0].stop()`, nil) // a call took it, and nothing says so
	flows("when the camera was opened again")
	var asked int
	if p.Eval(`asked`, &asked); asked != 1 {
		t.Errorf("the camera was asked for %d times", asked)
	}
	if connects, _, _ := s.seen(); len(connects) != 1 {
		t.Errorf("%d sessions, want one that waits", len(connects))
	}
	p.Eval(`turn(); true`, nil) // the phone
	eventually(t, "upright frames", func() bool {
		_, frames, _ := s.seen()
		return decode(t, frames[len(frames)-1]).Bounds().Size() == image.Point{X: 480, Y: 640}
	})
	p.Eval(`end()`, nil)
	p.WaitTrue("the failure", failureShown+` === "The camera stopped"`)
	checkFaults(t, s)
}
