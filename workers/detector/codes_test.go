package detector

import (
	"fmt"
	"slices"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// codesCase is a picture, its change, the settings, and the codes that it must get.
type codesCase struct {
	picture, filter, document string
	codes                     []int32
}

// codesCheck looks at each picture with both packs.
func codesCheck(t *testing.T, cases map[string]codesCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			picture := changed(t, c.picture, c.filter)
			workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
				v, _ := look(t, m, frame(picture), c.document)
				if !slices.Equal(v.GetErrors(), c.codes) {
					t.Errorf("codes %v, want %v; measured %v", v.GetErrors(), c.codes, v.GetEstimations())
				}
			})
		})
	}
}

const (
	codesFace  = "conditions/open_eyes_d9.jpg" // 512 x 480, the face in the middle, thin glasses
	codesBare  = "match/ageitgey/obama.jpg"    // smiles
	codesThick = "conditions/frontal_zub.jpg"  // glasses that are easily seen
)

// codesShade darkens the left half.
const codesShade = "geq=lum='if(lt(X,254),lum(X,Y)*0.45,lum(X,Y))':cb='cb(X,Y)':cr='cr(X,Y)'"

// codesLamp returns the filter that draws a white disc in the middle of the face.
func codesLamp(radius int) string {
	const disc = "if(lt(hypot(X-254,Y-255),%d),%d,%s(X,Y))"
	return fmt.Sprintf("geq=lum='"+disc+"':cb='"+disc+"':cr='"+disc+"'", radius, 252, "lum", radius, 128, "cb", radius, 128, "cr")
}

func TestCodesOfQuality(t *testing.T) {
	codesCheck(t, map[string]codesCase{
		"one half in the shade":         {codesFace, codesShade, `{"thresholds":{"illumination":0.4}}`, []int32{schemas.CodeUnevenLight}},
		"even light":                    {codesFace, "null", `{"thresholds":{"illumination":0.4}}`, nil},
		"a lamp on the face":            {codesFace, codesLamp(58), `{}`, []int32{schemas.CodeGlare}},
		"a small lamp on the face":      {codesFace, codesLamp(10), `{}`, nil},
		"all of a group's faults":       {codesFace, codesShade + ",gblur=sigma=6", `{"thresholds":{"illumination":0.5}}`, []int32{schemas.CodeBlurred, schemas.CodeUnevenLight}},
		"the thresholds of the session": {codesFace, "gblur=sigma=6", `{"thresholds":{"blur":0}}`, nil},
	})
}

func TestCodesOfPosition(t *testing.T) {
	codesCheck(t, map[string]codesCase{
		"frame not wide enough":    {codesFace, "null", `{"thresholds":{"frame_width":513}}`, []int32{schemas.CodeFrameNarrow}},
		"frame just wide enough":   {codesFace, "null", `{"thresholds":{"frame_width":512,"frame_height":480}}`, nil},
		"frame not high enough":    {codesFace, "null", `{"thresholds":{"frame_height":481}}`, []int32{schemas.CodeFrameLow}},
		"face not wide enough":     {codesFace, "null", `{"thresholds":{"face_width":290}}`, []int32{schemas.CodeFaceNarrow}},
		"face not high enough":     {codesFace, "null", `{"thresholds":{"face_height":350}}`, []int32{schemas.CodeFaceLow}},
		"margins of any width":     {codesFace, "null", `{"thresholds":{"margin":0}}`, nil},
		"a margin as asked for":    {codesFace, "null", `{"thresholds":{"margin":60}}`, nil},
		"a part of the frame":      {codesFace, "null", `{"thresholds":{"face_share":0.7}}`, nil},
		"too large a part of it":   {codesFace, "null", `{"thresholds":{"face_share":0.4}}`, []int32{schemas.CodeFaceTooClose}},
		"everything at once":       {codesFace, "null", `{"thresholds":{"face_share":0.4,"frame_width":513,"face_height":350},"roi":{"width":0.2}}`, []int32{schemas.CodeFaceTooClose, schemas.CodeFrameNarrow, schemas.CodeFaceLow, schemas.CodeOutOfROI}},
		"the whole frame as a ROI": {codesFace, "null", `{"roi":{"center_x":0.1,"width":1,"height":1}}`, nil},
	})
}

