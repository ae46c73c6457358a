package simulate

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/local"
)

// Options say which sessions are played.
type Options struct {
	Settings   *schemas.Settings
	Kinds      []Kind
	Sessions   int // of each kind
	Seed       uint64
	Jobs       int                // sessions played at the same time
	OnProgress func(done, of int) // may be nil; called from several goroutines
	OnKind     func(Row)          // may be nil; called with the result of each kind as soon as it is there
}

// Session is a session that was played.
type Session struct {
	Kind    string        `json:"kind"`
	Seed    uint64        `json:"seed"`
	Subject string        `json:"subject"`
	Passed  bool          `json:"passed"`
	Outcome string        `json:"outcome"` // gave_up when the actor did
	Codes   []int32       `json:"codes"`   // of the last frame
	Frames  int           `json:"frames"`
	Took    time.Duration `json:"took_nanos"` // from the first frame to the last
	Done    uint32        `json:"done"`       // actions
	Actions uint32        `json:"actions"`    // requested
	Failed  []string      `json:"failed"`     // why actions were not accepted, in order

	Attempts         uint32 `json:"attempts"`
	LivenessAttempts uint32 `json:"liveness_attempts"`
	Doubts           int    `json:"doubts"` // frames with code 104

	last []byte // picture
}

// opened is when all simulated sessions open.
var opened = time.Unix(1_750_000_000, 0)

// Run plays the sessions, one kind after the other. Their order and results depend on the options and the material alone.
func Run(ctx context.Context, m *Material, o Options) ([]Session, error) {
	var out []Session
	r := &runner{material: m, options: o, pipelines: map[string]*local.Pipeline{}}
	for _, k := range o.Kinds {
		sessions, err := r.playAll(ctx, k)
		if err != nil {
			return out, err
		}
		out = append(out, sessions...)
		if o.OnKind != nil {
			o.OnKind(rowOf(k, sessions))
		}
	}
	return out, nil
}

// playAll plays the sessions of a kind.
func (r *runner) playAll(ctx context.Context, k Kind) ([]Session, error) {
	o := &r.options
	out := make([]Session, o.Sessions)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, o.Jobs))
	for i := range out {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			s, err := r.play(k, o.Seed+uint64(i))
			if err != nil && !errors.Is(err, ErrNoMaterial) {
				return err
			}
			out[i] = s
			if done := int(r.done.Add(1)); o.OnProgress != nil {
				o.OnProgress(done, len(o.Kinds)*o.Sessions)
			}
			return nil
		})
	}
	err := group.Wait()
	return slices.DeleteFunc(out, func(s Session) bool { return s.Kind == "" }), err
}

type runner struct {
	material  *Material
	options   Options
	done      atomic.Int64 // sessions
	mu        sync.Mutex
	pipelines map[string]*local.Pipeline // by the actions that are requested
}

func (r *runner) pipeline(can []string) (*local.Pipeline, error) {
	s := *r.options.Settings
	if a := &s.ActiveLiveness; can != nil && a.IsEnabled {
		cannot := func(name string) bool { return !slices.Contains(can, name) }
		a.InteractionList = slices.DeleteFunc(slices.Clone(a.InteractionList), cannot)
		a.InteractionCount = min(a.InteractionCount, len(a.InteractionList))
		if a.InteractionCount == 0 {
			return nil, ErrNoMaterial
		}
	}
	key := strings.Join(s.ActiveLiveness.InteractionList, " ")
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.pipelines[key]
	if p == nil {
		var err error
		if p, err = local.New(r.material.Models, &s); err != nil {
			return nil, err
		}
		r.pipelines[key] = p
	}
	return p, nil
}

// play plays one session.
func (r *runner) play(k Kind, seed uint64) (Session, error) {
	cast, err := k.New(r.material, seed)
	if err != nil {
		return Session{}, err
	}
	p, err := r.pipeline(cast.Can)
	if err != nil {
		return Session{}, err
	}
	drawn := binary.BigEndian.AppendUint64([]byte("simulate"), seed)
	session := p.Open(fmt.Sprintf("%s-%d", k.Name, seed), drawn, opened, nil)
	out := Session{Kind: k.Name, Seed: seed, Subject: cast.Subject, Outcome: "gave_up", Codes: []int32{}, Failed: []string{}}
	var reply Reply
	first := time.Duration(-1)
	for {
		picture, err := cast.Actor.Next(reply)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, fmt.Errorf("%s, seed %d: %w", k.Name, seed, err)
		}
		d, err := session.Judge(picture.Image, opened.Add(picture.At))
		if err != nil {
			return out, fmt.Errorf("%s, seed %d: %w", k.Name, seed, err)
		}
		if first < 0 {
			first = picture.At
		}
		out.Frames, out.Took, out.last = out.Frames+1, picture.At-first, picture.Image
		out.Codes = d.GetErrors()
		out.Attempts, out.LivenessAttempts = d.GetState().GetAttempts(), d.GetState().GetLivenessAttempts()
		if slices.Contains(out.Codes, schemas.CodeDifferentFace) {
			out.Doubts++
		}
		if a := d.GetEstimations().GetActiveLiveness(); a != nil {
			out.Done, out.Actions = a.GetDone(), a.GetTotal()
			if a.GetFailure() != "" {
				out.Failed = append(out.Failed, a.GetFailure())
			}
		}
		if d.GetOutcome().Terminal() {
			out.Passed, out.Outcome = d.GetOutcome() == schemas.Outcome_OUTCOME_PASSED, d.GetOutcome().String()
			return out, nil
		}
		reply = Reply{
			Errors: d.GetErrors(), ActiveLiveness: d.GetEstimations().GetActiveLiveness(),
			Face: d.GetEstimations().GetFramePosition().GetFace(), Display: d.GetEstimations().GetLightChallenge().GetDisplay(),
		}
	}
}
