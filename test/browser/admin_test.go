package browser_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/selene-liveness/selene/test/browser"
)

const (
	adminToken  = "the-admin-token-of-the-browser-tests"
	newPassword = "four words nobody else joins"
	// Sessions are judged by passive liveness, and their video is one that Chromium plays.
	adminSettings = `{"session":{"max_attempts":50},"active_liveness":{"is_enabled":false},"video":{"codec":"H264"}}`
)

// installation is a running selene with two sessions: one that passed and one that failed.
type installation struct {
	t        *testing.T
	url      string
	password string // of the first user, as it was printed
	passed   string
	failed   string
}

type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var (
	printedPassword = regexp.MustCompile(`The first user of (\S+)admin is admin; the password, shown only once: (\S+)`)
	printedSession  = regexp.MustCompile(`(?m)^session (\S+)`)
)

func install(t *testing.T) *installation {
	t.Helper()
	if _, err := os.Stat(filepath.Join(browser.Root(t), "workers/vision/packs/zoo/pack.json")); err != nil {
		t.Skip("skipped: model pack zoo is not installed (make setup)")
	}
	live, small := browser.FaceVideo(t, "real_lp_d_d10.mp4"), browser.FaceVideo(t, "smallface_lp_s13_fullbody.mp4")
	dir := t.TempDir()
	binary, settings := filepath.Join(dir, "selene"), filepath.Join(dir, "settings.json")
	selene := func(out io.Writer, args ...string) *exec.Cmd {
		c := exec.Command(binary, args...)
		c.Dir, c.Stdout, c.Stderr = browser.Root(t), out, out
		c.Env = append(os.Environ(), "SELENE_ADMIN_TOKEN="+adminToken, "SELENE_PACK=zoo", "SELENE_RATE_LIMIT=0")
		return c
	}
	if out, err := exec.Command("go", "build", "-o", binary, "../../deploy/selene").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	if err := os.WriteFile(settings, []byte(adminSettings), 0o600); err != nil {
		t.Fatal(err)
	}
	log := &output{}
	up := selene(log, "up", "--addr", "127.0.0.1:0", "--data", filepath.Join(dir, "data"), "--settings", settings)
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = up.Process.Signal(os.Interrupt)
		_ = up.Wait()
		if t.Failed() {
			t.Logf("selene up:\n%s", log)
		}
	})
	i := &installation{t: t}
	eventually(t, "the printed password", func() bool {
		found := printedPassword.FindStringSubmatch(log.String())
		if found == nil {
			return false
		}
		i.url, i.password = strings.TrimSuffix(found[1], "/"), found[2]
		return true
	})
	eventually(t, "readiness", func() bool { return i.status("/readyz") == http.StatusOK })
	play := func(video string, args ...string) string {
		out := &output{}
		// The exit code tells how the session ended; the page is checked for it instead.
		_ = selene(out, append([]string{"replay", video, "--to", "ws" + strings.TrimPrefix(i.url, "http") + "/ws"}, args...)...).Run()
		found := printedSession.FindStringSubmatch(out.String())
		if found == nil {
			t.Fatalf("replay %s: no session\n%s", video, out)
		}
		return found[1]
	}
	i.failed = play(small, "--fast")
	i.passed = play(live)
	return i
}

// status returns the status of a GET request made by the administrator.
func (i *installation) status(path string) int {
	status, _ := i.get(path)
	return status
}

func (i *installation) get(path string) (int, []byte) {
	i.t.Helper()
	r, err := http.NewRequest(http.MethodGet, i.url+path, nil)
	if err != nil {
		i.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		i.t.Fatal(err)
	}
	return answer.StatusCode, body
}

// blur returns the current value of thresholds.blur.
func (i *installation) blur() float64 {
	i.t.Helper()
	_, body := i.get("/v1/settings")
	var revision struct {
		Settings struct {
			Thresholds struct{ Blur float64 }
		}
	}
	if err := json.Unmarshal(body, &revision); err != nil {
		i.t.Fatal(err)
	}
	return revision.Settings.Thresholds.Blur
}

// panel is the admin page in a browser, driven by its visible text.
type panel struct {
	*browser.Page
	t *testing.T
}

// seen finds elements by their text, those of an open dialog first.
const seen = `(selector, words) => {
	const scope = document.querySelector("dialog[open]") ?? document;
	const said = (e) => (e.getAttribute("aria-label") ?? e.innerText ?? "").replace(/\s+/g, " ").trim();
	const all = [...scope.querySelectorAll(selector)].filter((e) => e.checkVisibility());
	return all.find((e) => said(e) === words) ?? all.find((e) => said(e).startsWith(words));
}`

