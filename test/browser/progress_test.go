package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/selene-liveness/selene/test/browser"
)

// steps is a JavaScript expression for the listed steps, each with its state.
const steps = `[...document.querySelectorAll("#actions li")].map((item) => item.querySelector("span").innerText + " " + item.className).join(", ")`

// TestAFailedStepIsNotTicked is a session in which a person is too slow for the first action, does the one that replaces it,
// and is too slow for all others: the page shows what the server tells, and says why.
func TestAFailedStepIsNotTicked(t *testing.T) {
	t.Parallel()
	for language, words := range map[string]struct{ chinUp, turnLeft, slow, left, end string }{
		"en": {"Chin up", "Turn left", "That took too long, let's try another one", "3 s left", "The actions were not finished in time"},
		"ru": {"Вверх", "Влево", "Слишком долго, попробуем другое действие", "осталось 3 с", "Действия не завершены вовремя"},
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			p := browser.Open(t, s.plain+"&lang="+language, browser.Phone(browser.Synthetic(t, "640x480")))
			shows := func(what, want string) {
				t.Helper()
				p.WaitTrue(what+" ("+want+")", steps+` === "`+want+`"`)
				p.Screenshot("progress-" + language + "-" + strings.ReplaceAll(what, " ", "-"))
			}
			s.always(progress(67, `{"step":1,"steps":3,"action":"pitch_up","state":"act","remainingMs":9700,"failedSteps":0}`))
			p.Start()
			shows("the first action", words.chinUp+" now, 2 later, 3 later")
			s.always(progress(67, `{"step":1,"steps":3,"action":"pitch_up","state":"act","remainingMs":2910,"failedSteps":0}`))
			p.WaitTrue("the time left", `document.getElementById("time-left").textContent.includes("`+words.left+`") &&
				Math.abs(getComputedStyle(document.getElementById("time")).strokeDashoffset.replace("px", "") - 0.7) < 0.01`)
			for _, barrier := range p.Barriers() {
				t.Error(barrier)
			}
			first := true
			s.say(func([]byte) reply { // the failure is sent once
				if first {
					first = false
					return progress(63, `{"step":1,"steps":3,"action":"yaw_left","state":"rest","failedSteps":1,"failure":"too_slow"}`)
				}
				return progress(63, `{"step":1,"steps":3,"action":"yaw_left","state":"rest","failedSteps":1}`)
			})
			p.WaitTrue("the words", `document.getElementById("notice").innerText.startsWith("`+words.slow+`")`)
			shows("a failed try", words.chinUp+" failed, "+words.turnLeft+" now, 2 later, 3 later")
			for _, barrier := range p.Barriers() {
				t.Error(barrier)
			}
			p.WaitTrue("the words to go", `document.getElementById("notice").innerText === ""`)
			s.always(progress(66, `{"step":2,"steps":3,"action":"pitch_up","state":"rest","failedSteps":1}`))
			shows("the next step", words.turnLeft+" done, "+words.chinUp+" now, 3 later")
			failed := progress(110, `{"step":2,"steps":3,"action":"pitch_up","state":"rest","failedSteps":3,"failure":"too_slow"}`)
			failed.close = 4005
			s.always(failed)
			p.WaitView("failure")
			if title := p.Text("#failure-title"); title != words.end {
				t.Errorf("at the end the page says %q, want %q", title, words.end)
			}
			p.Screenshot("progress-" + language + "-end")
			checkFaults(t, s)

			// The next check knows nothing of it.
			s.always(stats(67))
			p.Do("press try again", chromedp.Click("#failure .again"))
			p.WaitTrue("the action alone", steps+` === "`+words.chinUp+` now"`)
			s.always(stats(63))
			p.WaitTrue("that nothing is ticked", `document.getElementById("actions").childElementCount === 0`)
		})
	}
}

// TestALivePersonInGoodLightIsNotSentToTheLight runs out of liveness attempts twice: in good light, and in the dark.
func TestALivePersonInGoodLightIsNotSentToTheLight(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p := browser.Open(t, s.plain, browser.Options{Camera: browser.Synthetic(t, "640x480")})
	ends := func(codes ...int) string {
		t.Helper()
		s.always(stats(codes...))
		if p.View() == "intro" {
			p.Start()
		} else {
			p.Do("press try again", chromedp.Click("#failure .again"))
		}
		n := s.frameCount()
		eventually(t, "frames", func() bool { return s.frameCount() > n+3 })
		s.always(reply{text: stats(append(codes, 101)...).text, close: 4002})
		p.WaitView("failure")
		return p.Text("#failure")
	}
	if text := ends(32); strings.Contains(text, "light") {
		t.Errorf("in good light the page says %q", text)
	}
	if text := ends(5, 32); !strings.Contains(text, "Most often the page had to ask: “Too dark. Find more light”.") {
		t.Errorf("in the dark the page says %q", text)
	}
}
