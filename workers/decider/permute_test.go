package decider

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

const permutedSettings = `{"session":{"aggregate_frames":2,"max_attempts":12,"previous_face_similarity":0.8},
	"workers":[{"name":"liveness","required":true},{"name":"matcher","required":true},{"name":"active-liveness","required":true},{"name":"hats","required":true}]}`

// Sessions whose verdicts come in any order, several times each, and again after the decision, are decided to the byte
// as if each verdict had come once and in turn.
func TestDecisionsDoNotDependOnOrderOrRepetition(t *testing.T) {
	const permutations = 3000
	done, outcomes := 0, map[schemas.Outcome]int{}
	for seed := uint64(0); done < permutations; seed++ {
		r := rand.New(rand.NewPCG(seed, 2))
		s := open(t, permutedSettings)
		shuffled := newJoins()
		for number := uint64(1); number < 20; number++ {
			f := randomShot(r)
			if r.IntN(3) == 0 {
				f.plugin = []int32{900}
			}
			byWorker := f.verdicts(s.settings, proto.CloneOf(s.state), 100+number)
			if v := byWorker[plugin]; v != nil && r.IntN(30) == 0 {
				v.MarksFake = true
			}
			names := slices.Sorted(func(yield func(string) bool) {
				for name := range byWorker {
					if !yield(name) {
						return
					}
				}
			})
			want := decide(s.settings, clones(byWorker))
			got := deliver(t, r, shuffled, s.settings, byWorker, names)
			if a, b := bytesOf(t, want), bytesOf(t, got); a != b {
				t.Fatalf("seed %d, frame %d: decided differently\n%v\n%v", seed, number, want, got)
			}
			done++
			s.state = got.State
			s.state.LastDecision = number
			if got.GetOutcome().Terminal() {
				outcomes[got.GetOutcome()]++
				break
			}
		}
	}
	for _, o := range []schemas.Outcome{schemas.Outcome_OUTCOME_PASSED, schemas.Outcome_OUTCOME_ATTEMPTS_EXCEEDED, schemas.Outcome_OUTCOME_DIFFERENT_FACE, schemas.Outcome_OUTCOME_FAKE} {
		if outcomes[o] == 0 {
			t.Errorf("no session ended with %v: %v is not a fair sample", o, outcomes)
		}
	}
}

func clones(verdicts map[string]*schemas.Verdict) map[string]*schemas.Verdict {
	out := map[string]*schemas.Verdict{}
	for w, v := range verdicts {
		out[w] = proto.CloneOf(v)
	}
	return out
}

// deliver gives the joins every verdict one to three times in random order, and some again at the end.
func deliver(t *testing.T, r *rand.Rand, j *joins, s *schemas.Settings, verdicts map[string]*schemas.Verdict, names []string) *schemas.Decision {
	t.Helper()
	var order []string
	for _, name := range names {
		order = append(order, slices.Repeat([]string{name}, 1+r.IntN(3))...)
	}
	r.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
	order = append(order, names...)
	var decision *schemas.Decision
	for i, name := range order {
		o := j.add(proto.CloneOf(verdicts[name]), s, noon.Add(time.Duration(i)*time.Millisecond))
		switch {
		case o == nil:
		case decision != nil:
			t.Fatalf("decided twice, the second time by a repeated verdict of %s", name)
		default:
			decision = o.decide()
		}
	}
	if decision == nil {
		t.Fatal("no decision after all verdicts")
	}
	if len(j.open) != 0 {
		t.Fatalf("%d joins were opened again by late verdicts", len(j.open))
	}
	return decision
}
