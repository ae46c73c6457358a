package browser_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/selene-liveness/selene/edge/ui"
	"github.com/selene-liveness/selene/test/browser"
)

const cameraOff = `document.getElementById("video").srcObject === null`

func decode(t *testing.T, frame []byte) image.Image {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(frame))
	if err != nil {
		t.Fatalf("the page sent a frame that is not a JPEG: %v", err)
	}
	return img
}

func checkFaults(t *testing.T, s *scripted) {
	t.Helper()
	if _, _, faults := s.seen(); len(faults) > 0 {
		t.Errorf("the page broke the protocol: %v", faults)
	}
}

func TestFramesAreUnmirroredJPEGsInLockStep(t *testing.T) {
	t.Parallel()
	for size, want := range map[string]image.Point{"640x480": {X: 640, Y: 480}, "1280x720": {X: 854, Y: 480}} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			p := browser.Open(t, s.plain, browser.Options{Camera: browser.Synthetic(t, size)})
			release := s.holdAnswers()
			p.Start()
			eventually(t, "the first frame", func() bool { return s.frameCount() > 0 })
			// The camera runs on for several frame intervals; the page must not.
			p.Eval(`window.since = document.getElementById("video").currentTime`, nil)
			p.WaitTrue("the camera to go on", `document.getElementById("video").currentTime > window.since + 1 || document.getElementById("main").dataset.view !== "live"`)
			checkFaults(t, s)
			if n := s.frameCount(); n != 1 {
				t.Errorf("%d frames were sent while the first was unanswered", n)
			}
			release()
			eventually(t, "more frames", func() bool { return s.frameCount() >= 8 })

			connects, frames, _ := s.seen()
			if len(connects) != 1 || !strings.HasPrefix(connects[0], "CONNECT\nversion:1.0\nheartbeat:1000\ndevice:") ||
				!strings.Contains(connects[0], "\ncapabilities:{\"settings\":{") || strings.Contains(connects[0], "deviceId") {
				t.Errorf("CONNECT messages %q", connects)
			}
			img := decode(t, frames[0])
			if img.Bounds().Size() != want {
				t.Errorf("frame of %v, want %v", img.Bounds().Size(), want)
			}
			for _, side := range []struct {
				x    int
				name string
			}{{want.X / 4, "red"}, {want.X * 3 / 4, "blue"}} {
				r, _, b, _ := img.At(side.x, want.Y/4).RGBA()
				if (r > b) != (side.name == "red") {
					t.Errorf("at x=%d red is %d and blue %d, want mostly %s: the frame is mirrored", side.x, r>>8, b>>8, side.name)
				}
			}
			for i := range frames[1:] {
				if bytes.Equal(frames[i], frames[i+1]) {
					t.Errorf("frame %d is frame %d again", i+1, i)
				}
			}
			var transform string
			p.Eval(`getComputedStyle(document.getElementById("video")).transform`, &transform)
			if transform != "matrix(-1, 0, 0, 1, 0, 0)" {
				t.Errorf("the shown picture has transform %s, want it mirrored", transform)
			}
		})
	}
}

func TestPromptsAreShown(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.always(stats(8))
	p := browser.Open(t, s.plain, browser.Options{Camera: browser.Synthetic(t, "640x480")})
	p.Start()
	for _, step := range []struct {
		codes []int
		words string
		arrow string
	}{
		{[]int{8}, "Place your face in the oval", ""},
		{[]int{64}, "Turn your head to your right", "right"},
		{[]int{65}, "Turn your head to your left", "left"},
		{[]int{63}, "Look straight at the camera", ""},
		{[]int{3, 67}, "Raise your chin", "up"},
		{[]int{68}, "Lower your chin", "down"},
		{[]int{62}, "Close your eyes", ""},
		{[]int{61}, "Open your eyes", ""},
		{[]int{37}, "Hold still, look at the camera", ""},
		{[]int{12, 14}, "Come a little closer", ""},
		{[]int{32, 5}, "Too dark. Find more light", ""},
		{[]int{15}, "Move a little to your left", "left"},
		{[]int{60}, "Hold still, look at the camera", ""},
	} {
		s.always(stats(step.codes...))
		p.WaitTrue(fmt.Sprintf("the prompt for %v", step.codes), fmt.Sprintf(`document.getElementById("prompt").innerText === %q`, step.words))
		var arrow string
		p.Eval(`document.getElementById("stage").dataset.arrow`, &arrow)
		if arrow != step.arrow {
			t.Errorf("codes %v: arrow %q, want %q", step.codes, arrow, step.arrow)
		}
	}
	var live string
	p.Eval(`document.getElementById("prompt").getAttribute("aria-live")`, &live)
	if live != "assertive" {
		t.Errorf("the prompt is not read aloud: aria-live is %q", live)
	}
	checkFaults(t, s)
}

