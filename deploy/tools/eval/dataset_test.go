package eval

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLoadNamesTheLineThatIsWrong(t *testing.T) {
	const labels = "file,kind,identity,shows\na.jpg,match,p,\nb.jpg,match,q,\"two\nlines\"\n"
	for name, c := range map[string]struct{ labels, pairs, want string }{
		"fine":              {labels, "file_a,file_b,relation\na.jpg,b.jpg,different\n", ""},
		"no column":         {"file,identity\na.jpg,p\n", "", "labels.csv line 1: no column kind"},
		"empty":             {"", "", "labels.csv: is empty"},
		"header alone":      {"file,kind\n", "", "labels.csv: names no file"},
		"missing file":      {labels + "c.jpg,match,,\n", "", `labels.csv line 5: file "c.jpg" is not there`},
		"unknown kind":      {labels + "a.jpeg,cat,,\n", "", `labels.csv line 5: kind "cat" is unknown`},
		"named twice":       {labels + "a.jpg,real,,\n", "", `labels.csv line 5: file "a.jpg" is named in line 2 already`},
		"outside":           {labels + "../a.jpg,real,,\n", "", `labels.csv line 5: file "../a.jpg" is no path below`},
		"too short":         {labels + "a.jpeg\n", "", "labels.csv line 5: 1 columns"},
		"open quote":        {labels + "\"a\n", "", "labels.csv: parse error on line 5"},
		"relation":          {labels, "file_a,file_b,relation\na.jpg,b.jpg,other\n", `pairs.csv line 2: relation "other"`},
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
			_, err := Load(dir)
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
		t.Error("both files of a small kind are in one half")
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

func TestWhatLabelsSay(t *testing.T) {
	for _, c := range []struct {
		label   Label
		species string
	}{
		{Label{File: "a.jpg", Kind: "fake_print", Shows: "printed photo held up"}, "print"},
		{Label{File: "a.jpg", Kind: "fake_print", Shows: "photo cut along the outline"}, "cut-out"},
		{Label{File: "a_cutout.jpg", Kind: "fake_print"}, "cut-out"},
		{Label{File: "a.mp4", Kind: "video_fake_replay"}, "replay"},
		{Label{File: "a.jpg", Kind: "mask"}, ""},
		{Label{File: "a.mp4", Kind: "video_real"}, ""},
	} {
		if got := c.label.species(); got != c.species {
			t.Errorf("%+v is %q, want %q", c.label, got, c.species)
		}
	}
	blink := Label{Kind: "video_real", Shows: "blinks (first blink: eyes closed 0.40-0.55 s), 30 fps"}
	for at, want := range map[time.Duration]string{0: "open", 300: "open", 380: "", 400: "closed", 550: "closed", 600: "", 5000: ""} {
		if got := blink.eyes(at * time.Millisecond); got != want {
			t.Errorf("eyes at %d ms are %q, want %q", at, got, want)
		}
	}
}

func FuzzParseLabels(f *testing.F) {
	f.Add("file,kind,identity,shows\na.jpg,match,p,\"x, y\"\n")
	f.Add("kind,file\nfake_print,a\n")
	f.Add("file,kind\n../x,real\n\"\n")
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
			l.species()
			l.faces()
			l.glasses()
			l.eyes(time.Second)
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
