package tfjs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"

	ort "github.com/yalue/onnxruntime_go"
)

// A model of one convolution; tests and fuzzing spoil it.
const smallModel = `{"format":"graph-model","modelTopology":{"node":[
	{"name":"out","op":"_FusedConv2D","input":["x","w","b"],"attr":{"strides":{"list":{"i":["1","2","2","1"]}},
		"padding":{"s":"U0FNRQ=="},"data_format":{"s":"TkhXQw=="},"fused_ops":{"list":{"s":["Qmlhc0FkZA==","UmVsdTY="]}}}},
	{"name":"w","op":"Const"},{"name":"b","op":"Const"},
	{"name":"x","op":"Placeholder","attr":{"dtype":{"type":"DT_FLOAT"},
		"shape":{"shape":{"dim":[{"size":"-1"},{"size":"4"},{"size":"4"},{"size":"1"}]}}}}]},
	"weightsManifest":[{"paths":["w.bin"],"weights":[{"name":"w","shape":[3,3,1,2],"dtype":"float32"},
		{"name":"b","shape":[2],"dtype":"float32","quantization":{"dtype":"float16"}}]}]}`

var smallWeights = make([]byte, 3*3*2*4+2*2)

func weightsOf(b []byte) func(string) ([]byte, error) {
	return func(p string) ([]byte, error) {
		if p != "w.bin" {
			return nil, &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
		}
		return b, nil
	}
}

func TestConvertErrors(t *testing.T) {
	if _, err := convert([]byte(smallModel), weightsOf(smallWeights)); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ old, new, want string }{
		"no json":           {smallModel, "x", "model.json"},
		"layers model":      {"graph-model", "layers-model", "only graph-model"},
		"unknown operator":  {"_FusedConv2D", "Conv3D", "node out (Conv3D): this operator is not supported"},
		"unknown fused":     {"UmVsdTY=", "RWx1", "node out (_FusedConv2D): activation Elu"},
		"missing weight":    {`"name":"b","shape"`, `"name":"c","shape"`, "node b (Const)"},
		"missing file":      {"w.bin", "v.bin", "weights v.bin"},
		"path outside":      {"w.bin", "../w.bin", "leaves the model's folder"},
		"short file":        {"[3,3,1,2]", "[3,3,1,20]", "weight w: shape"},
		"negative shape":    {"[3,3,1,2]", "[3,-3,1,2]", "out of range"},
		"huge shape":        {"[3,3,1,2]", "[1000000,1000000,1000000,1000000]", "elements"},
		"wrong channels":    {`{"size":"1"}]`, `{"size":"5"}]`, "is for 1 channels"},
		"unknown side":      {`{"size":"4"},{"size":"4"}`, `{"size":"4"},{"size":"-1"}`, "must be known"},
		"wrong weight type": {`"dtype":"float32"}`, `"dtype":"bool"}`, "type bool"},
		"wrong bias":        {`"shape":[2]`, `"shape":[1]`, "bias of 2"},
		"loop":              {`"name":"b","op":"Const"`, `"name":"b","op":"Relu","input":["b"]`, "loops"},
		"unknown input":     {`["x","w","b"]`, `["y","w","b"]`, "not in the graph"},
		"second output":     {`["x","w","b"]`, `["x:1","w","b"]`, "first output"},
		"missing input":     {`["x","w","b"]`, `["x"]`, "node out (_FusedConv2D): it has 1 inputs"},
		"no padding":        {"U0FNRQ==", "RVhQTElDSVQ=", `padding "EXPLICIT"`},
		"channels first":    {"TkhXQw==", "TkNIVw==", `data_format "NCHW"`},
		"zero stride":       {`"2","2"`, `"0","2"`, "strides"},
		"twice":             {`"name":"b","op"`, `"name":"w","op"`, "two nodes are called w"},
		"null node":         {`{"name":"b","op":"Const"}`, "null", "has no name"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			spoilt := strings.Replace(smallModel, tc.old, tc.new, 1)
			if spoilt == smallModel {
				t.Fatal("the model was not changed")
			}
			_, err := convert([]byte(spoilt), weightsOf(smallWeights))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error %v, expected %q in it", err, tc.want)
			}
		})
	}
	if _, err := Convert(t.TempDir() + "/model.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v", err)
	}
}

func TestFloat16(t *testing.T) {
	for h, want := range map[uint16]float32{
		0: 0, 0x3c00: 1, 0xc000: -2, 0x3555: 0.33325195, 0x7bff: 65504, 0x0001: 5.9604645e-8, 0x83ff: -6.097555e-5,
		0x0400: 6.1035156e-5, 0x7c00: float32(math.Inf(1)), 0xfc00: float32(math.Inf(-1)),
	} {
		if got := float16(h); got != want {
			t.Errorf("%#04x: %g, expected %g", h, got, want)
		}
	}
	if !math.IsNaN(float64(float16(0x7e00))) || !math.Signbit(float64(float16(0x8000))) {
		t.Error("NaN or negative zero is lost")
	}
}

