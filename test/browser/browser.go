// Package browser drives the user page in a real Chromium with a fake camera.
// It needs Chromium, and FFmpeg for the camera's pictures.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Options describe the browser to open.
type Options struct {
	// Camera is a file made by Camera or Synthetic; empty means a machine without a camera.
	Camera string
	// Generated is the number of cameras that show a pattern drawn by Chromium,
	// instead of Camera.
	Generated int
	// RefuseCamera denies the camera permission.
	RefuseCamera bool
	// Width and Height of the viewport in CSS pixels; 0 means 1280x800.
	Width, Height int64
	// Phone emulates a touch screen with two device pixels per CSS pixel.
	Phone bool
	// Before is JavaScript that runs before the page's own.
	Before string
	// Dark requests a dark page, ReducedMotion a page without animations.
	Dark, ReducedMotion bool
}

// Phone returns the options of a phone-sized, upright screen.
func Phone(camera string) Options {
	return Options{Camera: camera, Width: 390, Height: 844, Phone: true}
}

// wait limits every wait for a state of the page. It is far longer than needed:
// Chromium shares its cores with the session's own work.
const wait = 60 * time.Second

// Page is one open tab. Its methods fail the test when they cannot do their
// work within a minute.
type Page struct {
	t        testing.TB
	run      func(limit time.Duration, actions ...chromedp.Action) error
	problems *problems
	axe      bool // axe is loaded
}

// Open starts a fresh Chromium (own profile, closed at the end of the test),
// and opens url in it. It skips the test when no Chromium is installed.
func Open(t testing.TB, url string, o Options) *Page {
	t.Helper()
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), flags(t, o)...)
	t.Cleanup(cancelAlloc)
	ctx, cancel := chromedp.NewContext(alloc, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(cancel)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx) }) // waits for Chromium; one that is gone already is fine
	p := &Page{t: t, problems: listen(ctx)}
	p.run = func(limit time.Duration, actions ...chromedp.Action) error {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return chromedp.Run(ctx, actions...)
	}

	if o.Width == 0 {
		o.Width, o.Height = 1280, 800
	}
	actions := []chromedp.Action{
		chromedp.EmulateViewport(o.Width, o.Height),
		emulation.SetEmulatedMedia().WithFeatures(o.media()),
	}
	if o.Phone {
		actions[0] = chromedp.EmulateViewport(o.Width, o.Height, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	if o.RefuseCamera {
		actions = append(actions, browser.SetPermission(&browser.PermissionDescriptor{Name: "camera"}, browser.PermissionSettingDenied))
	}
	if o.Before != "" {
		actions = append(actions, chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := page.AddScriptToEvaluateOnNewDocument(o.Before).Do(ctx)
			return err
		}))
	}
	actions = append(actions, chromedp.Navigate(url))
	start(ctx, t, actions)
	return p
}

// start runs the first actions. The first Run starts Chromium and binds its life
// to the context, so the deadline must be outside it.
func start(ctx context.Context, t testing.TB, actions []chromedp.Action) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- chromedp.Run(ctx, actions...) }()
	select {
	case err := <-done:
		if err != nil {
			t.Fatalf("open the page in Chromium: %v", err)
		}
	case <-time.After(wait):
		t.Fatalf("open the page in Chromium: no answer within %v", wait)
	}
}

func (o Options) media() []*emulation.MediaFeature {
	scheme, motion := "light", "no-preference"
	if o.Dark {
		scheme = "dark"
	}
	if o.ReducedMotion {
		motion = "reduce"
	}
	return []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: motion},
	}
}

func flags(t testing.TB, o Options) []chromedp.ExecAllocatorOption {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(executable(t)),
		chromedp.UserDataDir(profile(t)),
		chromedp.WSURLReadTimeout(wait),
		chromedp.Headless,
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("hide-scrollbars", true),
	}
	if o.Generated > 0 {
		options = append(options, chromedp.Flag("use-fake-device-for-media-stream", fmt.Sprintf("device-count=%d", o.Generated)))
	} else if o.Camera != "" {
		options = append(options,
			chromedp.Flag("use-fake-device-for-media-stream", true),
			chromedp.Flag("use-file-for-fake-video-capture", o.Camera),
		)
	}
	if o.Generated > 0 || o.Camera != "" {
		if !o.RefuseCamera {
			options = append(options, chromedp.Flag("use-fake-ui-for-media-stream", true))
		}
	}
	return options
}