func js(s string) string {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// press clicks the control with the given text.
func (p panel) press(words string) {
	p.t.Helper()
	find := fmt.Sprintf(`(%s)("button, a, summary, input[type=checkbox], label.check", %s)`, seen, js(words))
	p.WaitTrue("something to press that says "+words, find+" !== undefined")
	p.Eval(find+".click() ?? true", nil)
}

// control returns an expression for the control with a label or name.
func control(label string) string {
	return fmt.Sprintf(`((%[1]s)("label", %[2]s)?.control ?? (%[1]s)("input, select, textarea", %[2]s))`, seen, js(label))
}

// put enters a value as typing would.
func (p panel) put(label, value string) {
	p.t.Helper()
	p.WaitTrue("a field "+label, control(label)+" != null")
	p.Eval(fmt.Sprintf(`{ const c = %s;
		Object.getOwnPropertyDescriptor(Object.getPrototypeOf(c), "value").set.call(c, %s);
		for (const kind of ["input", "change"]) c.dispatchEvent(new Event(kind, {bubbles: true})); } true`, control(label), js(value)), nil)
}

// sees waits until the page shows words.
func (p panel) sees(words string) {
	p.t.Helper()
	p.WaitTrue("the words "+words, fmt.Sprintf(`document.body.innerText.replace(/\s+/g, " ").includes(%s)`, js(words)))
}

func (p panel) says(words string) bool {
	p.t.Helper()
	var is bool
	p.Eval(fmt.Sprintf(`document.body.innerText.replace(/\s+/g, " ").includes(%s)`, js(words)), &is)
	return is
}

func (p panel) open(place, title string) {
	p.t.Helper()
	p.Eval(`location.hash = `+js("#/"+place), nil)
	p.WaitTrue(title, fmt.Sprintf(`document.querySelector("h1")?.innerText.startsWith(%s) && !document.querySelector(".loading")`, js(title)))
}

func (p panel) logIn(user, password string) {
	p.t.Helper()
	p.WaitTrue("the log in", `document.querySelector("h1")?.innerText === "Log in"`)
	p.put("User name", user)
	p.put("Password", password)
	p.Do("press Enter", chromedp.Focus("[name=password]"), chromedp.KeyEvent(kb.Enter))
}

func (p panel) changePassword(old, fresh string) {
	p.t.Helper()
	p.sees("Choose your own password")
	p.put("Current password", old)
	p.put("New password", fresh)
	p.put("Repeat new password", fresh)
	p.press("Change password")
}

// looks checks accessibility and saves a screenshot.
func (p panel) looks(name string) {
	p.t.Helper()
	p.look("admin-" + name)
}

func (p panel) look(name string) {
	p.t.Helper()
	for _, barrier := range p.Barriers() {
		p.t.Errorf("%s: %s", name, barrier)
	}
	var wider int
	p.Eval(`document.documentElement.scrollWidth - innerWidth`, &wider)
	if wider > 0 {
		p.t.Errorf("%s: the page is %d px wider than the screen", name, wider)
	}
	p.Eval(`scrollTo(0, 0) ?? true`, nil)
	p.Screenshot(name)
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.url = browser.Below(t, i.url, "/bank/liveness") // so that every link has to be relative
	requirePage(t, i.url+"/admin")
	p := panel{browser.Open(t, i.url+"/admin/", browser.Options{Width: 1280, Height: 900}), t}
	t.Cleanup(func() {
		if t.Failed() {
			p.Screenshot("admin-broken")
		}
	})
	firstLogIn(i, p)
	seeSession(i, p)
	exportSession(i, p)
	editSettings(i, p)
	makeConfig(i, p)
	makeToken(i, p)
	everyPageLooksFine(i, p)
	eraseSession(i, p)
	logInAgain(p)
	withoutRights(i, p)
	for _, problem := range p.Problems() {
		// Refused requests are expected here: the browser logs each one, and the previewed page logs what it omits.
		if !strings.Contains(problem, "Failed to load resource") && !strings.Contains(problem, "Selene: UI config: request_interval") {
			t.Errorf("the console says: %s", problem)
		}
	}
}

func firstLogIn(i *installation, p panel) {
	p.logIn("admin", "not the password")
	p.sees("wrong")
	p.looks("log-in")
	p.logIn("admin", i.password)
	p.sees("Choose your own password")
	p.put("Current password", i.password)
	p.put("New password", "short")
	p.put("Repeat new password", "other")
	p.press("Change password")
	p.sees("At least 12 characters")
	p.sees("Does not match the password above")
	p.looks("first-password")
	p.changePassword(i.password, newPassword)
	p.sees("Logged in as admin")
	p.open("sessions", "Sessions")
}

func seeSession(i *installation, p panel) {
	p.WaitTrue("two sessions", `document.querySelectorAll("tbody tr").length === 2`)
	p.looks("sessions")
	p.put("Outcome", "fail")
	p.press("Search")
	p.WaitTrue("the one that failed", `document.querySelectorAll("tbody tr").length === 1`)
	p.sees(i.failed[:8])
	p.press("Session " + i.failed[:8])
	p.sees("12 FACE_W_SMALL")
	p.looks("session-failed")

	p.open("sessions/"+i.passed, "Session")
	p.WaitTrue("a frame", `document.querySelector(".picture img")?.naturalWidth > 0`)
	var box struct{ Left, Top, Width, Height, FrameWidth, Chosen, Lines float64 }
	p.Eval(`(() => {
		const picture = document.querySelector(".picture img").getBoundingClientRect(), face = document.getElementById("face-box").getBoundingClientRect();
		return {Left: face.left - picture.left, Top: face.top - picture.top, Width: face.width, Height: face.height, FrameWidth: picture.width,
			Chosen: Number(document.getElementById("position").value), Lines: document.querySelectorAll(".chart polyline").length};
	})()`, &box)
	if box.Left < 0 || box.Top < 0 || box.Width < box.FrameWidth/5 || box.Left+box.Width > box.FrameWidth || box.Lines < 2 {
		i.t.Errorf("the face box and the chart: %+v", box)
	}
	p.Do("go to the first frame by keyboard", chromedp.Focus("#position"), chromedp.KeyEvent(kb.Home))
	p.sees("Frame 1 of")
	p.sees("37 MORE_FRAMES")
	p.press("Next frame")
	p.sees("Frame 2 of")
	// All workers have judged the frame that passed.
	p.Do("go to the last frame by keyboard", chromedp.Focus("#position"), chromedp.KeyEvent(kb.End))
	p.sees("virtual-camera")
	p.WaitTrue("a video that plays", `document.querySelector("video")?.readyState >= 1 && document.querySelector("video").duration > 0`)
	p.Do("a high window", chromedp.EmulateViewport(1280, 2100))
	p.looks("session")
	p.Do("the window as it was", chromedp.EmulateViewport(1280, 900))
}

func exportSession(i *installation, p panel) {
	p.press("Judge again…")
	p.sees("The stored session does not change.")
	p.press("Judge again")
	p.sees("byte for byte")
	p.looks("rerun")
	p.press("Close")
	p.press("Export…")
	p.sees("Overlay")
	p.press("Face box")
	p.press("Codes")
	p.looks("export")
	p.press("Start export")
	p.WaitTrue("the file", `document.querySelector("dialog .files a") !== null`)
	var href string
	p.Eval(`document.querySelector("dialog .files a").href`, &href)
	if status := i.status(strings.TrimPrefix(href, i.url)); status != http.StatusOK {
		i.t.Errorf("the exported file: status %d", status)
	}
	p.press("Close")
	p.open("exports", "Exports")
	p.WaitTrue("the export", `document.querySelectorAll("tbody tr").length === 1`)
	p.looks("exports")
	p.open("sessions", "Sessions")
	p.press("Select session " + i.passed[:8])
	p.press("Select session " + i.failed[:8])
	p.press("Export…")
	p.sees("Export 2 sessions")
	p.press("Start export")
	p.WaitTrue("both files", `document.querySelectorAll("dialog .files a").length === 2`)
	p.looks("export-of-two")
	p.press("Close")
}

func editSettings(i *installation, p panel) {
	was := i.blur()
	p.open("settings", "Settings")
	p.press("Checks")
	p.put("Sharpness", "2")
	p.sees("Must be from 0 to 1")
	p.press("Save as a new revision")
	p.looks("settings-wrong")
	if now := i.blur(); now != was {
		i.t.Errorf("a wrong value was saved: %v", now)
	}
	p.put("Sharpness", "0.5")
	// The schema cannot express this rule: the server reports it, and the form shows it at its field.
	p.put("Find a setting", "starting pitch")
	p.put("Starting pitch", "60")
	p.press("Save as a new revision")
	p.WaitTrue("the refusal at its setting", `document.querySelector('[data-path="active_liveness.pitch_threshold_deg"] .error, [data-path="active_liveness.pitch_start_deg"] .error') !== null`)
	p.looks("settings-refused")
	p.put("Starting pitch", "10")
	p.put("Find a setting", "")
	p.put("Note", "kinder to old phones")
	p.press("Save as a new revision")
	p.sees("Saved as revision")
	if now := i.blur(); now != 0.5 {
		i.t.Errorf("thresholds.blur is %v after saving, want 0.5", now)
	}
	p.open("settings/revisions", "Settings")
	p.sees("kinder to old phones")
	p.sees(fmt.Sprintf("thresholds.blur: %v → 0.5", was))
	p.looks("revisions")
	p.press("Restore")
	p.sees("This creates a new revision")
	p.press("Restore")
	p.sees("has been restored as revision")
	if now := i.blur(); now != was {
		i.t.Errorf("thresholds.blur is %v after rolling back, want %v", now, was)
	}
	p.open("settings/variants", "Settings")
	p.put("Tag", "gate")
	p.press("Create a variant")
	p.WaitTrue("the variant", `[...document.querySelectorAll("td a")].some((e) => e.innerText === "gate")`)
	p.looks("variants")
}

func makeConfig(i *installation, p panel) {
	p.open("configs", "UI configs")
	p.press("Add a config")
	p.sees("Letters, digits")
	p.put("Name", "northbank")
	p.press("Add")
	p.sees("Save to create it")
	p.press("Texts")
	p.put("Start button", "I am ready")
	p.put("Accent", "#0f766e")
	p.WaitTrue("the preview", `document.querySelector("iframe").contentDocument?.getElementById("begin")?.textContent === "I am ready"`)
	p.put("Minimum interval between pictures, ms", "99999")
	p.press("Save")
	p.WaitTrue("the refusal at its field", `document.querySelector(".field.wrong label")?.innerText.startsWith("Minimum interval")`)
	p.put("Minimum interval between pictures, ms", "150")
	p.press("Save")
	p.sees("Saved.")
	p.looks("config")
	user := browser.Open(i.t, i.url+"/?cn=northbank", browser.Options{})
	user.WaitTrue("the config on the user page", `document.getElementById("begin")?.textContent === "I am ready"`)
	user.Screenshot("admin-config-on-the-page")
	p.open("configs", "UI configs")
	p.looks("configs")
}

func makeToken(i *installation, p panel) {
	p.open("tokens", "API tokens")
	p.press("Create a token")
	p.sees("What the token is for")
	p.put("Name", "reports")
	p.press("Sessions: View")
	p.looks("token-rights")
	p.press("Create a token")
	p.sees("It is shown only once")
	var secret string
	p.Eval(`document.querySelector(".secret").innerText.trim()`, &secret)
	r, err := http.NewRequest(http.MethodGet, i.url+"/v1/sessions", nil)
	if err != nil {
		i.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		i.t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		i.t.Errorf("the token is refused: %s", answer.Status)
	}
	p.looks("token")
	p.press("Close")
	if p.says(secret) {
		i.t.Error("the token is still shown")
	}
}

// everyPageLooksFine visits each section on a desktop and, in dark mode, on a phone.
func everyPageLooksFine(i *installation, p panel) {
	type stop struct{ place, title, name string }
	places := []stop{
		{"workers", "Workers", "workers"},
		{"users", "Users", "users"},
		{"groups", "Groups", "groups"},
		{"tokens", "API tokens", "tokens"},
		{"audit", "Recent actions", "audit"},
		{"settings", "Settings", "settings"},
		{"password", "Change password", "password"},
	}
	for _, one := range places {
		p.open(one.place, one.title)
		p.looks(one.name)
	}
	p.open("settings", "Settings")
	p.Do("a very high window", chromedp.EmulateViewport(1280, 5200))
	p.Eval(`document.querySelectorAll("details").forEach((e) => { e.open = true; }) ?? true`, nil)
	p.looks("settings-open")
	p.put("Theme", "dark")
	p.Do("a phone's screen", chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch))
	for _, one := range append(places,
		stop{"sessions", "Sessions", "sessions"},
		stop{"sessions/" + i.passed, "Session", "session"},
		stop{"exports", "Exports", "exports"},
		stop{"configs", "UI configs", "configs"},
		stop{"configs/northbank", "UI configs", "config"},
		stop{"settings/revisions", "Settings", "revisions"},
	) {
		p.open(one.place, one.title)
		p.looks("phone-dark-" + one.name)
	}
	p.press("Menu")
	p.put("Language", "ru")
	p.sees("Сессии")
	p.looks("phone-dark-menu-ru")
	p.Do("the desktop again", chromedp.EmulateViewport(1280, 900))
	p.open("sessions", "Сессии")
	p.looks("dark-ru-sessions")
	p.put("Язык", "en")
	p.put("Theme", "light")
}

