package eval

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLoadNamesTheBadLine(t *testing.T) {
	const labels = "file,kind,identity,shows\na.jpg,match,p,\nb.jpg,match,q,\"two\nlines\"\n"
	for name, c := range map[string]struct{ labels, pairs, want string }{
		"fine":              {labels, "file_a,file_b,relation\na.jpg,b.jpg,different\n", ""},
		"no column":         {"file,identity\na.jpg,p\n", "", "labels.csv line 1: no column kind"},
		"empty":             {"", "", "labels.csv: is empty"},
		"header alone":      {"file,kind\n", "", "labels.csv: lists no file"},
		"missing file":      {labels + "c.jpg,match,,\n", "", `labels.csv line 5: file "c.jpg" does not exist`},
		"own kind":          {labels + "c.jpg,cat,,\n", "", `labels.csv line 5: file "c.jpg" does not exist`},
		"no kind":           {labels + "c.jpg,,,\n", "", "labels.csv line 5: kind is empty"},
		"named twice":       {labels + "a.jpg,real,,\n", "", `labels.csv line 5: file "a.jpg" is already listed in line 2`},
		"outside":           {labels + "../a.jpg,real,,\n", "", `labels.csv line 5: file "../a.jpg" must be a path below`},
		"too short":         {labels + "a.jpeg\n", "", "labels.csv line 5: the line has 1 columns"},
		"open quote":        {labels + "\"a\n", "", "labels.csv: parse error on line 5"},
		"relation":          {labels, "file_a,file_b,relation\na.jpg,b.jpg,other\n", `pairs.csv line 2: relation is "other"`},
		"pair of strangers": {labels, "file_a,file_b,relation\na.jpg,c.jpg,same\n", `pairs.csv line 2: file "c.jpg" is not in labels.csv`},
		"pair of one":       {labels, "file_a,file_b,relation\na.jpg,a.jpg,same\n", `pairs.csv line 2: "a.jpg" is paired with itself`},
		"contradiction":     {labels, "file_a,file_b,relation\na.jpg,b.jpg,same\n", "pairs.csv line 2: \"a.jpg\" is p"},
		"no pairs column":   {labels, "file_a,relation\na.jpg,same\n", "pairs.csv line 1: no column file_b"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, map[string]string{"labels.csv": c.labels, "a.jpg": "x", "b.jpg": "x"})
			if c.pairs != "" {
				write(t, dir, map[string]string{"pairs.csv": c.pairs})
			}
			_, err := Load(dir, "")
			var fault *DatasetError
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (!errors.As(err, &fault) || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want a DatasetError with %q", err, c.want)
			}
		})
	}
}