// TestEveryOperator imports graphs of one operator each, and ONNX Runtime accepts them.
func TestEveryOperator(t *testing.T) {
	startRuntime(t)
	for op, inputs := range operators {
		model, err := convert([]byte(operatorModel(op, inputs)), weightsOf(operatorWeights()))
		if err != nil {
			t.Errorf("%s: %v", op, err)
			continue
		}
		if _, _, err := ort.GetInputOutputInfoWithONNXData(model); err != nil {
			t.Errorf("%s: %v", op, err)
		}
	}
}

// FuzzConvert: whatever the files hold, the importer answers or refuses, and never panics.
func FuzzConvert(f *testing.F) {
	f.Add([]byte(smallModel), smallWeights)
	for op, inputs := range operators {
		f.Add([]byte(operatorModel(op, inputs)), operatorWeights())
	}
	f.Fuzz(func(t *testing.T, model, weights []byte) {
		b, err := convert(model, weightsOf(weights))
		if err == nil && len(b) == 0 {
			t.Fatal("neither a model nor an error")
		}
	})
}

// operators are all supported ones, with inputs that suit them in operatorModel.
var operators = map[string]string{
	"Conv2D": `"x","pointwise"`, "_FusedConv2D": `"x","pointwise"`, "DepthwiseConv2dNative": `"x","filter"`,
	"FusedDepthwiseConv2dNative": `"x","filter"`, "MaxPool": `"x"`, "MatMul": `"row","matrix"`, "_FusedMatMul": `"row","matrix"`,
	"Add": `"x","x"`, "AddV2": `"number","x"`, "BiasAdd": `"x","two"`, "Sub": `"two","x"`, "Mul": `"x","two"`,
	"Minimum": `"x","number"`, "Maximum": `"x","number"`, "Relu": `"x"`, "Relu6": `"x"`, "Sigmoid": `"row"`, "Prelu": `"x","two"`,
	"Softmax": `"x"`, "Pad": `"x","pads"`, "Reshape": `"x","shape"`, "ConcatV2": `"x","x","axis"`, "Mean": `"x","axes"`, "Identity": `"x"`,
}

func operatorModel(op, inputs string) string {
	return fmt.Sprintf(`{"modelTopology":{"node":[{"name":"out","op":%q,"input":[%s],"attr":{"ksize":{"list":{"i":["1","2","2","1"]}}}},
		{"name":"x","op":"Placeholder","attr":{"dtype":{"type":"DT_FLOAT"},"shape":{"shape":{"dim":[{"size":1},{"size":4},{"size":4},{"size":2}]}}}},
		{"name":"row","op":"Placeholder","attr":{"dtype":{"type":"DT_FLOAT"},"shape":{"shape":{"dim":[{"size":-1},{"size":4}]}}}},
		{"name":"filter","op":"Const"},{"name":"pointwise","op":"Const"},{"name":"two","op":"Const"},{"name":"number","op":"Const"},
		{"name":"matrix","op":"Const"},{"name":"pads","op":"Const"},{"name":"shape","op":"Const"},{"name":"axis","op":"Const"},{"name":"axes","op":"Const"}]},
		"userDefinedMetadata":{"signature":{"outputs":{"out:0":{"name":"out:0"}}}},
		"weightsManifest":[{"paths":["w.bin"],"weights":[{"name":"filter","shape":[2,2,2,1],"dtype":"float32"},
		{"name":"pointwise","shape":[1,1,2,1],"dtype":"float32"},{"name":"two","shape":[2],"dtype":"float32"},
		{"name":"number","shape":[],"dtype":"float32"},{"name":"matrix","shape":[4,1],"dtype":"float32"},
		{"name":"pads","shape":[4,2],"dtype":"int32"},{"name":"shape","shape":[3],"dtype":"int32"},
		{"name":"axis","shape":[],"dtype":"int32"},{"name":"axes","shape":[2],"dtype":"int32"}]}]}`, op, inputs)
}

// operatorWeights returns the weights of operatorModel: the floats, all 1, and then the integers.
func operatorWeights() []byte {
	var b []byte
	for range 8 + 2 + 2 + 1 + 4 {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(1))
	}
	for _, v := range []int32{0, 0, 1, 1, 0, 2, 0, 3, 1, -1, 2, -1, 1, 2} {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	return b
}
