package gateway

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestOutcomesEndTheSession(t *testing.T) {
	for outcome, want := range map[schemas.Outcome]struct {
		code   int
		reason string
	}{
		schemas.Outcome_OUTCOME_ATTEMPTS_EXCEEDED:          {4001, "attempts exceeded"},
		schemas.Outcome_OUTCOME_LIVENESS_ATTEMPTS_EXCEEDED: {4002, "liveness attempts exceeded"},
		schemas.Outcome_OUTCOME_DIFFERENT_FACE:             {4003, "different face"},
		schemas.Outcome_OUTCOME_FAKE:                       {4004, "fake session"},
		schemas.Outcome_OUTCOME_TIMEOUT:                    {4008, "session timeout"},
	} {
		t.Run(outcome.String(), func(t *testing.T) {
			conn := world(t, "", always(outcome, schemas.CodeBlurred, schemas.CodeAttemptsExceeded))
			c, id := connect(t, open(t, conn, Config{}), "")
			c.frame()
			c.wantStats(schemas.CodeBlurred, schemas.CodeAttemptsExceeded)
			c.wantClose(want.code, want.reason)
			e := wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_CLOSED)
			if e.GetOutcome() != outcome {
				t.Errorf("closed with %s", e.GetOutcome())
			}
		})
	}
}

func TestSuccess(t *testing.T) {
	score := 0.75
	conn := world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		d := goOn(f, sequence)
		if f.GetName().GetSequence() == 3 {
			d = verdict(f, sequence, schemas.Outcome_OUTCOME_PASSED)
			d.BestShot = sequence - 1 // not the frame that passed
			d.Checks = []*schemas.Check{{Name: schemas.CheckLiveness, Result: schemas.CheckPassed, Worker: schemas.WorkerLiveness, Pack: "zoo 1"}}
			d.Estimations.Liveness = &score
		}
		return d
	})
	c, id := connect(t, open(t, conn, Config{}), "")
	for n := range 3 {
		c.send(lpproto.NewFrame(lpproto.ContentJPEGBase64, lpproto.EncodeBase64(jpegBytes(8+n, 8))))
		if n < 2 {
			c.wantStats(schemas.CodeMoreFrames)
		}
	}
	m := c.want(lpproto.Success)
	c.wantClose(lpproto.CloseSuccess, "success")
	if got := m.Header(lpproto.HeaderContentType); got != lpproto.ContentJWT {
		t.Errorf("content-type %q", got)
	}
	parsed, err := jwt.Parse(string(m.Body), func(*jwt.Token) (any, error) { return []byte(testKey), nil }, jwt.WithValidMethods([]string{"HS256"}), jwt.WithoutClaimsValidation())
	if err != nil {
		t.Fatal(err)
	}
	claims := parsed.Claims.(jwt.MapClaims)
	keys := []string{}
	for key := range claims {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	if fmt.Sprint(keys) != "[aggregated bestshot chain checks errors estimations exp iat isOk jti]" || len(parsed.Header) != 3 {
		t.Errorf("got %v, header %v", keys, parsed.Header)
	}
	estimations, _ := json.Marshal(claims["estimations"])
	if claims["isOk"] != true || fmt.Sprint(claims["errors"]) != "[]" || claims["jti"] != id || claims["iat"] != float64(1_700_000_000) ||
		claims["bestshot"] != base64.StdEncoding.EncodeToString(jpegBytes(9, 8)) || !strings.Contains(string(estimations), `"liveness":{"score":0.75}`) {
		t.Errorf("got %v", claims)
	}
	if checks, _ := json.Marshal(claims["checks"]); string(checks) != `{"liveness":{"pack":"zoo 1","result":"passed"}}` {
		t.Errorf("checks %s", checks)
	}
	if e := wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_CLOSED); e.GetOutcome() != schemas.Outcome_OUTCOME_PASSED {
		t.Errorf("closed with %s", e.GetOutcome())
	}
}

func TestTokenWithoutBestShot(t *testing.T) {
	conn := world(t, `{"workers":[],"token":{"best_shot":false}}`, func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		d := verdict(f, sequence, schemas.Outcome_OUTCOME_PASSED)
		d.BestShot = sequence + 100 // it is not looked for
		return d
	})
	c, _ := connect(t, open(t, conn, Config{}), "")
	c.frame()
	token, _, err := jwt.NewParser().ParseUnverified(string(c.want(lpproto.Success).Body), jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	if _, has := token.Claims.(jwt.MapClaims)["bestshot"]; has {
		t.Error("the token has a best shot")
	}
}