func TestLoadTakesColumnsInAnyOrder(t *testing.T) {
	labels, err := ParseLabels(strings.NewReader("\ufeffshows,kind,file\n\"glasses, dark\",glasses,x/y.png\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := (Label{File: "x/y.png", Kind: "glasses", Shows: "glasses, dark", Line: 2}); labels[0] != want {
		t.Errorf("%+v, want %+v", labels[0], want)
	}
}

func TestHalves(t *testing.T) {
	var labels []Label
	for i := range 40 {
		labels = append(labels, Label{File: string(rune('a' + i)), Kind: "match", Identity: string(rune('A' + i/4))})
	}
	labels = append(labels, Label{File: "x", Kind: "real"}, Label{File: "y", Kind: "real"})
	assignHalves(labels)
	count := map[Split]int{}
	of := map[string]Split{}
	for _, l := range labels {
		count[l.half]++
		if l.Identity == "" {
			continue
		}
		if before, ok := of[l.Identity]; ok && before != l.half {
			t.Errorf("%s is in both halves", l.Identity)
		}
		of[l.Identity] = l.half
	}
	if count[Tune] != 21 || count[Test] != 21 {
		t.Errorf("halves of %v, want 21 each", count)
	}
	if a, b := labels[40].half, labels[41].half; a == b {
		t.Error("both files of a small kind are in the same half")
	}
	// The order of the lines must not matter.
	turned := append([]Label(nil), labels...)
	for i, j := 0, len(turned)-1; i < j; i, j = i+1, j-1 {
		turned[i], turned[j] = turned[j], turned[i]
	}
	assignHalves(turned)
	for i, l := range labels {
		if turned[len(turned)-1-i].half != l.half {
			t.Fatalf("%s changed its half with the order of the lines", l.File)
		}
	}
}

func TestLabels(t *testing.T) {
	for _, c := range []struct {
		label                   Label
		species, glasses, faces string
		straight                bool
	}{
		{Label{Kind: "fake_print", Shows: "photo cut along the outline, glasses"}, "print", "", "{1 -1}", false},
		{Label{Kind: "fake_print", Instrument: "cut-out", Glasses: "eyeglasses"}, "cut-out", "eyeglasses", "{1 -1}", false},
		{Label{Kind: "video_fake_replay"}, "replay", "", "{0 -1}", false},
		{Label{Kind: "mask", Faces: Count{10, 10}}, "", "", "{10 10}", false},
		{Label{Kind: "multi"}, "", "", "{2 -1}", false},
		{Label{Kind: "sunglasses"}, "", "sunglasses", "{1 -1}", false},
		{Label{Kind: "noglasses"}, "", "no_glasses", "{1 -1}", false},
		{Label{Kind: "frontal"}, "", "", "{1 -1}", true},
		{Label{Kind: "video_real", Shows: "frontal"}, "", "", "{0 -1}", false},
		{Label{Kind: "video_real", Pose: "frontal"}, "", "", "{0 -1}", true},
		{Label{Kind: "cat"}, "", "", "{0 -1}", false},
		{Label{Kind: "cat", Faces: Count{1, 1}, Glasses: "eyeglasses"}, "", "eyeglasses", "{1 1}", false},
		{Label{Kind: "nonface", Faces: Count{1, 1}}, "", "", "{0 -1}", false},
	} {
		l := c.label
		if l.species() != c.species || l.glasses() != c.glasses || fmt.Sprint(l.faces()) != c.faces || l.straight() != c.straight {
			t.Errorf("%+v: %q, %q, %v, %t; want %q, %q, %s, %t", l, l.species(), l.glasses(), l.faces(), l.straight(), c.species, c.glasses, c.faces, c.straight)
		}
	}
	blink := Label{Kind: "video_real", Closed: Seconds{400 * time.Millisecond, 550 * time.Millisecond}}
	for at, want := range map[time.Duration]string{0: "open", 300: "open", 380: "", 400: "closed", 550: "closed", 600: "", 5000: ""} {
		if got := blink.eyes(at * time.Millisecond); got != want {
			t.Errorf("eyes at %d ms are %q, want %q", at, got, want)
		}
	}
}

func TestColumns(t *testing.T) {
	const header = "file,kind,faces,glasses,pose,expression,eyes_closed,instrument\n"
	labels, err := ParseLabels(strings.NewReader(header + "a.jpg,fake_print,2+,eyeglasses,frontal,talking,0.40-0.55,cut-out\nb.jpg,real,2,,,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Label{
		{
			File: "a.jpg", Kind: "fake_print", Faces: Count{2, -1}, Glasses: "eyeglasses", Pose: "frontal", Expression: "talking",
			Closed: Seconds{400 * time.Millisecond, 550 * time.Millisecond}, Instrument: "cut-out", Line: 2,
		},
		{File: "b.jpg", Kind: "real", Faces: Count{2, 2}, Line: 3},
	}
	if !slices.Equal(labels, want) {
		t.Errorf("got %+v, want %+v", labels, want)
	}
	for line, says := range map[string]string{
		"a,real,many,,,,,":   `labels.csv line 2: faces is "many": use a number`,
		"a,real,,dark,,,,":   `labels.csv line 2: glasses is "dark": use no_glasses, eyeglasses, sunglasses`,
		"a,real,,,,,1-0.5,":  `labels.csv line 2: eyes_closed is "1-0.5": use seconds`,
		"a,real,,,,,-1-0.5,": `labels.csv line 2: eyes_closed is "-1-0.5": use seconds`,
	} {
		var fault *DatasetError
		if _, err := ParseLabels(strings.NewReader(header + line + "\n")); !errors.As(err, &fault) || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%s: %v, want %q", line, err, says)
		}
	}
}

// TestMoreColumns: a second file adds to the labels of a dataset that is not one's own.
func TestMoreColumns(t *testing.T) {
	dir := t.TempDir()
	more := filepath.Join(t.TempDir(), "more.csv")
	write(t, dir, map[string]string{"labels.csv": "file,kind,shows\na.jpg,match,a person\nb.jpg,cat,\n", "a.jpg": "x", "b.jpg": "x"})
	for text, says := range map[string]string{
		"file,glasses,shows\na.jpg,eyeglasses,\n": "",
		"file,glasses\nc.jpg,eyeglasses\n":        `more.csv line 2: file "c.jpg" is not in labels.csv`,
		"file,glasses\na.jpg,dark\n":              `more.csv line 2: glasses is "dark"`,
		"name,glasses\na.jpg,eyeglasses\n":        "more.csv line 1: no column file",
	} {
		if err := os.WriteFile(more, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Load(dir, more)
		switch {
		case says != "":
			var fault *DatasetError
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), says) {
				t.Errorf("%q: %v, want %q", text, err, says)
			}
		case err != nil:
			t.Error(err)
		case d.Labels[0].Glasses != "eyeglasses" || d.Labels[0].Shows != "a person" || d.Labels[1].Glasses != "":
			t.Errorf("labels %+v", d.Labels)
		}
	}
	if _, err := Load(dir, filepath.Join(dir, "absent.csv")); err == nil {
		t.Error("an absent file is taken")
	}
}