func TestSuccessShowsTheDecodedResult(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.say(success)
	p := browser.Open(t, s.plain, browser.Options{Camera: browser.Synthetic(t, "640x480")})
	// The web view of an app listens.
	p.WaitTrue("words", `document.getElementById("start").innerText !== ""`)
	p.Eval(`window.told = []; window.Android = { onSelene: (json) => told.push("Android " + JSON.parse(json).type) };
		window.webkit = { messageHandlers: { selene: { postMessage: ({ type, jwt }) => told.push("iOS " + type + (jwt ? " token" : "")) } } }`, nil)
	p.Start()
	p.WaitView("success")
	p.WaitTrue("the camera to be off", cameraOff)
	p.WaitTrue("the best shot", `document.getElementById("bestshot").naturalWidth === 640`)
	var told string
	p.Eval(`told.join()`, &told)
	if told != "Android started,iOS started,Android success,iOS success token" {
		t.Errorf("the app was notified of %q", told)
	}
	p.Do("open what was measured", chromedp.Click("#measured summary"))
	for selector, words := range map[string][]string{
		"#facts":       {"passed", sessionID, "2026"},
		"#estimations": {"Head pose\n", "-3.1°", "Liveness\n", "0.974", "not measured", "243 × 336 px"},
	} {
		text := p.Text(selector)
		for _, want := range words {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not tell %q:\n%s", selector, want, text)
			}
		}
	}
	if problems := p.Problems(); len(problems) > 0 {
		t.Errorf("the browser complains: %q", problems)
	}
	for _, address := range p.Requests() {
		if !strings.HasPrefix(address, s.url+"/") && !strings.HasPrefix(address, "data:") {
			t.Errorf("the page fetched %s from elsewhere", address)
		}
	}
	checkFaults(t, s)

	// Try again: a new session on the same page, with another result.
	s.always(reply{text: stats(104).text, close: 4003})
	p.Do("press try again", chromedp.Click("#success .again"))
	p.WaitView("failure")
	if connects, _, _ := s.seen(); len(connects) != 2 {
		t.Errorf("%d sessions, want a second one", len(connects))
	}
}

func TestFailuresAreExplained(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p := browser.Open(t, s.plain, browser.Options{Camera: browser.Synthetic(t, "640x480")})
	for _, end := range []struct {
		reply reply
		title string
	}{
		{reply{text: stats(104).text, close: 4003}, "The face changed during the check"},
		{reply{text: stats(8, 100).text, close: 4001}, "Too many pictures could not be used"},
		{reply{text: stats(32, 101).text, close: 4002}, "We could not confirm a live person"},
		{reply{text: stats(63, 110).text, close: 4005}, "The actions were not recognised"},
		{reply{text: stats(111).text, close: 4006}, "Time ran out"},
		{reply{text: stats(31).text, close: 4007}, "The service could not complete the check"},
		{reply{close: 4008}, "The check was paused for too long"},
		{reply{text: "ERROR\nerror: 1010\n\n", close: 4009}, "Too many checks have failed"},
		{reply{text: "ERROR\nerror: 1000\n\n"}, "Something went wrong on our side"},
		{reply{text: "ERROR\nerror: 1003\n\n"}, "The picture could not be read"},
		{reply{text: "NONSENSE\n\n"}, "The page and the server are incompatible"},
	} {
		s.always(end.reply)
		if p.View() == "intro" {
			p.Start()
		} else {
			p.Do("press try again", chromedp.Click("#failure .again"))
		}
		p.WaitTrue(end.title, fmt.Sprintf(`document.getElementById("main").dataset.view === "failure" && document.getElementById("failure-title").innerText === %q`, end.title))
		p.WaitTrue("the camera to be off", cameraOff)
	}
	checkFaults(t, s)
}

func TestABrokenConnectionIsResumed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.always(progress(64, `{"step":1,"steps":2,"action":"yaw_right","state":"act","failedSteps":0}`))
	p := browser.Open(t, s.plain, browser.Options{Camera: browser.Synthetic(t, "640x480")})
	p.Start()
	p.WaitTrue("a prompt", `document.getElementById("prompt").innerText === "Turn your head to your right"`)
	s.drop()
	p.WaitTrue("words about it", `document.getElementById("prompt").innerText === "Connection lost. Reconnecting…"`)
	p.Screenshot("reconnecting")
	s.always(progress(63, `{"step":2,"steps":2,"action":"yaw_left","state":"rest","failedSteps":0}`))
	s.comeBack()
	p.WaitTrue("the check to go on", `document.getElementById("prompt").innerText === "Look straight at the camera"`)
	connects, _, _ := s.seen()
	if len(connects) != 2 || strings.Contains(connects[0], "session-id:") || !strings.Contains(connects[1], "\nsession-id:"+sessionID+"\nresume-secret:"+resumeSecret+"\n") {
		t.Errorf("CONNECT messages %q, want a second one with the session's id and secret", connects)
	}
	if done := p.Text("#actions .done"); !strings.HasPrefix(done, "Turn right") {
		t.Errorf("after the break the steps done are %q", done)
	}
	s.say(success)
	p.WaitView("success")
	p.WaitTrue("the camera to be off", cameraOff)
	checkFaults(t, s)
}

