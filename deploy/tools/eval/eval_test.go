package eval

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/deploy/tools/terminal"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
)

// repositoryRoot walks up to go.mod.
func repositoryRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the working directory")
	return ""
}

// pack returns the configuration of a pack of the checkout. The test is skipped when the pack was not built.
func pack(t *testing.T, name string) vision.Config {
	t.Helper()
	packs := filepath.Join(repositoryRoot(t), "workers", "vision", "packs")
	cfg := vision.Config{Library: filepath.Join(packs, "lib", "libonnxruntime.so.1"), Pack: filepath.Join(packs, name)}
	for _, path := range []string{cfg.Library, filepath.Join(cfg.Pack, "pack.json")} {
		if _, err := os.Stat(path); err != nil {
			t.Skipf("the pack %s does not exist: %v; run `make setup`", name, err)
		}
	}
	return cfg
}

// moreColumns lists the columns that the shared labels.csv does not have.
const moreColumns = "faces.csv"

// subset creates a dataset from the wanted lines of the shared one.
func subset(t *testing.T, wanted ...string) string {
	t.Helper()
	shared := filepath.Join(filepath.Dir(repositoryRoot(t)), "shared", "faces")
	if _, err := os.Stat(shared); err != nil {
		t.Skip("no test pictures: ../shared/faces is not there")
	}
	dir := t.TempDir()
	want := map[string]bool{}
	for _, name := range wanted {
		want[name] = true
		link := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o700), os.Symlink(filepath.Join(shared, filepath.FromSlash(name)), link)); err != nil {
			t.Fatal(err)
		}
	}
	for path, files := range map[string]int{filepath.Join(shared, labelsFile): 1, filepath.Join(shared, pairsFile): 2, moreColumns: 1} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w := csv.NewWriter(&out)
		for i, l := range lines {
			if i == 0 || want[l[0]] && want[l[files-1]] {
				if err := w.Write(l); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.Flush()
		write(t, dir, map[string]string{filepath.Base(path): out.String()})
	}
	return dir
}

var files = []string{
	"match/deepface/df02_img14.jpg", "match/deepface/df02_img15.jpg", "match/deepface/df04_img29.jpg", "match/deepface/df04_img30.jpg",
	"match/ageitgey/obama_240p.jpg", "match/ageitgey/obama2.jpg", "match/ageitgey/biden.jpg", "match/ageitgey/biden2.jpg",
	"multi/bbt3.jpg", "conditions/profile_a_zub.jpg", "conditions/profile_b_zub.jpg", "conditions/tilt_zub.jpg", "conditions/frontal_zub.jpg",
	"conditions/closed_eyes_d9.jpg", "conditions/open_eyes_d9.jpg", "conditions/nonface_dog.png", "conditions/blur_zub.jpg",
	"spoof/fake/minivision_F2_tablet.jpg", "spoof/fake/miniai_monitor.jpg", "video/real_lp_d_d0.mp4", "video/spoof_manik_phone_replay.mp4",
}

