package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/selene-liveness/selene/test/browser"
)

// TestLooks walks through every view on the screens people have, with a real
// face before the camera, keeps a screenshot of each below test/output, and
// checks that nothing is cut off sideways.
func TestLooks(t *testing.T) {
	camera := browser.Camera(t, browser.FaceVideo(t, "real_zub_webcam_turns.webm"))
	desktop := browser.Options{Camera: camera}
	dark := browser.Options{Camera: camera, Dark: true}
	phone := browser.Phone(camera)
	darkPhone := browser.Phone(camera)
	darkPhone.Dark, darkPhone.ReducedMotion = true, true
	small := browser.Options{Camera: camera, Width: 320, Height: 568, Phone: true}
	sideways := browser.Options{Camera: camera, Width: 740, Height: 360, Phone: true}

	for name, options := range map[string]browser.Options{
		"desktop": desktop, "desktop-dark": dark, "phone": phone, "phone-dark": darkPhone, "phone-small": small, "phone-sideways": sideways,
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			p := browser.Open(t, s.url, options)
			shot := func(state string) {
				t.Helper()
				var overflow int
				p.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &overflow)
				if overflow > 0 {
					t.Errorf("%s: %d px are cut off sideways", state, overflow)
				}
				p.Screenshot(name + "-" + state)
			}
			shot("intro")
			s.always(stats(64))
			p.Start()
			p.WaitTrue("a prompt", `document.getElementById("prompt").innerText.startsWith("Turn your head")`)
			shot("live-turn")
			s.always(stats(37))
			p.WaitTrue("a prompt", `document.getElementById("prompt").innerText.startsWith("Hold still")`)
			shot("live-hold")
			s.always(stats(7))
			p.WaitTrue("a prompt", `document.getElementById("prompt").innerText.startsWith("Too much glare")`)
			shot("live-glare")
			s.say(success)
			p.WaitView("success")
			p.WaitTrue("the best shot", `document.getElementById("bestshot").naturalWidth === 854`)
			shot("success")
			p.Eval(`document.getElementById("measured").scrollIntoView()`, nil)
			shot("success-measured")
			s.always(reply{text: stats(104).text, close: 4003})
			p.Do("press try again", chromedp.Click("#success .again"))
			p.WaitView("failure")
			shot("failure")
		})
	}
}
