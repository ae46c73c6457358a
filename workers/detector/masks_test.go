package detector

import (
	"os"
	"slices"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// Cloth masks of all colours and patterns are seen, in other light and smaller as well.
func TestCodesOfClothMasks(t *testing.T) {
	changes := map[string]string{
		"as it is": "null", "mirrored": "hflip", "small": "scale=iw/3:-2", "less colour": "hue=s=0.6", "darker": "eq=gamma=0.7",
	}
	for _, file := range []string{"mask_02.jpg", "mask_03.jpg", "mask_10.jpg", "mask_12.jpg"} {
		name := "../cases/" + file
		if _, err := os.Stat(workertest.Path(t, name)); err != nil {
			t.Skip("the inputs ../shared/cases are not there")
		}
		for change, filter := range changes {
			t.Run(file+" "+change, func(t *testing.T) {
				picture := changed(t, name, filter)
				workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
					v, _ := look(t, m, frame(picture), `{"thresholds":{"face_width":60,"face_height":60}}`)
					codes := v.GetErrors()
					if slices.Contains(codes, schemas.CodeMouthOccluded) {
						return
					}
					t.Errorf("codes %v, want %d; measured %v", codes, schemas.CodeMouthOccluded, v.GetEstimations())
				})
			})
		}
	}
}

// A mouth with a beard, a headscarf, a headset or a hand beside it, dark skin and bad light must not be taken for a mask.
func TestBareMouthsAreNoMasks(t *testing.T) {
	for _, clip := range []string{
		"sreejith_webcam_dark_talks.mp4", "alaa_selfie_hijab_turns.mp4", "dfl_ava3_woman_headset_turns.mp4", "dfl_silwan0_woman_red_hair.mp4",
		"burak_woman_smiles.mp4", "mounish_webcam_blinks_dim.mp4", "hanoon_selfie_blinks.mp4", "petr_phone_swings.mp4",
	} {
		t.Run(clip, func(t *testing.T) {
			frames := workertest.JPEGs(t, workertest.Path(t, "actions/real/"+clip), "fps=2", 24)
			workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
				for i, f := range frames {
					v, _ := look(t, m, frame(f), `{"thresholds":{"face_width":60,"face_height":60}}`)
					if slices.Contains(v.GetErrors(), schemas.CodeMouthOccluded) {
						t.Errorf("frame %d: codes %v; measured %v", i, v.GetErrors(), v.GetEstimations().GetMouth())
					}
				}
			})
		})
	}
}
