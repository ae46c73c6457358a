package matcher

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/vision/modelstore"
	"github.com/selene-liveness/selene/workers/workertest"
)

func judge(t *testing.T, w *Worker, f *schemas.Face, own []byte) *schemas.Verdict {
	t.Helper()
	v, err := w.Judge(context.Background(), f, workers.State{Own: own, Settings: schemas.DefaultSettings()})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// faces are those of a clip, of which some are turned too far to be compared.
func faces(t *testing.T, m *vision.Models, w *Worker, clip string, fps float64, most int) (out []*schemas.Face) {
	t.Helper()
	for _, image := range workertest.Clip(t, clip, fps, most) {
		if f := workertest.Face(t, m, image, w); f != nil {
			out = append(out, f)
		}
	}
	return out
}

// replay judges faces one after another until the session ends. It returns the number of faces that were compared, of those
// that were doubted, the face that ended the session or -1, and the last state.
func replay(t *testing.T, w *Worker, session []*schemas.Face, own []byte) (compared, doubts, ended int, _ []byte) {
	t.Helper()
	for i, f := range session {
		v := judge(t, w, f, own)
		if v.GetState() != nil {
			own = v.GetState()
			compared++
		}
		if slices.Contains(v.GetErrors(), schemas.CodeDifferentFace) {
			doubts++
		}
		if v.GetEnds().Terminal() {
			return compared, doubts, i, own
		}
	}
	return compared, doubts, -1, own
}

// isDoubted reports whether a face failed the comparison without ending the session.
func isDoubted(v *schemas.Verdict) bool {
	return !v.GetEnds().Terminal() && !v.GetMarksFake() && slices.Equal(v.GetErrors(), []int32{schemas.CodeDifferentFace})
}

func isStranger(v *schemas.Verdict) bool {
	return v.GetEnds() == schemas.Outcome_OUTCOME_DIFFERENT_FACE && v.GetMarksFake() && slices.Equal(v.GetErrors(), []int32{schemas.CodeDifferentFace})
}

func TestSamePersonPasses(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		w := New(m)
		for _, clip := range []string{"real_lp_d_d3.mp4", "real_lp_d_d9.mp4", "real_lp_d_d10.mp4"} {
			var own []byte
			compared := 0
			for i, f := range faces(t, m, w, clip, 1, 8) {
				v := judge(t, w, f, own)
				if v.GetEnds() != schemas.Outcome_OUTCOME_CONTINUE || len(v.GetErrors()) != 0 {
					t.Errorf("%s, frame %d: codes %v at similarity %.2f", clip, i, v.GetErrors(), v.GetEstimations().GetPreviousFaceSimilarity())
				}
				if v.GetEstimations().PreviousFaceSimilarity != nil {
					compared++
				}
				if v.GetState() != nil {
					own = v.GetState()
				}
			}
			if compared < 4 {
				t.Errorf("%s: only %d frames were compared", clip, compared)
			}
		}
	})
}

func TestAnotherPersonEndsTheSession(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		w := New(m)
		var first []*schemas.Face
		// The men of d0 and d9 look alike.
		clips := []string{"real_lp_d_d0.mp4", "real_lp_d_d3.mp4", "real_lp_d_d9.mp4", "real_lp_d_d10.mp4", "real_lp_d_d18.mp4"}
		for _, clip := range clips {
			f := faces(t, m, w, clip, 1, 1)[0]
			if !posed(f.GetEstimations()).comparable() {
				t.Fatalf("%s begins with %v", clip, f.GetEstimations().GetHeadPose())
			}
			first = append(first, f)
		}
		for i, a := range first {
			own := judge(t, w, a, nil).GetState()
			for k, b := range first {
				v := judge(t, w, b, own)
				if isDoubted(v) != (i != k) {
					t.Errorf("person %d after person %d: codes %v, ends %v, similarity %.2f", k, i, v.GetErrors(), v.GetEnds(), v.GetEstimations().GetPreviousFaceSimilarity())
				}
				again := judge(t, w, b, v.GetState())
				if isStranger(again) != (i != k) {
					t.Errorf("person %d twice after person %d: codes %v, ends %v", k, i, again.GetErrors(), again.GetEnds())
				}
				if back := judge(t, w, a, v.GetState()); len(back.GetErrors()) != 0 || back.GetEnds().Terminal() {
					t.Errorf("person %d for one frame after person %d, who then is doubted: %v", k, i, back.GetErrors())
				}
			}
		}
	})
}

func TestFirstFaceIsNotCompared(t *testing.T) {
	m := workertest.Models(t, "zoo")
	w := New(m)
	f := workertest.Face(t, m, workertest.Picture(t, "conditions/open_eyes_d9.jpg"), w)
	for _, own := range [][]byte{nil, {}} {
		v := judge(t, w, f, own)
		e := v.GetEstimations()
		if e.PreviousFaceSimilarity != nil || e.FirstFaceSimilarity != nil || e.GetVerification() != nil || len(v.GetErrors()) != 0 || len(v.GetState()) == 0 {
			t.Errorf("state %v: %v", own, v)
		}
	}
}