func eraseSession(i *installation, p panel) {
	p.open("sessions/"+i.passed, "Session")
	p.press("Erase")
	p.sees("This cannot be undone")
	p.looks("erase")
	p.press("Cancel")
	p.WaitTrue("the question to go", `document.querySelector("dialog") === null`)
	if status := i.status("/v1/sessions/" + i.passed); status != http.StatusOK {
		i.t.Fatalf("after Cancel the session answers %d", status)
	}
	p.press("Erase")
	p.sees("This cannot be undone")
	p.press("Erase permanently")
	p.sees("The session has been erased.")
	if status := i.status("/v1/sessions/" + i.passed); status != http.StatusGone {
		i.t.Errorf("the erased session answers %d, want 410", status)
	}
	p.open("audit", "Recent actions")
	p.sees("sessions.erase")
	p.sees("settings.restore")
	p.open("configs", "UI configs")
	p.press("Select northbank")
	p.press("Delete selected")
	p.sees("Delete northbank?")
	p.press("Delete")
	p.sees("There are no UI configs yet.")
	if status := i.status("/ui-config/northbank"); status != http.StatusNotFound {
		i.t.Errorf("the deleted UI config answers %d, want 404", status)
	}
}

// logInAgain covers a login that expires on the server.
func logInAgain(p panel) {
	p.Do("end the log in behind the page's back", chromedp.Evaluate(`(async () => {
		const { csrf } = await (await fetch("../v1/me")).json();
		return (await fetch("../v1/logout", {method: "POST", headers: {"X-CSRF-Token": csrf}})).status;
	})()`, nil, awaited))
	p.Eval(`location.hash = "#/workers"`, nil)
	p.sees("You have been logged out.")
	p.looks("logged-out")
	p.logIn("admin", newPassword)
	p.WaitTrue("the page that was asked for", `document.querySelector("h1")?.innerText === "Workers"`)
}

