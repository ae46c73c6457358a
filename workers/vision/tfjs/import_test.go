package tfjs

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"

	ort "github.com/yalue/onnxruntime_go"
)

const npmDir = "../node_modules"

// reference holds the results that testdata/reference.mjs records from TensorFlow.js.
type reference struct {
	Name           string
	Side, Channels int
	Mean, Scale    float32
	Outputs        map[string]struct {
		Shape   []int64
		Step    int       // distance of the samples in the flat output
		Largest float64   // of the absolute values
		Mean    float64   // of the absolute values
		Samples []float64 // every Step-th value
	}
}

// TestAgainstTensorFlowJS runs each imported network in ONNX Runtime on the picture that TensorFlow.js was given, alone
// and as second picture of a batch.
func TestAgainstTensorFlowJS(t *testing.T) {
	startRuntime(t)
	for _, ref := range references(t) {
		t.Run(ref.Name, func(t *testing.T) {
			model, err := Convert(filepath.Join(npmDir, "@vladmandic/human/models", ref.Name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			x := ref.picture()
			single := run(t, model, x, 1, ref)
			batch := run(t, model, append(make([]float32, len(x)), x...), 2, ref)
			for name, want := range ref.Outputs {
				got := single[name]
				tolerance := 1e-4 * want.Largest
				worst, sum := 0.0, 0.0
				for i, s := range want.Samples {
					worst = max(worst, math.Abs(float64(got[i*want.Step])-s))
				}
				for _, v := range got {
					sum += math.Abs(float64(v))
				}
				t.Logf("%s: largest value %g, largest difference %g", name, want.Largest, worst)
				if worst > tolerance {
					t.Errorf("%s differs by %g, %g allowed", name, worst, tolerance)
				}
				if mean := sum / float64(len(got)); math.Abs(mean-want.Mean) > 1e-4*want.Mean {
					t.Errorf("%s: mean of absolute values is %g, expected %g", name, mean, want.Mean)
				}
				second := batch[name][len(got):]
				for i := range got {
					if d := math.Abs(float64(got[i] - second[i])); d > tolerance {
						t.Fatalf("%s[%d] differs by %g when the picture is second in a batch", name, i, d)
					}
				}
			}
		})
	}
}

// TestConvertIsReproducible: digests of the imported files are part of the base pack.
func TestConvertIsReproducible(t *testing.T) {
	if _, err := os.Stat(npmDir); err != nil {
		t.Skip("no workers/vision/node_modules: run npm ci there")
	}
	path := filepath.Join(npmDir, "@vladmandic/human/models/faceres.json")
	a, err := Convert(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Convert(path)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a, b) {
		t.Fatal("two imports of the same model differ")
	}
}

func references(t *testing.T) []reference {
	t.Helper()
	b, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var refs []reference
	if err := json.Unmarshal(b, &refs); err != nil {
		t.Fatal(err)
	}
	return refs
}

// picture draws what reference.mjs draws, channels first and normalised.
func (r reference) picture() []float32 {
	out := make([]float32, r.Channels*r.Side*r.Side)
	noise := uint32(1)
	for y := range r.Side {
		for x := range r.Side {
			for c := range r.Channels {
				noise = noise*1664525 + 1013904223
				pixel := uint8(y*3 + x*2 + c*60 + int(noise>>27))
				out[(c*r.Side+y)*r.Side+x] = (float32(pixel) - r.Mean) / r.Scale
			}
		}
	}
	return out
}

func run(t *testing.T, model []byte, x []float32, batch int64, ref reference) map[string][]float32 {
	t.Helper()
	side := int64(ref.Side)
	in, err := ort.NewTensor(ort.NewShape(batch, int64(ref.Channels), side, side), x)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Destroy()
	inputs, outputs, err := ort.GetInputOutputInfoWithONNXData(model)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	var values []ort.Value
	for _, o := range outputs {
		names, values = append(names, o.Name), append(values, nil)
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		t.Fatal(err)
	}
	defer options.Destroy()
	if err := options.SetIntraOpNumThreads(1); err != nil {
		t.Fatal(err)
	}
	s, err := ort.NewDynamicAdvancedSessionWithONNXData(model, []string{inputs[0].Name}, names, options)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Destroy()
	if err := s.Run([]ort.Value{in}, values); err != nil {
		t.Fatal(err)
	}
	got := map[string][]float32{}
	for i, v := range values {
		tensor := v.(*ort.Tensor[float32])
		want := slices.Clone(ref.Outputs[names[i]].Shape)
		want[0] = batch
		if !slices.Equal(tensor.GetShape(), want) {
			t.Fatalf("output %s has shape %v, TensorFlow.js gives %v", names[i], tensor.GetShape(), want)
		}
		got[names[i]] = slices.Clone(tensor.GetData())
		v.Destroy()
	}
	if len(got) != len(ref.Outputs) {
		t.Fatalf("outputs %v, TensorFlow.js has %d", names, len(ref.Outputs))
	}
	return got
}

var runtimeStarted = sync.OnceValue(func() error {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	ort.SetSharedLibraryPath(filepath.Join(npmDir, "onnxruntime-node/bin/napi-v6/linux", arch, "libonnxruntime.so.1"))
	return ort.InitializeEnvironment()
})

func startRuntime(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(npmDir); err != nil {
		t.Skip("no workers/vision/node_modules: run npm ci there")
	}
	if err := runtimeStarted(); err != nil {
		t.Fatal(err)
	}
}
