package browser_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/selene-liveness/selene/test/browser"
)

// site serves a third party's page from its own origin.
func site(t *testing.T, html string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><html lang="en"><title>A site</title><link rel="icon" href="data:,">`+html)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// original is an integration written for version 1.6 of the original library: its
// calls, their order, its use of frameStatus. Only the addresses differ.
const original = `<div id="root" style="width: 480px; height: 480px"></div>
<script src="%[1]s/lib/selene.classic.js"></script>
<script>
	const seen = [];
	const root = document.getElementById("root");
	async function identify() {
		const lunaPass = new LunaPass(root, {
			requestInterval: 50, video: { width: 640, height: 480, facingMode: "user" }, image: { mimetype: "image/jpeg", quality: 0.92 },
			mode: "selfie", headers: { heartbeatInterval: 1000 }, debug: false, frameStatus: "1.x",
		});
		const renderer = new LPMessageRenderer({ text: true, graphics: true, errorMessages: { "12": "Ближе к камере", "37": "Продолжайте" } });
		await lunaPass.connectWS("%[2]s/ws");
		await lunaPass.attachCamera();
		await renderer.init(root);
		try {
			return await lunaPass.checkLiveness((frameStatus) => {
				seen.push(frameStatus);
				renderer.render(frameStatus);
			});
		} finally {
			renderer.destroy();
			await lunaPass.detachCamera();
			await lunaPass.disconnectWS();
		}
	}
	identify().then((result) => { window.result = result; }, (error) => { window.error = String(error); });
</script>`

func TestAnOriginalIntegrationRunsUnchanged(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.always(reply{text: "STATS\ncontent-type:application/json\n\n" + `{"isOk":false,"errors":[12],"estimations":{"imageQuality":{"blur":0.9},` +
		`"faceFramePosition":{"faceRect":{"x":160,"y":120,"width":200,"height":240},"frameRect":{"x":0,"y":0,"width":640,"height":480}}}}`})
	url := site(t, fmt.Sprintf(original, s.url, strings.Replace(s.url, "http", "ws", 1)))
	p := browser.Open(t, url, browser.Options{Camera: browser.Synthetic(t, "640x480")})
	p.WaitTrue("the renderer's words", `document.querySelector("#root [role=status]")?.innerText === "Ближе к камере"`)
	p.WaitTrue("the face's frame", `document.querySelector("#root rect")?.getAttribute("x") === "280"`) // mirrored: 640 - 160 - 200
	p.Screenshot("original-integration")
	s.say(success)
	p.WaitTrue("the result", `window.result?.isOk === true && window.result.jwt.split(".").length === 3 || window.error`)
	var left struct {
		Error   string
		Details bool
		Nodes   int
	}
	p.Eval(`({Error: window.error ?? "", Details: seen.every(({details, errors}) => details.quality.blur === 0.9 && errors[0] === 12), Nodes: root.childElementCount})`, &left)
	if left.Error != "" || !left.Details || left.Nodes != 0 {
		t.Errorf("the integration ended with %+v", left)
	}
	connects, frames, _ := s.seen()
	if len(connects) != 1 || !strings.HasPrefix(connects[0], "CONNECT\nversion:1.0\nheartbeat:1000\n") {
		t.Errorf("CONNECT messages %q", connects)
	}
	if size := decode(t, frames[0]).Bounds().Size(); size.X != 640 || size.Y != 480 {
		t.Errorf("frame of %v, want it as the camera gives it", size)
	}
	if problems := p.Problems(); len(problems) > 0 {
		t.Errorf("the browser complains: %q", problems)
	}
	checkFaults(t, s)
}

// modern uses the library as a module from another origin, with the front
// detector, under the strictest possible content policy. It stores the result of
// each run in window.
const modern = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'nonce-ours' %[1]s; connect-src %[1]s %[2]s">
<video id="video"></video>
<script type="module" nonce="ours">
	import { SelenePass, PassError } from "%[1]s/lib/selene.js";
	const heard = window.heard = [];
	const make = (options) => {
		const pass = new SelenePass({ url: "%[2]s/ws", video: document.getElementById("video"), ...options });
		for (const name of ["camera", "connected", "reconnecting", "passed", "failed", "warning"]) pass.on(name, () => heard.push(name));
		pass.on("status", ({ local }) => { if (heard.at(-1) !== "status" + local) heard.push("status" + local); });
		return pass;
	};
	const outcome = (promise) => promise.then(({ jwt }) => "passed " + jwt.length, (error) => error instanceof PassError ? error.failure : String(error));
	window.run = (options, signal) => {
		heard.length = 0;
		window.outcome = undefined;
		outcome((window.pass = make(options)).run({ signal })).then((text) => { window.outcome = text; });
	};
	window.ready = true;
</script>`

func TestTheLibraryAsAModule(t *testing.T) {
	t.Parallel()
	s := serve(t)
	url := site(t, fmt.Sprintf(modern, s.url, strings.Replace(s.url, "http", "ws", 1)))
	p := browser.Open(t, url, browser.Options{Camera: browser.Synthetic(t, "640x480")})
	p.WaitTrue("the library", `window.ready`)
	ends := func(outcome string) {
		t.Helper()
		p.WaitTrue("the outcome", `window.outcome`)
		var got struct {
			Outcome string
			Heard   []string
			Off     bool
		}
		p.Eval(`({Outcome: outcome, Heard: heard, Off: document.getElementById("video").srcObject === null})`, &got)
		if !strings.HasPrefix(got.Outcome, outcome) || !got.Off {
			t.Errorf("ended with %+v, want %s and the camera off", got, outcome)
		}
	}

	// The camera shows no face: nothing is sent, and the page is notified.
	p.Eval(`run({})`, nil)
	p.WaitTrue("the front detector", `heard.includes("statustrue")`)
	if n := s.frameCount(); n != 0 {
		t.Errorf("%d pictures without a face were sent", n)
	}
	p.Eval(`pass.close()`, nil)
	ends("cancelled")

	p.Eval(`run({frontDetector: false}, AbortSignal.timeout(300))`, nil)
	ends("cancelled")

	s.say(success)
	p.Eval(`run({frontDetector: false})`, nil)
	ends("passed")

	// A missing front detector is not an error.
	p.Eval(`run({frontDetector: "/nowhere/"})`, nil)
	ends("passed")
	p.WaitTrue("a warning", `heard.includes("warning")`)
	if problems := strings.Join(p.Problems(), " "); strings.Contains(problems, s.url) {
		t.Errorf("the browser complains: %s", problems)
	}

	release := s.holdAnswers()
	p.Eval(`run({frontDetector: false, reconnect: false, timeouts: {reply: 200}})`, nil)
	ends("noReply")
	release()

	s.always(stats(37))
	p.Eval(`run({frontDetector: false, reconnect: {tries: 2, firstDelay: 10}})`, nil)
	n := s.frameCount()
	eventually(t, "frames", func() bool { return s.frameCount() > n+12 })
	s.drop()
	ends("lost")
	// Replies came faster than the camera's pictures; no picture was sent twice.
	_, frames, _ := s.seen()
	for i := n + 1; i < len(frames); i++ {
		if bytes.Equal(frames[i-1], frames[i]) {
			t.Errorf("frame %d is frame %d again", i, i-1)
		}
	}
	p.WaitTrue("two tries", `heard.filter((name) => name === "reconnecting").length === 2`)
	checkFaults(t, s)
}

func TestTheFrontDetectorLetsFacesPass(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p := browser.Open(t, s.url, browser.Options{Camera: browser.Camera(t, browser.FaceVideo(t, "real_zub_webcam_turns.webm"))})
	p.Start()
	eventually(t, "frames of a face", func() bool { return s.frameCount() > 5 })
	if words := p.Text("#prompt"); words != "Hold still, look at the camera" {
		t.Errorf("the page says %q", words)
	}
	if problems := p.Problems(); len(problems) > 0 {
		t.Errorf("the browser complains: %q", problems)
	}
}

func TestInTheDarkThePersonIsAskedForLight(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p := browser.Open(t, s.url, browser.Options{Camera: browser.Camera(t, browser.FaceVideo(t, "real_zub_webcam_turns.webm"), "-t", "2", "-vf", "lutyuv=y=40+val/25:u=128:v=128")})
	p.Start()
	p.WaitTrue("the prompt", `document.getElementById("prompt").innerText === "Too dark. Find more light"`)
	if n := s.frameCount(); n != 0 {
		t.Errorf("%d pictures in which nothing can be seen were sent", n)
	}
}

// embedding asks for its results.
const embedding = `<script>
	const heard = [];
	addEventListener("message", ({ data, origin }) => heard.push({ ...data, origin }));
</script><iframe title="check" allow="camera" style="width: 420px; height: 700px; border: 0"></iframe><script>
	const frame = document.querySelector("iframe");
	frame.onload = () => { window.loaded = true; };
	frame.src = "%[1]s/?cn=test&origin=" + encodeURIComponent(location.origin);
</script>`

func TestEmbeddedInASite(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.say(success)
	url := site(t, fmt.Sprintf(embedding, s.url))
	s.config = fmt.Sprintf(`{"front_detector":false,"parent_origins":["https://shop.example",%q]}`, url)
	p := browser.Open(t, url, browser.Options{Camera: browser.Synthetic(t, "640x480"), Width: 480, Height: 760})
	p.WaitTrue("the page", `heard.some(({ type }) => type === "ready")`)
	p.EvalIn(s.url, `document.getElementById("start").click()`, nil)
	eventually(t, "the camera", func() bool {
		var view string
		p.EvalIn(s.url, `document.getElementById("main").dataset.view`, &view)
		return view == "setup"
	})
	p.Screenshot("embedded")
	p.EvalIn(s.url, `document.getElementById("begin").click()`, nil)
	p.WaitTrue("the result", `heard.some(({ type }) => type === "success")`)
	var heard []struct{ Source, Type, Origin, SessionID, JWT string }
	p.Eval(`heard.map(({ source, type, origin, sessionId, jwt }) => ({ Source: source, Type: type, Origin: origin, SessionID: sessionId ?? "", JWT: jwt ?? "" }))`, &heard)
	if len(heard) != 3 || heard[1].Type != "started" || heard[2].SessionID != sessionID || strings.Count(heard[2].JWT, ".") != 2 {
		t.Errorf("the site heard %+v", heard)
	}
	for _, h := range heard {
		if h.Source != "selene" || h.Origin != s.url {
			t.Errorf("a message of %q from %q", h.Source, h.Origin)
		}
	}
	if problems := p.Problems(); len(problems) > 0 {
		t.Errorf("the browser complains: %q", problems)
	}
}

// A site that no config names can neither show the page in a frame, which could be hidden under something else to click on, nor
// hear from it in a window of its own.
func TestAHostileParent(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.say(success)
	for what, config := range map[string]string{
		"no parents":    `{"front_detector":false}`,
		"other parents": `{"front_detector":false,"parent_origins":["https://shop.example"]}`,
	} {
		s.config = config
		p := browser.Open(t, site(t, fmt.Sprintf(embedding, s.url)), browser.Options{Camera: browser.Synthetic(t, "640x480")})
		p.WaitTrue("the refused frame", `window.loaded`)
		if problems := strings.Join(p.Problems(), "\n"); !strings.Contains(problems, "frame-ancestors") {
			t.Errorf("%s: the frame was not refused: %q", what, problems)
		}
		var heard int
		if p.Eval(`heard.length`, &heard); heard != 0 {
			t.Errorf("%s: the hostile site heard %d messages", what, heard)
		}
	}
	// Nor can it be a frame further out.
	url := site(t, fmt.Sprintf(embedding, s.url))
	s.config = fmt.Sprintf(`{"front_detector":false,"parent_origins":[%q]}`, url)
	hostile := site(t, `<iframe title="check" allow="camera" src="`+url+`"></iframe>`)
	p := browser.Open(t, hostile, browser.Options{Camera: browser.Synthetic(t, "640x480")})
	eventually(t, "the refused frame", func() bool { return strings.Contains(strings.Join(p.Problems(), "\n"), "frame-ancestors") })
}

func TestAUIConfig(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.config = `{"front_detector":false,"redirect_url":"/icon.svg?s={session}","request_interval":50,"image":{"width":320,"height":240},
		"camera_not_attached_text":"Bring a camera","mode":"operator","styles":{"colors":{"accent":"#123456"},"sizes":{"prompt":9}}}`
	p := browser.Open(t, s.plain, browser.Options{Generated: 2})
	p.SetUp()
	var look struct {
		Accent, Transform string
		Cameras           int
		Operator          bool
	}
	p.WaitTrue("the cameras", `document.getElementById("camera").length > 0`)
	p.Eval(`({Accent: getComputedStyle(document.getElementById("begin")).backgroundColor, Transform: document.getElementById("video").style.transform,
		Cameras: document.getElementById("camera").length, Operator: document.querySelector("#mode [value=operator]").checked})`, &look)
	if look.Accent != "rgb(18, 52, 86)" || look.Transform != "scale(1, 1)" || look.Cameras != 2 || !look.Operator {
		t.Errorf("the page looks so: %+v", look)
	}
	p.Eval(`(({ camera }) => { camera.selectedIndex = 1 - camera.selectedIndex; window.chosen = camera.value; camera.dispatchEvent(new Event("change")); })({ camera: document.getElementById("camera") })`, nil)
	p.WaitTrue("the other camera", `!document.getElementById("setup").inert && document.getElementById("video").srcObject?.getVideoTracks()[0].getSettings().deviceId === chosen`)
	s.say(success)
	p.Do("begin", chromedp.Click("#begin"))
	eventually(t, "the redirect", func() bool { return slices.Contains(p.Requests(), s.url+"/icon.svg?s="+sessionID) })
	_, frames, _ := s.seen()
	if size := decode(t, frames[0]).Bounds().Size(); size.X != 320 || size.Y != 180 {
		t.Errorf("frame of %v, want 1280x720 within 320x240", size)
	}
	if problems := p.Problems(); len(problems) != 1 || !strings.Contains(problems[0], "styles.sizes.prompt") {
		t.Errorf("the console says %q, want the config's fault alone", problems)
	}

	p.Do("ask for another config", chromedp.Navigate(s.url+"/?cn=nothing"))
	p.WaitTrue("words", `document.getElementById("start").innerText === "Start the camera"`)
	if problems := p.Problems(); !strings.Contains(strings.Join(problems, "\n"), "cannot be used; the default applies: 404") {
		t.Errorf("the console says %q, want a warning about the missing config", problems)
	}

	// The admin page previews a config that is not saved yet.
	p.Eval(`document.body.append(window.preview = Object.assign(document.createElement("iframe"), { src: "/" }))`, nil)
	p.WaitTrue("the preview", `preview.contentDocument?.getElementById("start")?.innerText === "Start the camera"`)
	p.Eval(`preview.contentWindow.postMessage({ type: "selene-config", config: { name: "Northbank" } }, location.origin)`, nil)
	p.WaitTrue("the config in it", `preview.contentDocument.querySelector("header").innerText === "Northbank"`)
}
