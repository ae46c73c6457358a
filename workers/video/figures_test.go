package video

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers/video/stitch"
)

// messages returns decisions about frames with these sequences in FRAMES.
func messages(frames ...uint64) func(func(streams.Stored[*schemas.Decision], error) bool) {
	return func(yield func(streams.Stored[*schemas.Decision], error) bool) {
		for _, f := range frames {
			if !yield(streams.Stored[*schemas.Decision]{Message: &schemas.Decision{Frame: f}}, nil) {
				return
			}
		}
	}
}

func TestEachFrameGetsItsOwnFigures(t *testing.T) {
	// 10 is decided; 20 was published again as 25 and decided then; 30 never was; 40 is the last; 0 is a decision about no frame.
	l := newLane(messages(10, 25, 40, 0), (*schemas.Decision).GetFrame)
	defer l.stop()
	var got []uint64
	frames := []uint64{10, 20, 30, 40}
	for n, f := range frames {
		next := ^uint64(0)
		if n+1 < len(frames) {
			next = frames[n+1]
		}
		d, err := l.between(f, next)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, d.GetFrame())
	}
	if want := []uint64{10, 25, 0, 40}; !slices.Equal(got, want) {
		t.Errorf("decisions on %v, want %v", got, want)
	}
}

func TestDrawing(t *testing.T) {
	score, at := 0.5, time.Date(2026, 3, 4, 5, 6, 7, 89_000_000, time.UTC)
	frame := streams.Stored[*schemas.Frame]{Sequence: 7, Message: &schemas.Frame{ReceivedUnixNanos: at.UnixNano()}}
	decision := &schemas.Decision{
		Frame: 7, Errors: []int32{schemas.CodeBlurred, 999},
		Estimations: &schemas.Estimations{
			Liveness: &score, HeadPose: &schemas.HeadPose{Yaw: -3},
			Plugins:       map[string][]byte{"hats": []byte(`{"height":0.25,"kind":"bowler","more":[1]}`), "broken": []byte("{")},
			FramePosition: &schemas.FramePosition{Face: &schemas.Rect{X: 1, Y: 2, Width: 3, Height: 4}},
		},
	}
	paint := func(mark schemas.Watermark, d *schemas.Decision) stitch.Drawing {
		t.Helper()
		zone, err := time.LoadLocation("Asia/Kolkata")
		if err != nil {
			t.Fatal(err)
		}
		p := &painter{mark: mark, session: "the session", zone: zone}
		if mark.Figures != nil {
			p.decisions = newLane(func(yield func(streams.Stored[*schemas.Decision], error) bool) {
				yield(streams.Stored[*schemas.Decision]{Message: d}, nil)
			}, (*schemas.Decision).GetFrame)
			p.detections = newLane(func(yield func(streams.Stored[*schemas.Verdict], error) bool) {
				yield(streams.Stored[*schemas.Verdict]{Message: &schemas.Verdict{Detection: &schemas.Detection{Frame: 7, Landmarks: []float32{1, 2, 3, 4}}}}, nil)
			}, func(v *schemas.Verdict) uint64 { return v.GetDetection().GetFrame() })
		}
		defer p.close()
		out, err := p.paint(frame, 9)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	all := schemas.Watermark{
		Time: &schemas.TimeMark{Corner: 2}, Session: &schemas.CornerMark{Corner: 3},
		Figures: &schemas.Figures{Corner: 4, FaceBox: true, Landmarks: true, Codes: true, Scores: true},
	}
	want := stitch.Drawing{
		Texts: []stitch.Text{
			{Corner: 2, Lines: []string{"2026-03-04 10:36:07.089 IST"}},
			{Corner: 3, Lines: []string{"the session"}},
			{Corner: 4, Lines: []string{"3 BLURRED", "999", "liveness 0.500", "yaw -3.0 pitch +0.0 roll +0.0", "hats height 0.250", "hats kind bowler"}},
		},
		Boxes: []stitch.Box{{X: 1, Y: 2, Width: 3, Height: 4}}, Points: [][2]float32{{1, 2}, {3, 4}},
	}
	for name, c := range map[string]struct {
		mark schemas.Watermark
		on   *schemas.Decision
		want stitch.Drawing
	}{
		"all":     {all, decision, want},
		"session": {schemas.Watermark{Session: all.Session}, decision, stitch.Drawing{Texts: want.Texts[1:2]}},
		"box":     {schemas.Watermark{Figures: &schemas.Figures{FaceBox: true}}, decision, stitch.Drawing{Boxes: want.Boxes, Points: want.Points}},
		"fine": {
			schemas.Watermark{Figures: &schemas.Figures{Codes: true}},
			&schemas.Decision{Frame: 8},
			stitch.Drawing{Texts: []stitch.Text{{Lines: []string{"OK"}}}, Points: want.Points},
		},
		"not decided": {schemas.Watermark{Figures: all.Figures}, &schemas.Decision{Frame: 9}, stitch.Drawing{Points: want.Points}},
	} {
		if got := paint(c.mark, c.on); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
