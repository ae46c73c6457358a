package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/test/browser"
)

// The page and the library work below a path of another server. TestAdmin does it for the admin page.
func TestBelowAPath(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.say(success)
	s.config = `{"front_detector":true,"name":"Northbank"}`
	below := browser.Below(t, s.url, "/bank/liveness")
	host := strings.TrimSuffix(below, "/bank/liveness")
	camera := browser.Camera(t, browser.FaceVideo(t, "real_zub_webcam_turns.webm"))

	p := browser.Open(t, below+"/?cn=test&lang=ru", browser.Options{Camera: camera})
	p.WaitTrue("the config", `document.querySelector("header").innerText === "Northbank"`)
	p.Start()
	p.WaitView("success")
	for _, address := range p.Requests() {
		if !strings.HasPrefix(address, below+"/") && !strings.HasPrefix(address, "data:") {
			t.Errorf("the page fetched %s", address)
		}
	}
	if problems := p.Problems(); len(problems) > 0 {
		t.Errorf("the browser complains: %q", problems)
	}

	for _, socket := range []string{"/ws", "/ws/"} {
		p = browser.Open(t, site(t, fmt.Sprintf(modern, host, strings.Replace(host, "http", "ws", 1))), browser.Options{Camera: camera})
		p.Eval(`import("`+below+`/lib/selene.js").then(({ SelenePass }) => new SelenePass({
			url: "`+strings.Replace(below, "http", "ws", 1)+socket+`", video: document.getElementById("video") }))
			.then((pass) => { pass.on("warning", ({ message }) => { window.warned = message; }); return pass.run(); })
			.then(() => { window.outcome = window.warned ?? "passed"; }, (error) => { window.outcome = String(error); }); true`, nil)
		p.WaitTrue("the outcome", `window.outcome`)
		var outcome string
		if p.Eval(`outcome`, &outcome); outcome != "passed" {
			t.Errorf("the library with the socket %s: %s", socket, outcome)
		}
	}

	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for from, to := range map[string]string{"/admin?a=b": "/admin/?a=b", "/statistics": "/statistics/"} {
		answer, err := client.Get(below + from)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if location, err := answer.Location(); err != nil || location.String() != below+to {
			t.Errorf("%s leads to %v, %v", from, location, err)
		}
	}
}
