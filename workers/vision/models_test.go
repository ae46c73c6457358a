package vision

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"sync"
	"testing"
)

// outcome is everything that the models say about a picture.
type outcome struct {
	Faces       []Detection
	Measurement Measurement
	Vector      []float32
	Liveness    float64
	Quality     Quality
}

func judge(m *Models, img *Image) (o outcome, err error) {
	if o.Faces, err = m.Detect(img, nil); err != nil || len(o.Faces) == 0 {
		return o, err
	}
	d := o.Faces[0]
	if err = m.Measure(img, d, &o.Measurement); err != nil {
		return o, err
	}
	if o.Vector, err = m.Describe(Cut(img, d, m.DescriptorCrop(), nil), nil); err != nil {
		return o, err
	}
	if m.Has(RoleAntispoof) {
		var crops [][]byte
		for _, spec := range m.LivenessCrops() {
			crops = append(crops, Cut(img, d, spec, nil))
		}
		if o.Liveness, err = m.Liveness(crops); err != nil {
			return o, err
		}
	}
	o.Quality = MeasureQuality(img, d.Box)
	return o, nil
}

// Goroutines that share the models get the same results, bit for bit, as one alone.
func TestModelsAreShared(t *testing.T) {
	names := []string{"conditions/open_eyes_d9.jpg", "match/ageitgey/obama_240p.jpg", "conditions/tilt_zub.jpg", "match/bbt/amy1.png"}
	eachPack(t, func(t *testing.T, m *Models) {
		var pictures []*Image
		var want []outcome
		for _, n := range names {
			img := picture(t, n)
			o, err := judge(m, img)
			if err != nil {
				t.Fatal(err)
			}
			pictures, want = append(pictures, img), append(want, o)
		}
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Go(func() {
				for i := range len(names) * 2 {
					k := (g + i) % len(names)
					got, err := judge(m, pictures[k])
					if err != nil {
						t.Error(err)
					}
					if !reflect.DeepEqual(got, want[k]) {
						t.Errorf("%s: the numbers differ from those without a batch", names[k])
					}
				}
			})
		}
		wg.Wait()
	})
}

// A runtime with telemetry enabled opens this log when it is loaded.
func TestRuntimeWritesNoTelemetry(t *testing.T) {
	pickPack(t, "base")
	log := filepath.Join(os.TempDir(), fmt.Sprintf("mat-debug-%d.log", os.Getpid()))
	if _, err := os.Stat(log); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is there (%v)", log, err)
	}
}

func TestCloseWaitsForCalls(t *testing.T) {
	m, err := Open(copyPack(t, "zoo"), RoleDetector)
	if err != nil {
		t.Fatal(err)
	}
	img := picture(t, "conditions/open_eyes_d9.jpg")
	started := make(chan struct{}, 3)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				_, err := m.Detect(img, nil)
				select {
				case started <- struct{}{}:
				default:
				}
				if errors.Is(err, ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	<-started
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if err := m.Close(); err != nil {
		t.Error("closed twice:", err)
	}
}

// In steady state a frame takes no memory worth speaking of: the tensors and crops would be megabytes.
func TestNothingIsAllocatedPerFrame(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		img := picture(t, "conditions/frontal_zub.jpg")
		var found []Detection
		var measurement Measurement
		var crop []byte
		var vector []float32
		crops := make([][]byte, len(m.LivenessCrops()))
		frame := func() {
			var err error
			if found, err = m.Detect(img, found); err != nil || len(found) == 0 {
				t.Fatal(found, err)
			}
			d := found[0]
			if err = m.Measure(img, d, &measurement); err != nil {
				t.Fatal(err)
			}
			crop = Cut(img, d, m.DescriptorCrop(), crop)
			if vector, err = m.Describe(crop, vector); err != nil {
				t.Fatal(err)
			}
			if len(crops) > 0 {
				for i, spec := range m.LivenessCrops() {
					crops[i] = Cut(img, d, spec, crops[i])
				}
				if _, err = m.Liveness(crops); err != nil {
					t.Fatal(err)
				}
			}
			MeasureQuality(img, d.Box)
		}
		frame()
		const frames = 10
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range frames {
			frame()
		}
		runtime.ReadMemStats(&after)
		if per := (after.TotalAlloc - before.TotalAlloc) / frames; per > 1<<20 { // the race detector drops pooled buffers at random
			t.Errorf("%d bytes a frame", per)
		}
	})
}

func TestCropsOfTheWrongSize(t *testing.T) {
	m := pickPack(t, "zoo")
	if _, err := m.Describe(make([]byte, 5), nil); !errors.Is(err, ErrCrop) {
		t.Errorf("describe: %v", err)
	}
	if _, err := m.Liveness([][]byte{{1}, {2}}); !errors.Is(err, ErrCrop) {
		t.Errorf("liveness: %v", err)
	}
	if _, err := m.Liveness(nil); !errors.Is(err, ErrCrop) {
		t.Errorf("liveness without crops: %v", err)
	}
}