func TestRun(t *testing.T) {
	for _, name := range []string{"zoo", "base"} {
		t.Run(name, func(t *testing.T) {
			seen := 0
			dir := subset(t, files...)
			r, err := Run(t.Context(), Options{
				Dataset: dir, Labels: filepath.Join(dir, moreColumns), Vision: pack(t, name), Split: All, FPR: 0.01, OnProgress: func(terminal.Progress) { seen++ },
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.Files != len(files) || r.Images < len(files)+30 || seen < r.Images {
				t.Errorf("%d files, %d images, %d steps of progress", r.Files, r.Images, seen)
			}
			if d := r.Detection; d.Found.Count != d.Found.Of || d.Found.Of != 18 || d.False.Of != 1 {
				t.Errorf("detection: %+v", d)
			}
			if p := r.Pose; p.Profiles.Count != 2 || p.Sides.Count != 1 || p.Tilted.Count != 1 || p.Straight.Rate() < .9 {
				t.Errorf("pose: %+v", p)
			}
			if e := r.Eyes; e.Open.Count != 1 || e.Closed.Count != 1 {
				t.Errorf("eyes: %+v", e)
			}
			if m := r.Matching.Sets[1]; m.Same != 4 || m.Different != 24 || float64(m.AUC) < 0.97 || len(m.Hardest) != 6 {
				t.Errorf("matching: %+v", m)
			}
			for _, c := range r.Checks {
				if c.Codes[0] == schemas.CodeYawNeedRight && (c.Caught.Count != 2 || c.False.Of < 10) {
					t.Errorf("check of the yaw: %+v", c)
				}
			}
			checkPAD(t, name, r.PAD)
			checkOutput(t, r)
		})
	}
}

func checkPAD(t *testing.T, pack string, p *PAD) {
	t.Helper()
	rows := map[string]int{"zoo": 12, "base": 4}   // one frame and five, any and accepted; zoo has two networks and their mean
	passing := map[string]int{"zoo": 0, "base": 1} // replays at the setting
	if len(p.Rows) != rows[pack] {
		t.Fatalf("%d rows", len(p.Rows))
	}
	for _, r := range p.Rows {
		replays := r.AtSetting.APCER["replay"]
		if r.Accepted || r.Window != windowLength {
			continue
		}
		if r.AtSetting.BPCER.Of != 3 || r.AtSetting.BPCER.Count != 0 || replays.Of != 5 || replays.Count > passing[pack] || replays.Files != 1 || float64(r.AUC) != 1 {
			t.Errorf("%+v", r)
		}
	}
}

func checkOutput(t *testing.T, r *Report) {
	t.Helper()
	var text, plot bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Detection", "Pose", "Eyes", "Matching", "Checks of the detector", "YAW_NEED_*", "match_cosine = 0."} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text has no %q:\n%s", want, &text)
		}
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Detection struct {
			Found struct{ Count, Of int }
		}
	}
	if err := json.Unmarshal(data, &back); err != nil || back.Detection.Found.Of != r.Detection.Found.Of {
		t.Errorf("JSON: %v, %+v", err, back)
	}
	if err := r.WritePlot(&plot); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&plot)
	if err != nil {
		t.Fatal(err)
	}
	shades := map[[3]uint32]int{}
	for y := range plotHeight {
		for x := range plotWidth {
			r, g, b, _ := img.At(x, y).RGBA()
			shades[[3]uint32{r >> 8, g >> 8, b >> 8}]++
		}
	}
	last := curves[len(r.curves)-1] // nothing is drawn over it
	if n := shades[[3]uint32{uint32(last.R), uint32(last.G), uint32(last.B)}]; n < 500 {
		t.Errorf("%d pixels of the last curve", n)
	}
}

// The report of each half counts half of the files, and the two halves cover all files.
func TestRunSplit(t *testing.T) {
	dir := subset(t, files[:8]...)
	var images int
	for _, split := range []Split{Tune, Test} {
		r, err := Run(t.Context(), Options{Dataset: dir, Vision: pack(t, "base"), Split: split, FPR: 0.01})
		if err != nil {
			t.Fatal(err)
		}
		images += r.Images
		if r.Images != 4 || len(r.Matching.Sets) != 1 || r.Matching.Chosen == nil {
			t.Errorf("%s: %d images, sets %+v", split, r.Images, r.Matching.Sets)
		}
	}
	if images != 8 {
		t.Errorf("the halves have %d images, want 8", images)
	}
}

func TestRunWithoutLabels(t *testing.T) {
	dir := subset(t, "video/real_lp_d_d0.mp4")
	r, err := Run(t.Context(), Options{Dataset: filepath.Join(dir, "video", "real_lp_d_d0.mp4"), Vision: pack(t, "base"), Split: All, FPR: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Clips) != 1 || r.Clips[0].Faces < 10 || r.Detection != nil {
		t.Errorf("%+v", r)
	}
	folder := subset(t, files[:3]...)
	if err := os.Remove(filepath.Join(folder, labelsFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(folder, ""); err == nil || !strings.Contains(err.Error(), "has no labels.csv, no image") {
		t.Errorf("a folder without anything: %v", err)
	}
	if d, err := Load(filepath.Join(folder, "match", "deepface"), ""); err != nil || len(d.Labels) != 3 {
		t.Errorf("a folder of three images: %+v, %v", d, err)
	}
	var text bytes.Buffer
	if err := errors.Join(r.WriteText(&text), r.WritePlot(&text)); err == nil || !strings.Contains(err.Error(), "no curve to plot") {
		t.Errorf("plot: %v", err)
	}
}

func TestRunNamesTheBrokenFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"labels.csv": "file,kind\nbroken.jpg,real\n", "broken.jpg": "\xff\xd8\xff\xe0 no picture"})
	_, err := Run(t.Context(), Options{Dataset: dir, Vision: pack(t, "base"), Split: All, FPR: 0.01})
	if err == nil || !strings.Contains(err.Error(), "broken.jpg: ") {
		t.Errorf("error %v, want one that names broken.jpg", err)
	}
}
