package browser_test

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/edge"
	"github.com/selene-liveness/selene/edge/account"
	edgestats "github.com/selene-liveness/selene/edge/stats"
	"github.com/selene-liveness/selene/edge/ui"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/test/browser"
)

// TestStatistics redirects a visitor to the login and back, and shows what an edge counted.
func TestStatistics(t *testing.T) {
	t.Parallel()
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	for range 3 {
		decided(t, conn, schemas.Outcome_OUTCOME_PASSED)
	}
	decided(t, conn, schemas.Outcome_OUTCOME_FAKE)
	ctx := streamstest.Context(t)
	e, err := edge.New(ctx, conn, edge.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	password, err := e.FirstPassword(ctx)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	streamstest.Go(t, func(ctx context.Context) error { return e.Serve(ctx, listener) })
	url := "http://" + listener.Addr().String()
	requirePage(t, url+"/statistics")

	p := panel{browser.Open(t, url+"/statistics/", browser.Options{}), t}
	p.WaitPage("the log in", `document.querySelector("h1")?.innerText === "Log in"`)
	p.logIn(account.FirstUser, password)
	p.changePassword(password, newPassword)
	p.WaitPage("the statistics", `document.querySelector("h1")?.innerText === "Statistics"`)
	tile := func(name string) string {
		return `[...document.querySelectorAll(".tiles > div")].find((d) => d.innerText.startsWith(` + js(name) + `))?.querySelector("dd").innerText`
	}
	p.WaitTrue("four sessions", tile("Sessions ended")+` === "4"`)
	p.WaitTrue("how many passed", tile("Success")+` === "75.0%"`)
	p.sees("8 NO_FACE")
	p.put("Outcome", "fake")
	p.WaitTrue("one session", tile("Sessions ended")+` === "1"`)
	p.put("Failed check", "8")
	p.sees("Times are not recorded per check.")
	var csv string
	p.Eval(`document.querySelector("a[download]").getAttribute("href")`, &csv)
	if !strings.Contains(csv, "outcome=fake&code=8") {
		t.Errorf("the file is %s", csv)
	}
	p.Eval(`window.got = ""; fetch(document.querySelector("a[download]").href).then((r) => r.text()).then((text) => { window.got = text }); true`, nil)
	p.WaitTrue("the file", `window.got !== ""`)
	if p.Eval(`window.got`, &csv); !strings.HasPrefix(csv, "day,opened,sessions,success,") {
		t.Errorf("the file holds %.200s", csv)
	}
	p.look("statistics-real")
	for _, problem := range p.Problems() {
		if !strings.Contains(problem, "401") { // who is not logged in yet
			t.Errorf("the console says: %s", problem)
		}
	}
}

// decided stores the single decision of a session.
func decided(t *testing.T, conn *streams.Conn, outcome schemas.Outcome) {
	t.Helper()
	now := time.Now().UnixNano()
	_, err := conn.PublishDecision(streamstest.Context(t), &schemas.Decision{
		Version: schemas.Version, Name: &schemas.FrameName{Session: uuid.NewString(), Sequence: 1}, Frame: 1, Outcome: outcome, Errors: []int32{8},
		ReceivedUnixNanos: now - 120e6, DecidedUnixNanos: now, State: &schemas.SessionState{Sequence: 1, Attempts: 1, OpenedUnixNanos: now - 5e9},
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
}

// TestStatisticsLooks shows a month of a busy installation on common screen sizes.
func TestStatisticsLooks(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(monthOfUse(t))
	t.Cleanup(server.Close)
	requirePage(t, server.URL+"/statistics")
	for name, screen := range map[string]struct {
		options browser.Options
		russian bool
	}{
		"desktop":     {browser.Options{Width: 1280, Height: 1500}, false},
		"phone-dark":  {browser.Options{Width: 390, Height: 2600, Phone: true, Dark: true}, true},
		"phone-small": {browser.Options{Width: 320, Height: 2600, Phone: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := panel{browser.Open(t, server.URL+"/statistics/?period=30d", screen.options), t}
			if screen.russian {
				p.put("Language", "ru")
				p.sees("Сессии по исходам")
			}
			p.WaitTrue("charts", `document.querySelectorAll("svg.chart").length === 4`)
			p.look("statistics-" + name)
			p.Eval(`document.querySelectorAll("details").forEach((d) => { d.open = true }) ?? true`, nil)
			p.WaitTrue("tables", `document.querySelectorAll("table").length === 6`)
			for _, barrier := range p.Barriers() {
				t.Error(barrier)
			}
			for _, problem := range p.Problems() {
				t.Errorf("the console says: %s", problem)
			}
		})
	}
}

// monthOfUse serves the page with made-up figures.
func monthOfUse(t *testing.T) http.Handler {
	t.Helper()
	figures := func(n float64) edgestats.Figures {
		count := func(share float64) uint64 { return uint64(math.Round(n * share)) }
		opened := count(1.1)
		quantiles := func(p50, tail float64) *edgestats.Quantiles {
			if n == 0 {
				return nil
			}
			return &edgestats.Quantiles{Count: count(1), Mean: p50 * 1.1, P50: p50, P95: p50 * tail, P99: p50 * tail * (1.3 + min(n, 700)/2000)}
		}
		return edgestats.Figures{
			Opened: &opened, Sessions: count(1), Frames: count(14), Failed: count(9),
			Outcomes: map[string]uint64{"success": count(.8), "fake": count(.05), "timeout": count(.08), "liveness_attempts_exceeded": count(.04), "attempts_exceeded": count(.02), "different_face": count(.01)},
			Codes: []edgestats.CodeFigures{
				{Code: 37, Name: "MORE_FRAMES", Frames: count(3), Sessions: count(.9)},
				{Code: 8, Name: "NO_FACE", Frames: count(2.2), Sessions: count(.5)},
				{Code: 12, Name: "FACE_W_SMALL", Frames: count(1.4), Sessions: count(.4)},
				{Code: 3, Name: "BLURRED", Frames: count(.9), Sessions: count(.3)},
				{Code: 32, Name: "LIVENESS_FAILED", Frames: count(.3), Sessions: count(.06)},
				{Code: 64, Name: "AL_TURN_RIGHT", Frames: count(2), Sessions: count(.8)},
			},
			FramesPerSession: quantiles(12, 2.5), FrameTime: quantiles(140+min(n, 700)/10, 2.2), SessionTime: quantiles(9+min(n, 700)/100, 3),
		}
	}
	day := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -29)
	report := edgestats.Report{Since: day, Until: day.AddDate(0, 0, 30), Step: edgestats.ByDay, Complete: true, Error: edgestats.RelativeError, Total: figures(12345)}
	for n := range 30 {
		use := 420 + 180*math.Sin(float64(n)*2*math.Pi/7) + 5*float64(n)
		if n == 11 { // nobody was there
			use = 0
		}
		report.Series = append(report.Series, edgestats.Point{At: day.AddDate(0, 0, n), Figures: figures(use)})
	}
	body, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", ui.Handler())
	mux.HandleFunc("/v1/stats", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})
	mux.HandleFunc("/v1/me", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"name":"ann","rights":["stats:read"],"groups":["a"],"csrf":"x","must_change_password":false}`)
	})
	return mux
}