func TestKeyboardAlone(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p := browser.Open(t, s.plain, browser.Options{Camera: browser.Synthetic(t, "640x480")})
	press := func(what string, keys ...string) {
		t.Helper()
		for _, key := range keys {
			p.Do("press "+what, chromedp.KeyEvent(key))
		}
	}
	p.WaitTrue("words", `document.getElementById("start").innerText !== ""`)
	press("Tab and Enter", kb.Tab, kb.Enter)
	p.WaitView("setup")
	press("Escape", kb.Escape)
	p.WaitView("intro")
	p.WaitTrue("the camera to be off", cameraOff)
	press("Tab and Enter", kb.Tab, kb.Enter)
	p.WaitView("setup")
	p.WaitTrue("the controls", `!document.getElementById("setup").inert`)
	press("Tab, Tab and Enter, which opens the settings", kb.Tab, kb.Tab, kb.Enter)
	press("Tab and the right arrow, which zooms", kb.Tab, kb.ArrowRight)
	p.WaitTrue("the zoom", `document.getElementById("video").style.transform === "scale(-1.1, 1.1)"`)
	press("Tab and the right arrow, which changes the mode", kb.Tab, kb.ArrowRight)
	p.WaitTrue("the operator's picture", `document.getElementById("video").style.transform === "scale(1.1, 1.1)" && !document.getElementById("setup").inert`)
	p.Do("go back to the start", chromedp.Focus("#begin"))
	press("Enter", kb.Enter)
	p.WaitView("live")
	eventually(t, "a frame", func() bool { return s.frameCount() > 0 })
	_, frames, _ := s.seen()
	if size := decode(t, frames[0]).Bounds().Size(); size.X != 582 || size.Y != 436 {
		t.Errorf("frame of %v, want 640x480 cut by 1.1", size)
	}
	p.Do("press Escape", chromedp.KeyEvent(kb.Escape))
	p.WaitView("failure")
	if title := p.Text("#failure-title"); title != "Check cancelled" {
		t.Errorf("after Escape the page says %q", title)
	}
	p.WaitTrue("the camera to be off", cameraOff)
	eventually(t, "the socket to close", func() bool { return s.leftCount() == 1 })
	var focused string
	p.Eval(`document.activeElement.id`, &focused)
	if focused != "failure-title" {
		t.Errorf("the focus is on %q, want the heading of the new view", focused)
	}
}

func TestLeavingThePageEndsTheSession(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p := browser.Open(t, s.plain, browser.Options{Camera: browser.Synthetic(t, "640x480")})
	p.Start()
	eventually(t, "a frame", func() bool { return s.frameCount() > 0 })
	p.Do("leave", chromedp.Navigate("about:blank"))
	eventually(t, "the socket to close", func() bool { return s.leftCount() == 1 })
}

func TestCameraRefused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p := browser.Open(t, s.plain, browser.Options{Camera: browser.Synthetic(t, "640x480"), RefuseCamera: true})
	p.Start()
	p.WaitView("failure")
	if title := p.Text("#failure-title"); title != "Camera access was denied" {
		t.Errorf("the page says %q", title)
	}
	p.Screenshot("camera-refused")
	if connects, _, _ := s.seen(); len(connects) != 0 {
		t.Error("a session was opened without a camera")
	}
}

func TestCameraAbsent(t *testing.T) {
	t.Parallel()
	p := browser.Open(t, serve(t).url, browser.Options{})
	p.Start()
	p.WaitView("failure")
	if title := p.Text("#failure-title"); title != "No camera was found" {
		t.Errorf("the page says %q", title)
	}
}

func TestServerUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(ui.Handler(nil)) // the page without a /ws
	t.Cleanup(server.Close)
	p := browser.Open(t, server.URL, browser.Options{Camera: browser.Synthetic(t, "640x480")})
	p.Start()
	p.WaitView("failure")
	if title := p.Text("#failure-title"); title != "The server cannot be reached" {
		t.Errorf("the page says %q", title)
	}
	p.WaitTrue("the camera to be off", cameraOff)
}
