package attack

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// victims have one good frontal face each, except for the clips of others, whose best frame is taken.
var victims = []string{
	"match/deepface/df01_img1.jpg", "match/deepface/df02_img13.jpg", "match/deepface/df03_img18.jpg",
	"match/deepface/df04_img29.jpg", "match/deepface/df05_img26.jpg", "match/deepface/df06_img20.jpg",
	"match/deepface/df07_img22.jpg", "match/ageitgey/obama.jpg", "match/ageitgey/biden.jpg",
	"match/bbt/amy1.png", "match/bbt/bernadette1.png", "match/bbt/howard1.png", "match/bbt/leonard1.png", "match/bbt/penny1.png",
	"conditions/frontal_zub.jpg", "conditions/open_eyes_d9.jpg", "conditions/noglasses_2.jpg", "spoof/real/minivision_T1.jpg",
	"video/real_lp_d_d0.mp4", "video/real_lp_d_d3.mp4", "video/real_lp_d_d10.mp4", "video/real_lp_d_d18.mp4",
	"video/real_lp_s_s18.mp4", "video/real_intel_male.gif",
	"actions/real/alaa_selfie_hijab_turns.mp4", "actions/real/bernard_man1_blinks.mp4", "actions/real/burak_woman_smiles.mp4",
	"actions/real/dfl_ava2_woman_dark_hair.mp4", "actions/real/dfl_dean1_older_man.mp4", "actions/real/dfl_silwan0_woman_red_hair.mp4",
	"actions/real/franck_talking.webm", "actions/real/hanoon_selfie_blinks.mp4", "actions/real/lp_d12_glasses_talks.mp4",
	"actions/real/markx_woman_turns_round.mp4", "actions/real/openface_webcam_turns.wmv", "actions/real/tranvan_selfie_turns.mp4",
	"actions/real/twitch1_webcam.mp4",
}

// victim opens a picture, or the first frame of a clip that will do; nil if there is none.
func victim(t testing.TB, m *vision.Models, name string, side int) *Photo {
	t.Helper()
	var files [][]byte
	if path := workertest.Path(t, name); strings.HasPrefix(name, "video/") || strings.HasPrefix(name, "actions/") {
		files = workertest.JPEGs(t, path, "fps=2", 12)
	} else {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = [][]byte{data}
	}
	for _, file := range files {
		p, err := Open(m, file, side)
		if errors.Is(err, ErrUnusable) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if w, h := p.opening(); min(w, h) > 0.16 { // nobody takes a photo with closed eyes
			return p
		}
	}
	return nil
}

// opening returns the heights over the widths of the eyes in the photo.
func (p *Photo) opening() (right, left float64) {
	ratio := func(l *lid, a, b int) float64 {
		return (p.mesh[l.lower[3]].Y - p.mesh[l.upper[3]].Y) / max(1, abs(p.mesh[a].X-p.mesh[b].X))
	}
	return ratio(&eyes[0], 33, 133), ratio(&eyes[1], 263, 362)
}

func abs(v float64) float64 { return max(v, -v) }
