package rerun

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

func step(frame uint64, codes ...int32) Step {
	v := &schemas.Verdict{Worker: schemas.WorkerDetector, Errors: codes}
	return Step{
		Decision: &schemas.Decision{
			Name: &schemas.FrameName{Sequence: frame}, Errors: codes, Workers: []string{schemas.WorkerDetector, schemas.WorkerLiveness},
			Estimations: &schemas.Estimations{Liveness: proto.Float64(0.5), HeadPose: &schemas.HeadPose{Yaw: 3}},
		},
		Verdicts: map[string]*schemas.Verdict{schemas.WorkerDetector: v},
	}
}

func TestResultOfFrames(t *testing.T) {
	r := &Result{Before: "success", After: "success"}
	then := step(1, 3)
	if err := r.add(then, then.Decision, map[string]*schemas.Verdict{schemas.WorkerDetector: then.Verdicts[schemas.WorkerDetector]}, nil); err != nil {
		t.Fatal(err)
	}
	if !r.Identical() || r.Frames != 1 || r.Verdicts != 1 || len(r.Shifts) != 2 {
		t.Errorf("after an equal frame: %+v", r)
	}
	now := proto.CloneOf(then.Decision)
	now.Errors, now.Estimations = nil, &schemas.Estimations{Liveness: proto.Float64(0.75)}
	for frame := range uint64(mostPictures + 2) {
		err := r.add(step(frame+2, 3), now, map[string]*schemas.Verdict{
			schemas.WorkerDetector: {Worker: schemas.WorkerDetector},
			schemas.WorkerLiveness: {Worker: schemas.WorkerLiveness}, // in the decision, and no longer stored
			"hat":                  {Worker: "hat"},                  // not in the decision
		}, []byte("image"))
		if err != nil {
			t.Fatal(err)
		}
	}
	if r.Identical() || len(r.Codes) != mostPictures+2 || len(r.Pictures) != mostPictures || len(r.Fields) != mostPictures+2 || r.New["hat"] != mostPictures+2 {
		t.Errorf("after frames that differ: %+v", r)
	}
	if c := r.Codes[0]; c.Frame != 2 || !slices.Equal(c.Before, []int32{3}) || c.After == nil || len(c.After) != 0 {
		t.Errorf("the first change is %+v", c)
	}
	if want := []string{"verdicts of liveness that are no longer stored were not compared"}; !slices.Equal(r.Notes, want) {
		t.Errorf("notes %q", r.Notes)
	}
	if want := (Shift{"liveness", 0.5, 0.75}); r.Shifts[len(r.Shifts)-1] != want {
		t.Errorf("the last shift is %+v, want %+v", r.Shifts[len(r.Shifts)-1], want)
	}
}

func TestIdentical(t *testing.T) {
	for name, r := range map[string]Result{
		"flipped":    {Before: "open", After: "success"},
		"codes":      {Codes: []FrameChange{{}}},
		"fields":     {Fields: []FieldChange{{}}},
		"new worker": {New: map[string]int{"hat": 1}},
		"unfit":      {Unfit: "no settings"},
	} {
		if r.Identical() {
			t.Errorf("%s: the result is identical", name)
		}
	}
}

func TestResultAsText(t *testing.T) {
	for want, r := range map[string]*Result{
		"s  0 frames  not judged: no settings\n":                          {Session: "s", Unfit: "no settings"},
		"s  2 frames  open -> success\n  frame 2: [3] -> []\n":            {Session: "s", Frames: 2, Before: "open", After: "success", Codes: []FrameChange{{2, []int32{3}, nil}}},
		"s  1 frames  identical  success\n  a note\n":                     {Session: "s", Frames: 1, Before: "success", After: "success", Notes: []string{"a note"}},
		"s  1 frames  1 of 3 verdicts differ  open\n":                     {Session: "s", Frames: 1, Verdicts: 3, Before: "open", After: "open", Fields: []FieldChange{{}}},
		"s  1 frames  identical  open\n  2 frames are no longer stored\n": {Session: "s", Frames: 1, Before: "open", After: "open", Missing: 2},
	} {
		var out bytes.Buffer
		if err := r.WriteText(&out); err != nil || out.String() != want {
			t.Errorf("%q, %v, want %q", out.String(), err, want)
		}
	}
}

func TestTotals(t *testing.T) {
	totals := NewTotals()
	for _, r := range []*Result{
		{
			Before: "open", After: "success", Frames: 2, Verdicts: 4, Codes: []FrameChange{{1, []int32{3, 4}, []int32{4, 5}}},
			Fields: []FieldChange{{1, "detector", []Difference{{Field: "errors"}, {Field: "state"}}}},
			Shifts: []Shift{{"liveness", 0.2, 0.6}, {"liveness", 0.5, 0.5}, {"head_pose.yaw", 0, -60}},
		},
		{Before: "open", After: "open", Frames: 1, Verdicts: 1, Fields: []FieldChange{{1, "detector", []Difference{{Field: "errors"}}}}},
	} {
		totals.Add(r)
	}
	if totals.Sessions != 2 || totals.Flipped != 1 || totals.Identical != 0 || totals.Frames != 3 || totals.Verdicts != 5 || totals.Differing != 2 {
		t.Errorf("totals %+v", totals)
	}
	if totals.Outcomes["open -> success"] != 1 || totals.Fields["detector: errors"] != 2 || totals.Fields["detector: state"] != 1 {
		t.Errorf("outcomes %v, fields %v", totals.Outcomes, totals.Fields)
	}
	if *totals.Codes[3] != (CodeChange{Gone: 1}) || totals.Codes[4] != nil || *totals.Codes[5] != (CodeChange{New: 1}) {
		t.Errorf("codes %v", totals.Codes)
	}
	live, yaw := totals.Scores["liveness"], totals.Scores["head_pose.yaw"]
	if live.Count != 2 || live.Moved != 1 || live.Mean < 0.199 || live.Mean > 0.201 || live.Histogram[bins/2] != 1 || live.Histogram[14] != 1 || live.Range != 1 {
		t.Errorf("liveness %+v", live)
	}
	if yaw.Largest != -60 || yaw.Histogram[0] != 1 || yaw.Range != 30 { // beyond the range
		t.Errorf("yaw %+v", yaw)
	}
	var out bytes.Buffer
	if err := totals.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 sessions, 3 frames: 0 identical", "1  open -> success", "BLURRED", "detector: errors", "liveness", "±30"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the text has no %q:\n%s", want, &out)
		}
	}
	if got := sparkline([]int{0, 1, 8}); []rune(got)[0] != ' ' || []rune(got)[2] != '█' {
		t.Errorf("sparkline %q", got)
	}
}

func TestReportPage(t *testing.T) {
	r := &Report{Totals: NewTotals()}
	changed := &Result{
		Session: "s", Before: "open", After: "open", Codes: []FrameChange{{1, []int32{3}, nil}},
		Pictures: []Picture{{1, []byte("\xff\xd8\xff\xe0")}, {9, nil}}, Shifts: []Shift{{"liveness", 0.2, 0.6}},
	}
	for range mostShown + 1 {
		r.Add(changed, true)
	}
	r.Add(changed, false)
	if len(r.Changed) != mostShown || !r.More || r.Totals.Sessions != mostShown+2 {
		t.Errorf("%d sessions shown of %d, more: %t", len(r.Changed), r.Totals.Sessions, r.More)
	}
	var page bytes.Buffer
	if err := r.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"data:image/jpeg;base64,", "3 BLURRED", "accepted", "<svg"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
}
