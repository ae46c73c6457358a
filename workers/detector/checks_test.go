package detector

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

const session = "6f1e8f5e-5c35-4a0b-9a5c-0d8a1b6f7c11"

func frame(image []byte, waived ...int32) *schemas.Frame {
	return &schemas.Frame{
		Version: schemas.Version, Name: &schemas.FrameName{Session: session, Sequence: 1, Nonce: "n"}, MediaType: "image/jpeg", Image: image,
		ReceivedUnixNanos: 7, Decider: "d", State: &schemas.SessionState{Seed: []byte("seed"), Waived: waived},
	}
}

// judged is a judge that requests a crop.
var judged = []want{{judge: "hats", crops: []schemas.CropSpec{{Name: "head", Kind: schemas.CropSquare, Scale: 2, Width: 32, Height: 24, Color: "bgr"}}}}

func look(t *testing.T, m *vision.Models, f *schemas.Frame, document string) (*schemas.Verdict, *schemas.Face) {
	t.Helper()
	l := newLens(m, pictures.Here())
	v, face, err := l.look(t.Context(), f, 42, workertest.Settings(t, document), judged)
	if err != nil {
		t.Fatal(err)
	}
	return v, face
}

// changed returns a picture of a real face, altered by an FFmpeg filter.
func changed(t *testing.T, name, filter string) []byte {
	t.Helper()
	return workertest.JPEGs(t, workertest.Path(t, name), filter, 1)[0]
}

func plain(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for y := range 480 {
		for x := range 640 {
			img.Set(x, y, color.RGBA{uint8(x / 4), uint8(y / 3), 120, 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCodesOfRealFaces(t *testing.T) {
	const eyes, tilted, left, right = "conditions/open_eyes_d9.jpg", "conditions/tilt_zub.jpg", "conditions/profile_b_zub.jpg", "conditions/profile_a_zub.jpg"
	for name, c := range map[string]struct {
		picture, filter, document string
		codes                     []int32
	}{
		"a good frame":                 {eyes, "null", `{}`, nil},
		"many faces":                   {"multi/two_people.jpg", "null", `{}`, []int32{schemas.CodeManyFaces}},
		"many, the largest will do":    {"multi/couple.jpg", "null", `{"session":{"multiface_policy":1},"thresholds":{"yaw":90,"pitch":90,"roll":90}}`, nil},
		"far away":                     {eyes, "scale=iw/4:-1", `{}`, []int32{schemas.CodeFaceNarrow, schemas.CodeFaceLow}},
		"blurred":                      {eyes, "gblur=sigma=6", `{}`, []int32{schemas.CodeBlurred}},
		"too dark":                     {eyes, "lutyuv=y=val*0.15", `{}`, []int32{schemas.CodeTooDark}},
		"over-exposed":                 {eyes, `lutyuv=y=min(val*2.2\,255)`, `{}`, []int32{schemas.CodeTooLight}},
		"turned to the person's left":  {left, "null", `{}`, []int32{schemas.CodeYawNeedRight}},
		"turned to the person's right": {right, "null", `{}`, []int32{schemas.CodeYawNeedLeft}},
		"left, mirrored":               {left, "hflip", `{}`, []int32{schemas.CodeYawNeedLeft}},
		"right, mirrored":              {right, "hflip", `{}`, []int32{schemas.CodeYawNeedRight}},
		// The picture of the tilted head is blurred as well, which is not the matter here.
		"tilted to the person's left":  {tilted, "null", `{"thresholds":{"blur":0,"yaw":90}}`, []int32{schemas.CodeRollLeft}},
		"tilted to the person's right": {tilted, "hflip", `{"thresholds":{"blur":0,"yaw":90}}`, []int32{schemas.CodeRollRight}},
		"chin down":                    {"conditions/glasses_1.jpg", "null", `{"thresholds":{"yaw":90,"pitch":15,"margin":0}}`, []int32{schemas.CodePitchNeedUp}},
		"chin up":                      {"match/ageitgey/obama3.jpg", "null", `{"thresholds":{"pitch":9}}`, []int32{schemas.CodePitchNeedDown}},
		"closed eyes":                  {"conditions/closed_eyes_d9.jpg", "null", `{}`, []int32{schemas.CodeEyesClosed}},
	} {
		t.Run(name, func(t *testing.T) {
			picture := changed(t, c.picture, c.filter)
			workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
				v, face := look(t, m, frame(picture), c.document)
				if !slices.Equal(v.GetErrors(), c.codes) {
					t.Errorf("codes %v, want %v; measured %v", v.GetErrors(), c.codes, v.GetEstimations())
				}
				if (face != nil) != (len(c.codes) == 0) || (len(v.GetDetection().GetJudges()) > 0) != (len(c.codes) == 0) {
					t.Errorf("face %v and judges %v of a frame with codes %v", face != nil, v.GetDetection().GetJudges(), v.GetErrors())
				}
			})
		})
	}
}

func TestNoFace(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		v, face := look(t, m, frame(plain(t)), `{}`)
		e := v.GetEstimations()
		if !slices.Equal(v.GetErrors(), []int32{schemas.CodeNoFace}) || face != nil {
			t.Errorf("codes %v, face %v", v.GetErrors(), face)
		}
		if e.FaceCount == nil || e.GetFaceCount() != 0 || e.GetFramePosition() != nil || e.GetHeadPose() != nil {
			t.Errorf("measured %v on nothing", e)
		}
	})
}

// The first group with a failure ends the frame, and estimations that were not measured are missing.
func TestLaterGroupsAreNotMeasured(t *testing.T) {
	m := workertest.Models(t, "zoo")
	dark := changed(t, "conditions/closed_eyes_d9.jpg", "lutyuv=y=val*0.15,scale=iw/4:-1")
	v, _ := look(t, m, frame(dark), `{}`)
	if !slices.Equal(v.GetErrors(), []int32{schemas.CodeTooDark}) {
		t.Errorf("codes %v, want only those of the quality", v.GetErrors())
	}
	if e := v.GetEstimations(); e.GetHeadPose() != nil || e.GetEyes() != nil || e.GetFramePosition() == nil || !e.GetImageQuality().GetIsDark() {
		t.Errorf("measured %v", e)
	}
	// Failed checks of one group all show.
	v, _ = look(t, m, frame(workertest.Picture(t, "conditions/glasses_1.jpg")), `{}`)
	if want := []int32{schemas.CodeYawNeedRight, schemas.CodePitchNeedUp}; !slices.Equal(v.GetErrors(), want) {
		t.Errorf("codes %v, want %v", v.GetErrors(), want)
	}
}

func TestWaivedChecks(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		for name, code := range map[string]int32{"conditions/closed_eyes_d9.jpg": schemas.CodeEyesClosed, "conditions/profile_a_zub.jpg": schemas.CodeYawNeedLeft} {
			v, face := look(t, m, frame(workertest.Picture(t, name), schemas.PoseAndEyeCodes...), `{}`)
			if len(v.GetErrors()) != 0 || !slices.Equal(v.GetDetection().GetWaivedErrors(), []int32{code}) || face == nil {
				t.Errorf("%s: codes %v, waived %v, face %v; want %d waived", name, v.GetErrors(), v.GetDetection().GetWaivedErrors(), face != nil, code)
			}
		}
		v, face := look(t, m, frame(changed(t, "conditions/closed_eyes_d9.jpg", "gblur=sigma=6"), schemas.PoseAndEyeCodes...), `{}`)
		if !slices.Equal(v.GetErrors(), []int32{schemas.CodeBlurred}) || face != nil {
			t.Errorf("codes %v: blur was not waived", v.GetErrors())
		}
		if n := len(v.GetDetection().GetLandmarks()); n != 10 {
			t.Errorf("%d numbers of landmarks of a face that is not worth judging, want 10", n)
		}
		v, _ = look(t, m, frame(workertest.Picture(t, "conditions/open_eyes_d9.jpg"), schemas.PoseAndEyeCodes...), `{}`)
		if len(v.GetDetection().GetWaivedErrors()) != 0 {
			t.Errorf("waived %v although nothing failed", v.GetDetection().GetWaivedErrors())
		}
	})
}