// The picture is cut so that the face comes near one side, and so near that it fills it.
func TestCodesOfCutPictures(t *testing.T) {
	picture := workertest.Picture(t, codesFace)
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		v, _ := look(t, m, frame(picture), `{}`)
		margins := v.GetEstimations().GetFramePosition().GetMargins()
		for _, c := range []struct {
			name string
			cut  [4]int32 // from top, right, bottom, left
			code int32
		}{
			{"at the top", [4]int32{margins[0] - 3, 0, 0, 0}, schemas.CodeMarginTop},
			{"at the right", [4]int32{0, margins[1] - 3, 0, 0}, schemas.CodeMarginRight},
			{"at the bottom", [4]int32{0, 0, margins[2] - 3, 0}, schemas.CodeMarginBottom},
			{"at the left", [4]int32{0, 0, 0, margins[3] - 3}, schemas.CodeMarginLeft},
		} {
			filter := fmt.Sprintf("crop=%d:%d:%d:%d:exact=1", 512-c.cut[1]-c.cut[3], 480-c.cut[0]-c.cut[2], c.cut[3], c.cut[0])
			cut := changed(t, codesFace, filter)
			if v, _ := look(t, m, frame(cut), `{"thresholds":{"face_share":1}}`); !slices.Equal(v.GetErrors(), []int32{c.code}) {
				t.Errorf("%s: codes %v, want %d; margins %v", c.name, v.GetErrors(), c.code, v.GetEstimations().GetFramePosition().GetMargins())
			}
			// A head that bows may come near the rim.
			v, _ := look(t, m, frame(cut, schemas.PoseAndEyeCodes...), `{"thresholds":{"face_share":1}}`)
			if len(v.GetErrors()) > 0 || !slices.Equal(v.GetDetection().GetWaivedErrors(), []int32{c.code}) {
				t.Errorf("%s while an action is requested: codes %v, waived %v", c.name, v.GetErrors(), v.GetDetection().GetWaivedErrors())
			}
		}
		cut := margins
		filter := fmt.Sprintf("crop=%d:%d:%d:%d:exact=1", 512-cut[1]-cut[3]+8, 480-cut[0]-cut[2]+8, cut[3]-4, cut[0]-4)
		near := changed(t, codesFace, filter)
		if v, _ := look(t, m, frame(near), `{"thresholds":{"margin":0,"face_share":0.75}}`); !slices.Equal(v.GetErrors(), []int32{schemas.CodeFaceTooClose}) {
			t.Errorf("too near: codes %v; position %v", v.GetErrors(), v.GetEstimations().GetFramePosition())
		}
		// It may also look larger, and is measured all the same.
		v, _ = look(t, m, frame(near, schemas.PoseAndEyeCodes...), `{"thresholds":{"margin":0,"face_share":0.75}}`)
		if len(v.GetErrors()) > 0 || v.GetEstimations().GetHeadPose() == nil {
			t.Errorf("too near while an action is requested: codes %v, pose %v", v.GetErrors(), v.GetEstimations().GetHeadPose())
		}
	})
}

func TestCodesOfEyesAndGlasses(t *testing.T) {
	const lens = "drawbox=x=%d:y=%d:w=75:h=52:color=0x101010:t=fill"
	shades := fmt.Sprintf(lens+","+lens, 395, 196, 510, 196)
	const patch = "drawbox=x=%d:y=%d:w=80:h=50:color=0xB58C78:t=fill"
	plastered := fmt.Sprintf(patch+","+patch, 390, 190, 510, 190)
	codesCheck(t, map[string]codesCase{
		"glasses":                   {codesThick, "null", `{"thresholds":{"glasses":["no_glasses"]}}`, []int32{schemas.CodeGlasses}},
		"glasses are allowed":       {codesThick, "null", `{}`, nil},
		"no glasses":                {codesBare, "null", `{"thresholds":{"glasses":["no_glasses"]}}`, nil},
		"no glasses where asked":    {codesBare, "null", `{"thresholds":{"glasses":["eyeglasses"]}}`, []int32{schemas.CodeGlasses}},
		"sunglasses":                {"conditions/sunglasses_0.jpg", "pad=512:512:128:128:gray", `{"thresholds":{"roll":40,"blur":0}}`, []int32{schemas.CodeSunglasses}},
		"sunglasses are allowed":    {"conditions/sunglasses_0.jpg", "pad=512:512:128:128:gray", `{"thresholds":{"roll":40,"blur":0,"glasses":["sunglasses"]}}`, nil},
		"dark glasses on the eyes":  {codesBare, shades, `{}`, []int32{schemas.CodeSunglasses}},
		"plaster on the eyes":       {codesBare, plastered, `{}`, []int32{schemas.CodeEyesUnknown}},
		"plaster on one eye":        {codesBare, fmt.Sprintf(patch, 390, 190), `{}`, []int32{schemas.CodeEyesUnknown}},
		"plaster, one eye will do":  {codesBare, fmt.Sprintf(patch, 390, 190), `{"session":{"accept_one_eye_open":true}}`, nil},
		"both, where one would do":  {codesBare, plastered, `{"session":{"accept_one_eye_open":true}}`, []int32{schemas.CodeEyesUnknown}},
		"closed, where one will do": {"conditions/closed_eyes_d9.jpg", "null", `{"session":{"accept_one_eye_open":true}}`, []int32{schemas.CodeEyesClosed}},
	})
}