// TestOwnKinds: files of unknown kinds are counted under their name only.
func TestOwnKinds(t *testing.T) {
	seen := &schemas.Estimations{FaceCount: proto.Uint32(1)}
	samples := []*sample{
		{label: Label{File: "a", Kind: "cat"}, seen: seen},
		{label: Label{File: "a", Kind: "cat"}, seen: seen, extra: true},
		{label: Label{File: "b", Kind: "video_cat"}, codes: []int32{schemas.CodeNoFace}},
		{label: Label{File: "b", Kind: "video_cat"}, seen: seen, codes: []int32{schemas.CodeBlurred}},
		{label: Label{File: "c", Kind: "real"}, seen: seen},
		{label: Label{File: "d"}, seen: seen},
	}
	want := []OwnKind{
		{Kind: "cat", Faces: Share{1, 1, 1}, Accepted: Share{1, 1, 1}},
		{Kind: "video_cat", Faces: Share{1, 2, 1}, Accepted: Share{0, 2, 1}},
	}
	if got := ownKinds(samples); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if d := detection(samples); d.Found.Of != 1 || d.Frames.Of != 0 {
		t.Errorf("detection %+v", d)
	}
	var out bytes.Buffer
	if err := (&Report{Detection: &Detection{}, Pose: &Pose{}, Eyes: &Eyes{}, Glasses: &Glasses{}, OwnKinds: want}).WriteText(&out); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "Kinds of your own") || !strings.Contains(text, "video_cat") {
		t.Errorf("report\n%s", text)
	}
}

func FuzzParseLabels(f *testing.F) {
	f.Add("file,kind,identity,shows\na.jpg,match,p,\"x, y\"\n")
	f.Add("kind,file\nfake_print,a\n")
	f.Add("kind,file,faces,glasses,eyes_closed\nfake_print,a,2+,eyeglasses,0.4-0.5\n")
	f.Add("file,kind\n../x,real\n\"\n")
	f.Add("file,kind\na,no_fake_print\n") // a kind of the user's own
	f.Fuzz(func(t *testing.T, text string) {
		labels, err := ParseLabels(strings.NewReader(text))
		var fault *DatasetError
		if err != nil && !errors.As(err, &fault) {
			t.Fatalf("%T: %v", err, err)
		}
		if err != nil {
			return
		}
		assignHalves(labels)
		for _, l := range labels {
			path := filepath.Join("/data", filepath.FromSlash(l.File))
			if !strings.HasPrefix(path, "/data") || l.Line < 2 || l.half != Tune && l.half != Test {
				t.Fatalf("%+v leads to %s", l, path)
			}
			if (l.species() != "") != strings.Contains(l.Kind, "fake_") && knownKind(l.Kind) {
				t.Fatalf("%+v is an attack with %q", l, l.species())
			}
			_, _, _ = l.faces(), l.glasses(), l.eyes(time.Second)
		}
	})
}

func FuzzParsePairs(f *testing.F) {
	f.Add("file_a,file_b,relation\na,b,same\n")
	f.Add("relation,file_b,file_a\ndifferent,b\n")
	f.Fuzz(func(t *testing.T, text string) {
		pairs, err := ParsePairs(strings.NewReader(text))
		var fault *DatasetError
		if err != nil && !errors.As(err, &fault) {
			t.Fatalf("%T: %v", err, err)
		}
		for _, p := range pairs {
			if p.A == p.B || p.Line < 2 {
				t.Fatalf("%+v", p)
			}
		}
	})
}