func TestFaceMessage(t *testing.T) {
	m := workertest.Models(t, "zoo")
	v, face := look(t, m, frame(workertest.Picture(t, "conditions/open_eyes_d9.jpg")), `{}`)
	position := v.GetEstimations().GetFramePosition()
	box := position.GetFace()
	if got, want := fmt.Sprint(position.GetMargins()), fmt.Sprint([]int32{box.Y, 512 - box.X - box.Width, 480 - box.Y - box.Height, box.X}); got != want || position.GetFrame().GetWidth() != 512 || position.GetFrame().GetHeight() != 480 {
		t.Errorf("margins %s of %v, want %s", got, position.GetFrame(), want)
	}
	if face.GetFrame() != 42 || face.GetDecider() != "d" || face.GetReceivedUnixNanos() != 7 || string(face.GetState().GetSeed()) != "seed" {
		t.Errorf("face %v does not have all fields of its frame", face)
	}
	if n := len(face.GetLandmarks()); n != 10 || face.GetLandmarks()[0] >= face.GetLandmarks()[2] {
		t.Errorf("landmarks %v: the subject's right eye comes first", face.GetLandmarks())
	}
	if got := v.GetDetection().GetLandmarks(); !slices.Equal(got, face.GetLandmarks()) {
		t.Errorf("landmarks %v in the verdict, %v in the face", got, face.GetLandmarks())
	}
	if len(face.GetCrops()) != 1 {
		t.Fatalf("%d crops, want one", len(face.GetCrops()))
	}
	c := face.GetCrops()[0]
	if c.GetName() != "hats/head" || c.GetWidth() != 32 || c.GetHeight() != 24 || c.GetColor() != "bgr" || len(c.GetPixels()) != 3*32*24 {
		t.Errorf("crop %s of %dx%d %s, %d bytes", c.GetName(), c.GetWidth(), c.GetHeight(), c.GetColor(), len(c.GetPixels()))
	}
	// The background there is green: its middle byte wins whatever the order, and skin has more red than blue.
	middle := c.GetPixels()[3*(12*32+16):]
	if middle[0] >= middle[2] {
		t.Errorf("the middle of the face is %v in blue, green, red", middle[:3])
	}
}

func TestMainFace(t *testing.T) {
	img := &vision.Image{Width: 100, Height: 100}
	large := vision.Detection{Box: vision.Rect{X: 0, Y: 0, Width: 40, Height: 40}}
	central := vision.Detection{Box: vision.Rect{X: 45, Y: 45, Width: 10, Height: 10}}
	for policy, want := range map[int]vision.Detection{0: large, 1: large, 2: central} {
		if got := mainFace([]vision.Detection{large, central}, img, policy); got != want {
			t.Errorf("policy %d takes the face at %v", policy, got.Box)
		}
	}
}
