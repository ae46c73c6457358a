package browser_test

import (
	"testing"

	"github.com/selene-liveness/selene/test/browser"
)

func TestThePageLightsTheFace(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.always(with(stats(37), "display", `{"colour":"#00ff00","step":1,"steps":6}`))
	p := browser.Open(t, s.plain, browser.Phone(browser.Synthetic(t, "640x480")))
	p.Start()
	look := `[document.body, document.getElementById("live")].map((node) => getComputedStyle(node).backgroundColor).join() + " " + getComputedStyle(document.querySelector(".shade")).fill`
	p.WaitTrue("the colour", look+` === "rgb(0, 255, 0),rgb(0, 255, 0) rgb(0, 255, 0)"`)
	p.WaitTrue("the prompt", `document.getElementById("prompt").innerText === "Hold still while the colours change"`)
	for _, barrier := range p.Barriers() {
		t.Error(barrier)
	}
	p.Screenshot("light")
	s.always(stats(37))
	p.WaitTrue("the usual look", `!document.documentElement.hasAttribute("data-lit") && getComputedStyle(document.body).backgroundColor === "rgb(238, 242, 248)"`)
	s.always(with(stats(37), "display", `{"colour":"#ff0000","step":2,"steps":6}`))
	p.WaitTrue("the next colour", `document.documentElement.hasAttribute("data-lit")`)
	s.always(reply{text: stats(104).text, close: 4003})
	p.WaitView("failure")
	p.WaitTrue("the usual look at the end", `!document.documentElement.hasAttribute("data-lit")`)
	checkFaults(t, s)
}

func TestNoColoursWithReducedMotion(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.always(with(stats(37), "display", `{"colour":"#00ff00","step":1,"steps":6}`))
	p := browser.Open(t, s.plain, browser.Options{Camera: browser.Synthetic(t, "640x480"), ReducedMotion: true})
	p.Start()
	p.WaitView("failure")
	if title := p.Text("#failure-title"); title != "This check needs changing colours" {
		t.Errorf("the page says %q", title)
	}
	p.WaitTrue("no colour and the camera off", `!document.documentElement.hasAttribute("data-lit") && `+cameraOff)
	if n := s.frameCount(); n != 1 {
		t.Errorf("%d frames were sent, want the check to end with the first reply", n)
	}
}
