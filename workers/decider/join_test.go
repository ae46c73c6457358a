package decider

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// every returns the verdicts of the detector and the judges on a first frame, in the order of the default settings.
func every(s *schemas.Settings) []*schemas.Verdict {
	all := shot{live: score(0.9), actions: []int32{schemas.CodeCloseEyes}, pending: true}.verdicts(s, nil, 1)
	out := []*schemas.Verdict{all[schemas.WorkerDetector]}
	for _, w := range schemas.DefaultSettings().Workers {
		out = append(out, all[w.Name])
	}
	return out
}

// orders lists the permutations of n indices.
func orders(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var out [][]int
	for _, shorter := range orders(n - 1) {
		for at := range n {
			out = append(out, slices.Insert(slices.Clone(shorter), at, n-1))
		}
	}
	return out
}

func TestJoinInAnyOrder(t *testing.T) {
	s := schemas.DefaultSettings()
	var want string
	for _, order := range orders(5) {
		j, verdicts := newJoins(), every(s)
		var done *join
		for i, n := range order {
			if done != nil {
				t.Fatalf("order %v: complete after %d verdicts", order, i)
			}
			done = j.add(verdicts[n], s, noon)
			// Each is delivered a second time, and so is the first.
			for _, again := range []int{n, order[0]} {
				if o := j.add(verdicts[again], s, noon); o != nil {
					t.Fatalf("order %v: a repeated verdict completed the join", order)
				}
			}
		}
		if done == nil {
			t.Fatalf("order %v: not complete", order)
		}
		if len(j.open) != 0 {
			t.Errorf("order %v: %d joins left", order, len(j.open))
		}
		got := bytesOf(t, done.decide())
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("order %v leads to another decision:\n%x\n%x", order, got, want)
		}
		for _, o := range j.expire(noon.Add(time.Hour)) {
			t.Errorf("order %v: decided again: %v", order, o)
		}
	}
}

func TestJoinIgnoresTheSecondVerdict(t *testing.T) {
	s := schemas.DefaultSettings()
	j, v := newJoins(), every(s)
	j.add(v[2], s, noon)
	other := every(s)[2]
	other.Errors, other.Ends = []int32{schemas.CodeDifferentFace}, schemas.Outcome_OUTCOME_DIFFERENT_FACE
	j.add(other, s, noon)
	j.add(v[0], s, noon)
	j.add(v[1], s, noon)
	j.add(v[3], s, noon)
	if d := j.add(v[4], s, noon).decide(); d.GetOutcome().Terminal() {
		t.Errorf("the repeated verdict won: %v", d)
	}
}

func TestFrameWithoutJudgesIsCompleteAtOnce(t *testing.T) {
	s := schemas.DefaultSettings()
	v := shot{detector: []int32{schemas.CodeNoFace}}.verdicts(s, nil, 1)[schemas.WorkerDetector]
	o := newJoins().add(v, s, noon)
	if o == nil {
		t.Fatal("waits for judges that were sent nothing")
	}
	expect(t, o.decide(), inTurn, schemas.CodeNoFace)
}

func TestRequiredWorkersAreWaitedFor(t *testing.T) {
	s := parse(t, `{"workers":[{"name":"liveness","required":true,"timeout":1},{"name":"matcher","required":true,"timeout":4},
		{"name":"active-liveness","required":true,"timeout":4},{"name":"virtual-camera","timeout":3},{"name":"hats","timeout":9}]}`)
	liveness, matcher, actions, camera := 1, 2, 3, 4
	for name, c := range map[string]struct {
		heard []int
		after time.Duration
	}{
		"no workers":          {nil, time.Second},
		"all but liveness":    {[]int{matcher, actions, camera}, time.Second},
		"all but the matcher": {[]int{liveness, actions, camera}, 4 * time.Second},
		// What it found is in the token, whatever the policy.
		"all but the camera": {[]int{liveness, matcher, actions}, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			j, v := newJoins(), every(s)
			for _, n := range append([]int{0}, c.heard...) {
				if j.add(v[n], s, noon) != nil {
					t.Fatal("complete without a required verdict")
				}
			}
			if early := j.expire(noon.Add(c.after)); len(early) != 0 {
				t.Fatalf("abandoned within %v", c.after)
			}
			late := j.expire(noon.Add(c.after + time.Millisecond))
			if len(late) != 1 {
				t.Fatalf("not abandoned after %v", c.after)
			}
			d := late[0].decide()
			if d.GetFailure().GetCode() != schemas.SystemInternal || d.GetState().GetAttempts() != 0 || d.GetOutcome() != inTurn {
				t.Errorf("decided %v", d)
			}
			for _, n := range []int{liveness, matcher, actions, camera} {
				if j.add(v[n], s, noon.Add(5*time.Second)) != nil {
					t.Error("a late verdict decides the frame again")
				}
			}
			if len(j.open) != 0 {
				t.Errorf("late verdicts opened %d joins", len(j.open))
			}
		})
	}
}

