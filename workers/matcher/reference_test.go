package matcher

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
	"github.com/selene-liveness/selene/streams/describe"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

func reference(t *testing.T, w *Worker, image []byte) ([]byte, error) {
	t.Helper()
	d := newDescriber(w, pictures.Here())
	return d.describe(t.Context(), image)
}

// onItsSide returns a picture as a phone that is held upright stores it.
func onItsSide(t *testing.T, picture []byte) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "picture.jpg")
	if err := os.WriteFile(path, picture, 0o600); err != nil {
		t.Fatal(err)
	}
	const anticlockwise = "transpose=2"
	return imagefiletest.Oriented(workertest.JPEGs(t, path, anticlockwise, 1)[0], imagefile.RightIsTop)
}

// A session is followed through a clip: each frame is compared with the first face and with the reference, which is a
// picture out of the same clip, or of another person.
func TestVerification(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		w := New(m)
		session := faces(t, m, w, "real_lp_d_d10.mp4", 1, 15)
		last := workertest.Clip(t, "real_lp_d_d10.mp4", 1, 15)[14]
		for name, c := range map[string]struct {
			picture []byte
			matched bool
		}{
			"the same person":   {last, true},
			"as a phone stores": {onItsSide(t, last), true},
			"another person":    {workertest.Picture(t, "match/ageitgey/obama.jpg"), false},
		} {
			own, err := reference(t, w, c.picture)
			if err != nil {
				t.Fatal(err)
			}
			compared := 0
			var before *schemas.Verification
			for i, f := range session {
				v := judge(t, w, f, own)
				e := v.GetEstimations()
				if v.GetEnds() != schemas.Outcome_OUTCOME_CONTINUE || v.GetMarksFake() {
					t.Errorf("%s, frame %d: codes %v: a reference must end nothing", name, i, v.GetErrors())
				}
				if v.GetState() == nil { // turned away
					if got := e.GetVerification(); got.GetSimilarity() != before.GetSimilarity() || (got == nil) != (before == nil) {
						t.Errorf("%s, frame %d, turned away: %v, want the previous verdict: %v", name, i, got, before)
					}
					continue
				}
				own, before = v.GetState(), e.GetVerification()
				compared++
				if before == nil || before.GetMatched() != c.matched || before.GetMatched() && before.GetSimilarity() < 0.85 {
					t.Errorf("%s, frame %d: %v", name, i, before)
				}
			}
			if compared < 5 {
				t.Errorf("%s: only %d frames were compared", name, compared)
			}
		}
	})
}

func TestReferenceThresholdIsASetting(t *testing.T) {
	m := workertest.Models(t, "zoo")
	w := New(m)
	own, err := reference(t, w, workertest.Picture(t, "match/ageitgey/obama.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	f := workertest.Face(t, m, workertest.Picture(t, "conditions/open_eyes_d9.jpg"), w)
	for threshold, matched := range map[string]bool{"0.01": true, "0.99": false} {
		s := workertest.Settings(t, fmt.Sprintf(`{"session":{"reference_similarity":%s}}`, threshold))
		v, err := w.Judge(context.Background(), f, workers.State{Own: own, Settings: s})
		if err != nil || v.GetEstimations().GetVerification().GetMatched() != matched {
			t.Errorf("threshold %s: %v, %v", threshold, v, err)
		}
	}
}

// A followed by B ends the session; with the setting 0 the similarity is only reported.
func TestSecondPersonAfterMany(t *testing.T) {
	m := workertest.Models(t, "zoo")
	w := New(m)
	session := append(faces(t, m, w, "real_lp_d_d10.mp4", 1, 4), faces(t, m, w, "real_lp_d_d3.mp4", 1, 2)...)
	for threshold, ends := range map[string]bool{"0.85": true, "0": false} {
		s := workertest.Settings(t, fmt.Sprintf(`{"session":{"previous_face_similarity":%s}}`, threshold))
		var own []byte
		for i, f := range session {
			v, err := w.Judge(context.Background(), f, workers.State{Own: own, Settings: s})
			if err != nil {
				t.Fatal(err)
			}
			if want := ends && i == len(session)-1; isStranger(v) != want || v.GetMarksFake() != want {
				t.Errorf("setting %s, frame %d: %v", threshold, i, v)
			}
			if want := ends && i == len(session)-2; isDoubted(v) != want {
				t.Errorf("setting %s, frame %d: %v", threshold, i, v)
			}
			if v.GetState() != nil {
				own = v.GetState()
			}
			if e := v.GetEstimations(); i == len(session)-2 && (e.PreviousFaceSimilarity == nil || e.FirstFaceSimilarity == nil || max(e.GetPreviousFaceSimilarity(), e.GetFirstFaceSimilarity()) > 0.8) {
				t.Errorf("setting %s: %v", threshold, e)
			}
		}
	}
}

// Where each face is like the one before, only the first one gives a slow change away.
func TestSlowChangeIsSeenAgainstTheFirst(t *testing.T) {
	m := workertest.Models(t, "zoo")
	w := New(m)
	a := workertest.Face(t, m, workertest.Picture(t, "match/ageitgey/obama.jpg"), w)
	b := workertest.Face(t, m, workertest.Picture(t, "conditions/open_eyes_d9.jpg"), w)
	own := judge(t, w, a, nil).GetState()
	drifted, err := decodeMemory(own, m.Digest())
	if err != nil {
		t.Fatal(err)
	}
	reached, err := decodeMemory(judge(t, w, b, nil).GetState(), m.Digest())
	if err != nil {
		t.Fatal(err)
	}
	drifted.previous = reached.previous // step by step, each similar to the last
	v := judge(t, w, b, drifted.encode(m.Digest()))
	if e := v.GetEstimations(); !isDoubted(v) || e.GetPreviousFaceSimilarity() < 0.99 || e.GetFirstFaceSimilarity() > 0.8 {
		t.Errorf("got %v", v)
	}
}

func TestRefusedReferencePictures(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		w := New(m)
		small := workertest.JPEGs(t, workertest.Path(t, "conditions/open_eyes_d9.jpg"), "scale=iw/6:-1,pad=512:512", 1)[0]
		nobody := workertest.JPEGs(t, workertest.Path(t, "conditions/open_eyes_d9.jpg"), "crop=iw/8:ih/8:0:0,scale=400:400", 1)[0]
		whole := workertest.Picture(t, "conditions/open_eyes_d9.jpg")
		for name, c := range map[string]struct {
			picture []byte
			code    int
		}{
			"no face":        {nobody, schemas.CodeNoFace},
			"two people":     {workertest.Picture(t, "multi/two_people.jpg"), schemas.CodeManyFaces},
			"far away":       {small, schemas.CodeFaceNarrow},
			"words":          {[]byte("no picture"), schemas.SystemUndecodable},
			"half a picture": {whole[:len(whole)/2], schemas.SystemUndecodable},
		} {
			var refusal *describe.Refusal
			if _, err := reference(t, w, c.picture); !errors.As(err, &refusal) || refusal.Code != c.code {
				t.Errorf("%s: %v, want code %d", name, err, c.code)
			}
		}
	})
}