func TestCodesOfMouths(t *testing.T) {
	const mask = "crop=260:200:545:240,scale=2*iw:-1"
	codesCheck(t, map[string]codesCase{
		"a mask":                {"conditions/mask_grid10.jpeg", mask, `{"thresholds":{"blur":0}}`, []int32{schemas.CodeMouthOccluded}},
		"masks are allowed":     {"conditions/mask_grid10.jpeg", mask, `{"thresholds":{"blur":0,"mouth_states":["occluded"]}}`, nil},
		"a smile":               {codesBare, "null", `{"thresholds":{"mouth_states":[]}}`, []int32{schemas.CodeSmile}},
		"smiles are allowed":    {codesBare, "null", `{}`, nil},
		"a closed mouth":        {codesFace, "null", `{"thresholds":{"mouth_states":[]}}`, nil},
		"wide open":             {"video/real_lp_d_d18.mp4", "fps=3,trim=start_frame=12,setpts=PTS-STARTPTS", `{}`, []int32{schemas.CodeMouthOpen}},
		"open mouths allowed":   {"video/real_lp_d_d18.mp4", "fps=3,trim=start_frame=12,setpts=PTS-STARTPTS", `{"thresholds":{"mouth_states":["opened"]}}`, nil},
		"more than so far open": {"video/real_lp_d_d18.mp4", "fps=3,trim=start_frame=12,setpts=PTS-STARTPTS", `{"thresholds":{"mouth":1}}`, nil},
	})
}

func TestCodeOfTheGeneralScore(t *testing.T) {
	codesCheck(t, map[string]codesCase{
		"less than asked for":   {"match/bbt/howard3.png", "pad=300:300:75:75:gray", `{"thresholds":{"ags":0.9,"face_width":80,"face_height":80}}`, []int32{schemas.CodeAGSLow}},
		"as much":               {"match/bbt/howard3.png", "pad=300:300:75:75:gray", `{"thresholds":{"ags":0.3,"face_width":80,"face_height":80}}`, nil},
		"off":                   {"match/bbt/howard3.png", "pad=300:300:75:75:gray", `{"thresholds":{"ags":null,"face_width":80,"face_height":80}}`, nil},
		"a good face, much":     {codesBare, "null", `{"thresholds":{"ags":0.85}}`, nil},
		"a good face, far away": {codesBare, "scale=iw/2:-2", `{"thresholds":{"face_width":80,"ags":0.85}}`, []int32{schemas.CodeAGSLow}},
	})
}

// While an action is requested, only what is visible on a turned face is checked.
func TestCodesOfTurnedFaces(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		const strict = `{"thresholds":{"glasses":["sunglasses"],"mouth":0,"mouth_states":[],"ags":1,"blur":0}}`
		for _, name := range []string{"conditions/profile_a_zub.jpg", "conditions/profile_b_zub.jpg"} {
			v, face := look(t, m, frame(workertest.Picture(t, name), schemas.PoseAndEyeCodes...), strict)
			if len(v.GetErrors()) > 0 || face == nil || v.GetEstimations().GetEyeglasses() != "" {
				t.Errorf("%s: codes %v, measured %v", name, v.GetErrors(), v.GetEstimations())
			}
		}
	})
}

// A good frame has every estimation.
func TestAllEstimations(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		v, _ := look(t, m, frame(workertest.Picture(t, codesThick)), `{}`)
		e := v.GetEstimations()
		if e.FaceCount == nil || e.Ags == nil || e.ImageQuality == nil || e.FramePosition == nil || e.HeadPose == nil || e.Eyes == nil ||
			e.Mouth == nil || e.Mouth.Opened == nil || e.Mouth.Smile == nil || e.Mouth.Occluded == nil || e.Eyeglasses != vision.Eyeglasses {
			t.Errorf("measured %v", e)
		}
	})
}