func TestFailedRequiredWorkerIsNotWaitedFor(t *testing.T) {
	s := schemas.DefaultSettings()
	j, v := newJoins(), every(s)
	v[2].Failure = &schemas.Failure{Code: schemas.SystemInternal, Detail: "matcher: no crop"}
	if j.add(v[2], s, noon) != nil {
		t.Fatal("complete before the verdict of the detector, which holds the state")
	}
	o := j.add(v[0], s, noon)
	if o == nil {
		t.Fatal("waits for the rest although the frame can no longer be judged")
	}
	if got := o.decide().GetFailure().GetDetail(); got != "matcher: no crop" {
		t.Errorf("failure %q", got)
	}
}

func TestAdvisoryWorkersAreNotWaitedFor(t *testing.T) {
	s := parse(t, withPlugin)
	all := shot{live: score(0.9), plugin: []int32{900}}.verdicts(s, nil, 1)
	detector, liveness, matcher, hats := all[schemas.WorkerDetector], all[schemas.WorkerLiveness], all[schemas.WorkerMatcher], all[plugin]
	j := newJoins()
	j.add(detector, s, noon)
	j.add(liveness, s, noon)
	o := j.add(matcher, s, noon)
	if o == nil {
		t.Fatal("waits for an advisory worker")
	}
	expect(t, o.decide(), schemas.Outcome_OUTCOME_PASSED)
	j = newJoins()
	for _, v := range []*schemas.Verdict{hats, detector, liveness} {
		if j.add(v, s, noon) != nil {
			t.Fatal("complete too early")
		}
	}
	expect(t, j.add(matcher, s, noon).decide(), inTurn, 900)
}

func TestJoinsAreBounded(t *testing.T) {
	j, s := newJoins(), schemas.DefaultSettings()
	first := ""
	for i := range maxJoins + 500 {
		name := &schemas.FrameName{Session: uuid.NewString(), Sequence: 1}
		if first == "" {
			first = name.Key()
		}
		j.add(&schemas.Verdict{Name: name, Worker: schemas.WorkerMatcher}, nil, noon.Add(time.Duration(i)*time.Microsecond))
	}
	if len(j.open) != maxJoins {
		t.Errorf("%d joins are open, %d allowed", len(j.open), maxJoins)
	}
	if j.open[first] != nil {
		t.Error("the oldest is still there, newer ones were removed")
	}
	// The newest still works.
	for _, v := range every(s) {
		j.add(v, s, noon)
	}
	if len(j.closed) != 1 {
		t.Error("a frame that arrived when all joins were in use was not decided")
	}
	if o := j.expire(noon.Add(joinAge + time.Second)); len(o) != 0 || len(j.open) != 0 || len(j.closed) != 0 {
		t.Errorf("after %v: %d given up, %d open, %d remembered", joinAge, len(o), len(j.open), len(j.closed))
	}
}

func TestFramesOfOneNumberAreKeptApart(t *testing.T) {
	s := schemas.DefaultSettings()
	j := newJoins()
	a, b := every(s), every(s)
	for _, v := range b {
		v.Name = &schemas.FrameName{Session: sessionID, Sequence: 1, Nonce: "other edge"}
	}
	done := 0
	for i := range a {
		for _, v := range []*schemas.Verdict{a[i], b[len(b)-1-i]} {
			if o := j.add(v, s, noon); o != nil {
				done++
				if !o.decide().GetName().Equal(v.GetName()) {
					t.Errorf("the verdict on %s completed %s", v.GetName().Key(), o.decide().GetName().Key())
				}
			}
		}
	}
	if done != 2 {
		t.Errorf("%d frames decided, want 2", done)
	}
}