// The descriptor that another process requests from a running matcher is the one that the matcher itself computes.
func TestDescribeOverTheBroker(t *testing.T) {
	m := workertest.Models(t, "zoo")
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	streamstest.Go(t, func(ctx context.Context) error { return Run(ctx, conn, m, pictures.Here(), workers.Options{}) })
	picture := workertest.Picture(t, "conditions/open_eyes_d9.jpg")
	var own []byte
	streamstest.Eventually(t, func() (err error) {
		own, err = describe.Face(context.Background(), conn, picture)
		return err
	})
	w := New(m)
	v := judge(t, w, workertest.Face(t, m, picture, w), own)
	if got := v.GetEstimations().GetVerification(); !got.GetMatched() || got.GetSimilarity() < 0.9999 {
		t.Errorf("a face differs from itself: %v", got)
	}
	var refusal *describe.Refusal
	if _, err := describe.Face(context.Background(), conn, []byte("no picture")); !errors.As(err, &refusal) || refusal.Code != schemas.SystemUndecodable {
		t.Errorf("got %v", err)
	}
}

// One byte a component must not cost anything that decides.
func TestQuantisingKeepsSimilarities(t *testing.T) {
	names := []string{"df01_img1", "df01_img2", "df01_img4", "df02_img13", "df02_img14", "df03_img18", "df04_img29", "df05_img27"}
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		w := New(m)
		var exact [][]float32
		for _, name := range names {
			pixels, err := workers.CropOf(workertest.Face(t, m, workertest.Picture(t, "match/deepface/"+name+".jpg"), w), w.Name(), m.DescriptorCrop())
			if err != nil {
				t.Fatal(err)
			}
			d, err := m.Describe(pixels, nil)
			if err != nil {
				t.Fatal(err)
			}
			exact = append(exact, d)
		}
		most := 0.0
		for _, a := range exact {
			for _, b := range exact {
				most = max(most, math.Abs(m.Similarity(a, b)-w.similarity(quantise(a), quantise(b))))
			}
		}
		t.Logf("largest change of a similarity: %.5f; %d bytes a face", most, len(quantise(exact[0])))
		if most > 0.003 {
			t.Errorf("a similarity changes by %.5f", most)
		}
	})
}

// A reference picture is taken as viewers show it, or refused as one that cannot be decoded.
func TestOddReferences(t *testing.T) {
	w := New(workertest.Models(t, "zoo"))
	for _, o := range imagefiletest.Oddities() {
		want := int(schemas.CodeNoFace)
		if o.Shown == nil {
			want = schemas.SystemUndecodable
		}
		var refusal *describe.Refusal
		if _, err := reference(t, w, o.Data); !errors.As(err, &refusal) || refusal.Code != want {
			t.Errorf("%s: %v, want code %d", o.Name, err, want)
		}
	}
}
