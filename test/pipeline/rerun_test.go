package pipeline

import (
	"bytes"
	"context"
	"iter"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/recording"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers/rerun"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// again reruns a client's session on the workers connected to conn.
func again(t *testing.T, conn *streams.Conn, c *client, o rerun.Options) *rerun.Result {
	t.Helper()
	return judgeAgain(t, conn, recorded(t, c), o)
}

// recorded returns the recording of a client's session.
func recorded(t *testing.T, c *client) *rerun.Recording {
	t.Helper()
	b, err := recording.Receive(bytes.NewReader(bundle(t, c)), recording.MaxBytes)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rerun.FromBundle(b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// judgeAgain closes the recording.
func judgeAgain(t *testing.T, conn *streams.Conn, rec *rerun.Recording, o rerun.Options) *rerun.Result {
	t.Helper()
	var one iter.Seq2[*rerun.Recording, error] = func(yield func(*rerun.Recording, error) bool) { yield(rec, nil) }
	var result *rerun.Result
	err := rerun.New(conn, o).Do(streamstest.Context(t), one, func(r *rerun.Result) error {
		result = r
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func bundle(t testing.TB, c *client) []byte {
	t.Helper()
	var out bytes.Buffer
	unsigned := func(jwt.Claims) (string, error) { return "", nil }
	if err := recording.Write(streamstest.Context(t), &out, c.conn, c.id, unsigned); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func record(t *testing.T, conn *streams.Conn, clip [][]byte) *client {
	t.Helper()
	c := connect(t, conn)
	for _, image := range clip {
		if c.judge(image).GetOutcome().Terminal() {
			break
		}
	}
	return c
}

func TestRerunIsIdentical(t *testing.T) {
	clip := workertest.Lively(t, workertest.Models(t, "base"), "real_lp_d_d10.mp4", 12)
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		conn := product(t, m, passive)
		c := record(t, conn, clip)
		before := len(c.decisions())
		for _, where := range []*streams.Conn{conn, product(t, m, "{}")} { // another installation has other revisions
			r := again(t, where, c, rerun.Options{})
			if !r.Identical() || r.Frames != before || r.Verdicts != 3*before {
				t.Errorf("%d frames, %d verdicts, %+v %+v %+v", r.Frames, r.Verdicts, r.Codes, r.Fields, r)
			}
		}
		if now := len(c.decisions()); now != before {
			t.Errorf("a run has added %d decisions to a live session", now-before)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		if d, err := c.inbox.Next(ctx); err == nil {
			t.Errorf("a run has told the edge of %v", d)
		}
	})
}

func TestOtherSettingsChangeTheOutcome(t *testing.T) {
	clip := workertest.Lively(t, workertest.Models(t, "base"), "real_lp_d_d10.mp4", 12)
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		conn := product(t, m, passive)
		c := record(t, conn, clip)
		strict, err := schemas.ParseSettings([]byte(`{"virtual_camera_checker":{"is_enabled":false},"active_liveness":{"is_enabled":false},"thresholds":{"face_width":4000}}`))
		if err != nil {
			t.Fatal(err)
		}
		r := again(t, conn, c, rerun.Options{Settings: strict})
		if !r.Flipped() || r.Before != "success" || len(r.Codes) != r.Frames || len(r.Pictures) == 0 {
			t.Errorf("%+v", r)
		}
		totals := rerun.NewTotals()
		totals.Add(r)
		if totals.Codes[schemas.CodeFaceNarrow].New != r.Frames || totals.Flipped != 1 {
			t.Errorf("%+v", totals)
		}
		if err := totals.WriteText(t.Output()); err != nil {
			t.Error(err)
		}
	})
}
