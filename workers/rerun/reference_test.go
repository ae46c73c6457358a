package rerun

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/describe"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// TestReferenceForAnotherPack: the reference face is described again, or left out with a note.
func TestReferenceForAnotherPack(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	const matcher = schemas.WorkerMatcher
	frame := func() *schemas.Frame {
		return &schemas.Frame{State: &schemas.SessionState{Reference: "reference", Workers: map[string][]byte{matcher: []byte("old"), "hat": []byte("h")}}}
	}
	begin := func(image string, other bool, change func(*schemas.Frame)) (*schemas.SessionState, []string, error) {
		s := &session{run: New(conn, Options{}), otherFaces: other, result: &Result{}, rec: &Recording{}}
		s.rec.Reference = func(context.Context) ([]byte, error) {
			switch image {
			case "":
				return nil, nil
			case "broken":
				return nil, errors.New("the disk is broken")
			}
			return []byte(image), nil
		}
		f := frame()
		change(f)
		state, err := s.begin(t.Context(), f)
		return state, s.result.Notes, err
	}
	same := func(*schemas.Frame) {}

	if state, notes, err := begin("face", false, same); err != nil || string(state.GetWorkers()[matcher]) != "old" || notes != nil {
		t.Errorf("the same pack: %v, %q, %v", state, notes, err)
	}
	if state, notes, err := begin("face", true, func(f *schemas.Frame) { f.State.Reference = "" }); err != nil || state.GetWorkers()[matcher] != nil || string(state.GetWorkers()["hat"]) != "h" || notes != nil {
		t.Errorf("no reference: %v, %q, %v", state, notes, err)
	}
	if state, notes, err := begin("", true, same); err != nil || state.GetWorkers()[matcher] != nil || len(notes) != 1 || !strings.Contains(notes[0], "no longer stored") {
		t.Errorf("a missing reference: %v, %q, %v", state, notes, err)
	}
	if _, _, err := begin("broken", true, same); err == nil || !strings.Contains(err.Error(), "the disk is broken") {
		t.Errorf("a reference that cannot be read: %v", err)
	}
	if state, notes, err := begin("face", true, same); err != nil || state.GetWorkers()[matcher] != nil || len(notes) != 1 || !strings.Contains(notes[0], "no matcher") {
		t.Errorf("no matcher: %v, %q, %v", state, notes, err)
	}

	streamstest.Go(t, func(ctx context.Context) error {
		return describe.Serve(ctx, conn, func(image []byte) ([]byte, error) {
			if string(image) == "wall" {
				return nil, &describe.Refusal{Reason: "no face"}
			}
			return []byte("new " + string(image)), nil
		})
	})
	streamstest.Eventually(t, func() error {
		_, err := describe.Face(t.Context(), conn, []byte("face"))
		return err
	})
	if state, notes, err := begin("face", true, same); err != nil || string(state.GetWorkers()[matcher]) != "new face" || notes != nil {
		t.Errorf("described again: %v, %q, %v", state, notes, err)
	}
	if state, notes, err := begin("wall", true, same); err != nil || state.GetWorkers()[matcher] != nil || len(notes) != 1 || !strings.Contains(notes[0], "no face") {
		t.Errorf("refused: %v, %q, %v", state, notes, err)
	}
}

// TestOtherPack: a worker measures with another pack unless its digest is that of the recording.
func TestOtherPack(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	r := New(conn, Options{})
	streamstest.Go(t, r.registry.Run)
	streamstest.Go(t, func(ctx context.Context) error {
		return conn.Register(ctx, schemas.Registration{Name: "w", Pack: "now"})
	})
	streamstest.Eventually(t, func() error {
		if r.registry.All()["w"].Pack != "now" {
			return errors.New("the worker is not registered")
		}
		return nil
	})
	for pack, want := range map[string]bool{"now": false, "then": true, "": true} {
		s := &session{run: r, rec: &Recording{Steps: []Step{{}, {Verdicts: map[string]*schemas.Verdict{"w": {Pack: pack}}}}}}
		if got := s.otherPack("w"); got != want {
			t.Errorf("recorded with pack %q: %t", pack, got)
		}
	}
}