// profile returns a new user data folder. Chromium's helpers may still write there
// while it is removed, which t.TempDir would call a failure.
func profile(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "selene-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func executable(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium here: install the package chromium")
	return ""
}

// Do runs chromedp actions within the wait limit. what describes them in a failure.
func (p *Page) Do(what string, actions ...chromedp.Action) {
	p.t.Helper()
	if err := p.run(wait, actions...); err != nil {
		p.t.Fatalf("%s: %v (page shows %q)", what, err, p.words())
	}
}

// Start presses the start button and, once the camera shows its picture, the
// button that begins the check.
func (p *Page) Start() {
	p.t.Helper()
	p.SetUp()
	if p.View() == "setup" {
		p.WaitTrue("the controls", `!document.getElementById("setup").inert`)
		p.Do("begin the check", chromedp.Click("#begin", chromedp.ByID))
	}
}

// SetUp presses the start button and waits until the camera shows its picture,
// or the page reports why it cannot.
func (p *Page) SetUp() {
	p.t.Helper()
	p.Do("press start", chromedp.Click("#start", chromedp.ByID))
	p.WaitTrue("the camera", `document.getElementById("main").dataset.view !== "intro"`)
}

// View returns the name of the visible view: intro, setup, live, success or failure.
func (p *Page) View() string {
	p.t.Helper()
	var name string
	p.Do("read the view", chromedp.Evaluate(`document.getElementById("main").dataset.view`, &name))
	return name
}

// WaitView waits until the named view is visible.
func (p *Page) WaitView(name string) {
	p.t.Helper()
	p.WaitTrue("view "+name, `document.getElementById("main").dataset.view === "`+name+`"`)
}

// WaitTrue waits until a JavaScript expression is true. what describes it in a failure.
func (p *Page) WaitTrue(what, expression string) {
	p.t.Helper()
	p.Do(
		"wait for "+what,
		chromedp.Poll(expression, nil, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(wait)),
	)
}

// WaitPage is WaitTrue for an expression that becomes true on the page that this
// one is about to navigate to.
func (p *Page) WaitPage(what, expression string) {
	p.t.Helper()
	var err error
	for deadline := time.Now().Add(wait); time.Now().Before(deadline); {
		// Evaluating on a page that is being left fails.
		err = p.run(
			wait,
			chromedp.Poll(expression, nil, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(wait)),
		)
		if err == nil {
			return
		}
	}
	p.t.Fatalf("wait for %s: %v (page shows %q)", what, err, p.words())
}

// Text returns the visible text of the first element that matches a CSS selector.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	var text string
	p.Do("read "+selector, chromedp.Evaluate(`document.querySelector("`+selector+`").innerText`, &text))
	return text
}

// Eval evaluates a JavaScript expression into result.
func (p *Page) Eval(expression string, result any) {
	p.t.Helper()
	p.Do("evaluate "+expression, chromedp.Evaluate(expression, result))
}

// Screenshot writes test/output/browser/NAME.png and returns its path.
func (p *Page) Screenshot(name string) string {
	p.t.Helper()
	var png []byte
	p.Do("take a screenshot", chromedp.ActionFunc(func(ctx context.Context) (err error) {
		png, err = page.CaptureScreenshot().WithFormat(page.CaptureScreenshotFormatPng).Do(ctx)
		return err
	}))
	dir := filepath.Join(Root(p.t), "test", "output", "browser")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatalf("make the screenshot folder: %v", err)
	}
	file := filepath.Join(dir, name+".png")
	if err := os.WriteFile(file, png, 0o644); err != nil {
		p.t.Fatalf("write the screenshot: %v", err)
	}
	return file
}

func (p *Page) words() string {
	var text string
	if err := p.run(5*time.Second, chromedp.Evaluate(`document.body.innerText.slice(0, 300)`, &text)); err != nil {
		return "nothing: " + err.Error()
	}
	return text
}
