package pipeline

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/describe"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers/rerun"
	"github.com/selene-liveness/selene/workers/workertest"
)

// verified returns a session that was compared with a reference face.
func verified(t *testing.T, conn *streams.Conn, face []byte, clip [][]byte) *client {
	t.Helper()
	ctx := streamstest.Context(t)
	c := connect(t, conn)
	description, err := describe.Face(ctx, conn, face)
	if err != nil {
		t.Fatal(err)
	}
	c.state.Reference, c.state.Workers = objects.ReferenceName(c.id), map[string][]byte{schemas.WorkerMatcher: description}
	if err := objects.New(conn).Put(ctx, c.state.Reference, "image/jpeg", bytes.NewReader(face)); err != nil {
		t.Fatal(err)
	}
	for _, image := range clip {
		d := c.judge(image)
		if d.GetEstimations().GetVerification() == nil {
			t.Fatalf("not compared with the reference: %v", d)
		}
		if d.GetOutcome().Terminal() {
			break
		}
	}
	return c
}

func TestReferenceFaceUnderAnotherPack(t *testing.T) {
	clip := workertest.Lively(t, workertest.Models(t, "base"), "real_lp_d_d10.mp4", 8)
	zoo, base := workertest.Models(t, "zoo"), workertest.Models(t, "base")
	conn := product(t, zoo, passive)
	other := product(t, base, passive)
	c := verified(t, conn, clip[6], clip[:5])

	if r := again(t, conn, c, rerun.Options{Jobs: 4}); !r.Identical() {
		t.Errorf("the same pack: %+v", r)
	}
	r := again(t, other, c, rerun.Options{Jobs: 4})
	similar := func(s rerun.Shift) bool {
		return s.Score == "verification.similarity" && s.After > 0.8 && s.After != s.Before
	}
	if r.Flipped() || r.Frames != 5 || len(r.Notes) != 0 || !slices.ContainsFunc(r.Shifts, similar) {
		t.Errorf("another pack: %+v", r)
	}
	failed := func(c rerun.FrameChange) bool { return len(c.After) == 0 }
	if slices.ContainsFunc(r.Codes[:len(r.Codes):len(r.Codes)], failed) && r.Before != "success" {
		t.Errorf("frames failed: %+v", r.Codes)
	}

	for name, picture := range map[string][]byte{"no longer stored": nil, "no face": workertest.JPEGs(t, workertest.Path(t, "conditions/frontal_zub.jpg"), "crop=64:64:0:0", 1)[0]} {
		rec := recorded(t, c)
		rec.Reference = func(context.Context) ([]byte, error) { return picture, nil }
		r := judgeAgain(t, other, rec, rerun.Options{})
		said := func(note string) bool {
			return strings.HasPrefix(note, "not compared with its reference face") && strings.Contains(note, name)
		}
		compared := func(s rerun.Shift) bool { return s.Score == "verification.similarity" }
		if r.Flipped() || r.Frames != 5 || !slices.ContainsFunc(r.Notes, said) || slices.ContainsFunc(r.Shifts, compared) {
			t.Errorf("a reference that is %s: %+v", name, r)
		}
	}
}