func TestFacesTurnedTooFarAreSkipped(t *testing.T) {
	m := workertest.Models(t, "zoo")
	w := New(m)
	own := judge(t, w, workertest.Face(t, m, workertest.Picture(t, "conditions/open_eyes_d9.jpg"), w), nil).GetState()
	// Another man in profile, and the same picture with poses that say as much.
	profile := workertest.Face(t, m, workertest.Picture(t, "conditions/profile_a_zub.jpg"), w)
	stranger := workertest.Face(t, m, workertest.Picture(t, "match/ageitgey/obama.jpg"), w)
	turned := func(p *schemas.HeadPose) *schemas.Face {
		f := proto.CloneOf(stranger)
		f.Estimations.HeadPose = p
		return f
	}
	for name, f := range map[string]*schemas.Face{
		"profile": profile, "left": turned(&schemas.HeadPose{Yaw: 41}), "right": turned(&schemas.HeadPose{Yaw: -41}),
		"up": turned(&schemas.HeadPose{Pitch: 31}), "down": turned(&schemas.HeadPose{Pitch: -31}), "unmeasured": turned(nil),
	} {
		if v := judge(t, w, f, own); v.GetState() != nil || v.GetEstimations().PreviousFaceSimilarity != nil || v.GetEnds().Terminal() {
			t.Errorf("%s: %v; want no verdict on it, and the old state", name, v)
		}
	}
	for _, p := range []*schemas.HeadPose{{Yaw: 20, Pitch: -9}, {Yaw: 26}, {Yaw: -26}, {Pitch: 20}, {Pitch: -20}} {
		if v := judge(t, w, turned(p), own); !isDoubted(v) {
			t.Errorf("a stranger at %v passes: %v", p, v)
		}
	}
}

func TestStateIsReproducible(t *testing.T) {
	m := workertest.Models(t, "zoo")
	w := New(m)
	f := workertest.Face(t, m, workertest.Picture(t, "conditions/open_eyes_d9.jpg"), w)
	own := judge(t, w, f, nil).GetState()
	v := judge(t, w, f, own)
	if got := v.GetEstimations().GetPreviousFaceSimilarity(); got < 0.9999 || got > 1 {
		t.Errorf("similarity %v of a face with itself", got)
	}
	if !bytes.Equal(v.GetState(), judge(t, w, f, own).GetState()) || !bytes.Equal(own, judge(t, w, f, nil).GetState()) {
		t.Error("the same input, two states")
	}
	m1, err1 := decodeMemory(own, m.Digest())
	m2, err2 := decodeMemory(v.GetState(), m.Digest())
	if err1 != nil || err2 != nil || !slices.Equal(m1.first.vector, m2.previous.vector) {
		t.Errorf("one face, two descriptors (%v, %v)", err1, err2)
	}
	if most := headerBytes + 8*(poseBytes+len(m1.first.vector)); len(v.GetState()) > most || most > 5000 {
		t.Errorf("the state has %d bytes of at most %d", len(v.GetState()), most)
	}
}

func TestWrongCropIsAnInputFault(t *testing.T) {
	m := workertest.Models(t, "zoo")
	w := New(m)
	good := workertest.Face(t, m, workertest.Picture(t, "conditions/open_eyes_d9.jpg"), w)
	for name, spoil := range map[string]func(*schemas.Face){
		"no crop":        func(f *schemas.Face) { f.Crops = nil },
		"another's":      func(f *schemas.Face) { f.Crops[0].Name = workers.CropName(schemas.WorkerLiveness, w.Crops()[0].Name) },
		"another size":   func(f *schemas.Face) { f.Crops[0].Width-- },
		"pixels missing": func(f *schemas.Face) { f.Crops[0].Pixels = f.Crops[0].Pixels[1:] },
	} {
		f := proto.CloneOf(good)
		spoil(f)
		if _, err := w.Judge(context.Background(), f, workers.State{Settings: schemas.DefaultSettings()}); streams.FaultOf(err) != streams.Input {
			t.Errorf("%s: %v (%v), want the input's fault", name, err, streams.FaultOf(err))
		}
	}
}

// Without a descriptor network any face could follow any other.
func TestPackWithoutADescriptor(t *testing.T) {
	without, err := vision.Open(vision.Config{Library: modelstore.LibraryPath(modelstore.Dir()), Pack: filepath.Join(modelstore.Dir(), "base")}, vision.RoleDetector)
	if err != nil {
		t.Fatal(err)
	}
	defer without.Close()
	for document, want := range map[string][]int32{
		`{}`: {schemas.CodeSimilarityNone}, `{"session":{"previous_face_similarity":0}}`: nil,
	} {
		v, err := New(without).Judge(t.Context(), &schemas.Face{}, workers.State{Settings: workertest.Settings(t, document)})
		if err != nil || !slices.Equal(v.GetErrors(), want) {
			t.Errorf("%s: codes %v, %v, want %v", document, v.GetErrors(), err, want)
		}
	}
}