func withoutRights(i *installation, p panel) {
	p.open("users", "Users")
	p.press("Add a user")
	p.sees("Lowercase letters")
	p.put("User name", "guest")
	p.press("Add")
	p.sees("Give this password to guest")
	var drawn string
	p.Eval(`document.querySelector(".secret").innerText.trim()`, &drawn)
	p.press("Close")
	p.press("Log out")
	p.logIn("guest", drawn)
	p.changePassword(drawn, newPassword)
	p.sees("You have no access to this section") // the section that was in view
	p.open("", "You have no access to any section")
	p.looks("no-rights")
	var links int
	p.Eval(`document.querySelectorAll("nav a").length`, &links)
	if links != 0 {
		i.t.Errorf("a user without rights sees %d sections", links)
	}
	for _, place := range []string{"sessions", "sessions/" + i.failed, "settings", "users", "configs", "workers", "audit", "tokens", "exports", "groups"} {
		p.open(place, "You have no access to this section")
	}
	var statuses []int
	p.Do("ask without rights", chromedp.Evaluate(fmt.Sprintf(`(async () => {
		const { csrf } = await (await fetch("../v1/me")).json();
		const ask = async (method, path, body) => (await fetch(path, {method, body, headers: {"X-CSRF-Token": csrf}})).status;
		return [await ask("GET", "../v1/sessions"), await ask("DELETE", "../v1/sessions/%s"), await ask("PUT", "../v1/settings", "{}"), await ask("POST", "../v1/users", "{}"),
			await ask("GET", "../v1/sessions/%[1]s/frames/1")];
	})()`, i.failed), &statuses, chromedp.EvalAsValue, awaited))
	if !slices.Equal(statuses, []int{403, 403, 403, 403, 403}) {
		i.t.Errorf("without rights the server answers %v", statuses)
	}
	if status := i.status("/v1/sessions/" + i.failed); status != http.StatusOK {
		i.t.Errorf("the session answers %d after somebody without rights tried to erase it", status)
	}
	p.press("Log out")
	p.sees("User name")
	p.Do("be sent here by the statistics", chromedp.Navigate(i.url+"/admin/?to=statistics/"))
	p.logIn("admin", newPassword)
	eventually(i.t, "the statistics", func() bool { return slices.Contains(p.Requests(), i.url+"/statistics/") })
}

// awaited makes an evaluation wait for the promise it returns.
func awaited(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }
