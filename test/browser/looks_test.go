package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/selene-liveness/selene/test/browser"
)

// TestLooks visits every view on common screen sizes with a real face in front of
// the camera, saves a screenshot of each below test/output, and checks that
// nothing is cut off horizontally and that axe finds no violations.
func TestLooks(t *testing.T) {
	t.Parallel()
	camera := browser.Camera(t, browser.FaceVideo(t, "real_zub_webcam_turns.webm"))
	small := browser.Options{Camera: camera, Width: 320, Height: 568, Phone: true, Dark: true, ReducedMotion: true}
	branded := `{"name":"Northbank","success_message":"Thank you. Your account is open.","start_button_text":"I am ready",
		"error_messages":{"7":"Please step out of the spotlight"},"mode":"operator",
		"styles":{"colors":{"accent":"#0f766e","page":"#f0fdfa","ink":"ignored"},"sizes":{"radius":8,"button_radius":24,"text":17}}}`

	for name, screen := range map[string]struct {
		options browser.Options
		query   string
		config  string
		words   words
	}{
		"desktop":        {browser.Options{Camera: camera}, "", "", english},
		"desktop-dark":   {browser.Options{Camera: camera, Dark: true}, "", "", english},
		"phone":          {browser.Phone(camera), "?lang=ru", "", russian},
		"phone-small":    {small, "?lang=ru", "", russian},
		"phone-sideways": {browser.Options{Camera: camera, Width: 740, Height: 360, Phone: true}, "", "", english},
		"branded": {
			browser.Phone(camera), "?cn=test", branded,
			words{"turn": "Turn your head", "hold": "Hold the camera still", "glare": "Please step out"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			s.config = screen.config
			p := browser.Open(t, s.url+"/"+screen.query, screen.options)
			shot := func(state string) {
				t.Helper()
				var overflow int
				p.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &overflow)
				if overflow > 0 {
					t.Errorf("%s: %d px are cut off sideways", state, overflow)
				}
				p.Screenshot(name + "-" + state)
				for _, barrier := range p.Barriers() {
					t.Errorf("%s: %s", state, barrier)
				}
			}
			prompt := func(key string) {
				t.Helper()
				p.WaitTrue("the prompt "+key, `document.getElementById("prompt").innerText.startsWith("`+screen.words[key]+`")`)
			}
			p.WaitTrue("words", `document.getElementById("start").innerText !== ""`)
			shot("intro")
			p.SetUp()
			shot("setup")
			p.Do("open the settings", chromedp.Click(".settings summary"))
			shot("settings")
			s.always(stats(62))
			p.Do("begin", chromedp.Click("#begin"))
			eventually(t, "frames", func() bool { return s.frameCount() > 1 })
			s.always(stats(64))
			prompt("turn")
			var look struct {
				Moving int
				Dark   bool
			}
			p.Eval(`({Moving: document.getAnimations().length, Dark: getComputedStyle(document.body).backgroundColor === "rgb(11, 18, 32)"})`, &look)
			if look.Dark != screen.options.Dark || (look.Moving > 0) == screen.options.ReducedMotion {
				t.Errorf("the page looks so: %+v", look)
			}
			shot("live-turn")
			s.always(stats(37))
			prompt("hold")
			shot("live-hold")
			s.always(stats(7))
			prompt("glare")
			shot("live-glare")
			s.say(success)
			p.WaitView("success")
			p.WaitTrue("the best shot", `document.getElementById("bestshot").naturalWidth === 854`)
			shot("success")
			p.Eval(`(({ measured }) => { measured.open = true; measured.scrollIntoView(); })({ measured: document.getElementById("measured") })`, nil)
			p.Screenshot(name + "-success-measured")
			s.always(reply{text: stats(104).text, close: 4003})
			p.Do("press try again", chromedp.Click("#success .again"))
			p.WaitView("failure")
			shot("failure")
		})
	}
}

// words lists how prompts begin.
type words map[string]string

var (
	english = words{"turn": "Turn your head", "hold": "Hold still", "glare": "Too much glare"}
	russian = words{"turn": "Поверните голову", "hold": "Замрите", "glare": "Слишком много бликов"}
)
