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
	p.logIn(edge.FirstUser, password)
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
	figures := func(n float64) map[string]any {
		count := func(share float64) uint64 { return uint64(math.Round(n * share)) }
		quantiles := func(p50, tail float64) map[string]any {
			if n == 0 {
				return nil
			}
			return map[string]any{"count": count(1), "mean": p50 * 1.1, "p50": p50, "p95": p50 * tail, "p99": p50 * tail * (1.3 + min(n, 700)/2000)}
		}
		code := func(code int, name string, frames, sessions float64) map[string]any {
			return map[string]any{"code": code, "name": name, "frames": count(frames), "sessions": count(sessions)}
		}
		return map[string]any{
			"opened": count(1.1), "sessions": count(1), "frames": count(14), "failed_frames": count(9), "unjudged_frames": 0,
			"outcomes": map[string]uint64{"success": count(.8), "fake": count(.05), "timeout": count(.08), "liveness_attempts_exceeded": count(.04), "attempts_exceeded": count(.02), "different_face": count(.01)},
			"codes": []any{
				code(37, "MORE_FRAMES", 3, .9),
				code(8, "NO_FACE", 2.2, .5),
				code(12, "FACE_W_SMALL", 1.4, .4),
				code(3, "BLURRED", .9, .3),
				code(32, "LIVENESS_FAILED", .3, .06),
				code(64, "AL_TURN_RIGHT", 2, .8),
			},
			"frames_per_session": quantiles(12, 2.5), "frame_ms": quantiles(140+min(n, 700)/10, 2.2), "session_seconds": quantiles(9+min(n, 700)/100, 3),
		}
	}
	day := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -29)
	var series []any
	for n := range 30 {
		use := 420 + 180*math.Sin(float64(n)*2*math.Pi/7) + 5*float64(n)
		if n == 11 { // nobody was there
			use = 0
		}
		point := figures(use)
		point["at"] = day.AddDate(0, 0, n)
		series = append(series, point)
	}
	body, err := json.Marshal(map[string]any{
		"since": day, "until": day.AddDate(0, 0, 30), "step": "day", "complete": true, "relative_error": 0.01, "total": figures(12345), "series": series,
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", ui.Handler(nil))
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