// A reply that passes a session, whose decision is not stored, or stored otherwise, is not signed.
func TestForgedReplyIsNotSigned(t *testing.T) {
	for name, store := range map[string]bool{"nothing is stored": false, "another decision is stored": true} {
		t.Run(name, func(t *testing.T) {
			conn := streamstest.Connect(t, streamstest.Broker(t, false))
			prepare(t, conn, "")
			decide(t, conn, "decider", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
				forged := verdict(f, sequence, schemas.Outcome_OUTCOME_PASSED)
				forged.State.LastDecision = 1
				if store {
					stored, err := conn.PublishDecision(t.Context(), goOn(f, sequence), f.GetState().GetLastDecision())
					if err != nil {
						t.Error(err)
					}
					forged.State.LastDecision = stored
				}
				if err := conn.Reply(forged); err != nil {
					t.Error(err)
				}
				return nil
			})
			c, _ := connect(t, open(t, conn, Config{}), "")
			c.frame()
			c.wantError(lpproto.CodeInternal)
		})
	}
}

func TestMissingBestShot(t *testing.T) {
	conn := world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		d := verdict(f, sequence, schemas.Outcome_OUTCOME_PASSED)
		d.BestShot = sequence + 100
		return d
	})
	c, _ := connect(t, open(t, conn, Config{}), "")
	c.frame()
	c.wantError(lpproto.CodeInternal)
	c.wantClose(lpproto.CloseInternal, "internal error")
}

func TestFrameThatCouldNotBeJudged(t *testing.T) {
	conn := world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		d := goOn(f, sequence)
		switch f.GetName().GetSequence() {
		case 1:
			d.Failure = &schemas.Failure{Code: schemas.SystemUndecodable}
		case 2:
			d.Failure = &schemas.Failure{Code: 4711, Detail: "not for clients"}
		}
		return d
	})
	c, _ := connect(t, open(t, conn, Config{}), "")
	for _, code := range []int{lpproto.CodeBadImage, lpproto.CodeInternal} {
		c.frame()
		c.wantError(code)
	}
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
}

func TestEstimationsAreShownInDevelopmentOnly(t *testing.T) {
	for env, sees := range map[string]bool{"production": false, "development": true} {
		conn := world(t, `{"workers":[],"env":"`+env+`"}`, goOn)
		c, _ := connect(t, open(t, conn, Config{}), "")
		c.frame()
		body := string(c.wantStats(schemas.CodeMoreFrames).Body)
		if strings.Contains(body, "faceCount") != sees || !strings.Contains(body, `"faceRect":{"x":1,"y":2,"width":3,"height":4}`) {
			t.Errorf("%s: got %s", env, body)
		}
	}
}

func TestMetrics(t *testing.T) {
	conn := world(t, "", goOn)
	d := open(t, conn, Config{})
	if got := values(t, d.registry); got["selene_edge_frames_total STATS"] != 0 || len(got) < 15 {
		t.Fatalf("counters do not exist from the start: %v", got)
	}
	c, _ := connect(t, d, "")
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	c.send(lpproto.NewFrame("image/bmp", []byte("x")))
	c.wantError(lpproto.CodeContentType)
	for name, want := range map[string]float64{
		"selene_edge_frames_total STATS": 1, "selene_edge_frames_total ERROR": 1, "selene_edge_frames_total SUCCESS": 0,
		"selene_edge_errors_total 1003": 1, "selene_edge_errors_total 1000": 0,
		"selene_edge_sessions_open": 1, "selene_edge_frame_seconds": 2, "selene_edge_frames_republished_total": 0,
	} {
		if got, ok := values(t, d.registry)[name]; !ok || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

// values returns the metrics by name and label; for a histogram, its count.
func values(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			out[name] = value(m)
		}
	}
	return out
}

func value(m *dto.Metric) float64 {
	switch {
	case m.Counter != nil:
		return m.GetCounter().GetValue()
	case m.Gauge != nil:
		return m.GetGauge().GetValue()
	}
	return float64(m.GetHistogram().GetSampleCount())
}
