package vision

import (
	"fmt"
	"os"
	"slices"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// shape4 is batch, channels, height, width.
type shape4 [4]int64

// tensors are the inputs and outputs of one run, bound once and used again.
type tensors struct {
	shape shape4
	in    []float32
	out   [][]float32
	dims  [][]int64

	binding *ort.IoBinding
	values  []ort.Value
}

// output returns the first output with the given number of elements, or nil.
func (t *tensors) output(size int) []float32 {
	for _, o := range t.out {
		if len(o) == size {
			return o
		}
	}
	return nil
}

var environment struct {
	sync.Mutex
	library string
}

// startRuntime loads the shared library once: ONNX Runtime has one environment, which lives until the process ends.
func startRuntime(library string) error {
	if _, err := os.Stat(library); err != nil {
		return fmt.Errorf(
			"%w: the shared library is missing: %w; run `make setup`, or name your libonnxruntime.so in SELENE_ONNXRUNTIME",
			ErrRuntime,
			err,
		)
	}
	environment.Lock()
	defer environment.Unlock()
	if environment.library != "" {
		if environment.library != library {
			return fmt.Errorf("%w: this process already uses %s and cannot also load %s", ErrRuntime, environment.library, library)
		}
		return nil
	}
	// Some builds report every model to their vendor, and leave logs in the folder for temporary files.
	if err := os.Setenv("ORT_DISABLE_TELEMETRY", "1"); err != nil {
		return fmt.Errorf("%w: switch telemetry off: %w", ErrRuntime, err)
	}
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return fmt.Errorf(
			"%w: cannot load %s: %w; it must be ONNX Runtime for this machine, release 1.2x or newer",
			ErrRuntime,
			library,
			err,
		)
	}
	environment.library = library
	return nil
}

// network is one loaded network: a session of ONNX Runtime with a free list of bound tensors, one set for each run in
// flight. It is safe for concurrent use.
type network struct {
	name         string
	session      *ort.DynamicAdvancedSession
	input        string
	outputs      []string
	inDims       ort.Shape
	mu           sync.Mutex
	free         map[shape4][]*tensors
	lent         int
	closed, dead bool
}

func newNetwork(name string, model []byte, threads int) (*network, error) {
	fail := func(what string, err error) (*network, error) {
		return nil, fmt.Errorf("%w: %s: %s: %w", ErrRuntime, name, what, err)
	}
	inputs, outputs, err := ort.GetInputOutputInfoWithONNXData(model)
	if err != nil {
		return fail("read the network", err)
	}
	if len(inputs) != 1 || len(inputs[0].Dimensions) != 4 {
		return nil, fmt.Errorf("%w: %s: the network must have one input of four dimensions, not %v", ErrPack, name, inputs)
	}
	n := &network{name: name, input: inputs[0].Name, inDims: inputs[0].Dimensions, free: map[shape4][]*tensors{}}
	for _, o := range outputs {
		if o.DataType != ort.TensorElementDataTypeFloat {
			return nil, fmt.Errorf("%w: %s: output %s is not float32", ErrPack, name, o.Name)
		}
		n.outputs = append(n.outputs, o.Name)
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return fail("session options", err)
	}
	defer func() { _ = options.Destroy() }()
	for _, set := range []func() error{
		func() error { return options.SetIntraOpNumThreads(threads) },
		func() error { return options.SetInterOpNumThreads(1) },
		// Waiting threads must not use up cores that other workers on the machine need.
		func() error { return options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0") },
	} {
		if err := set(); err != nil {
			return fail("session options", err)
		}
	}
	n.session, err = ort.NewDynamicAdvancedSessionWithONNXData(model, []string{n.input}, n.outputs, options)
	if err != nil {
		return fail("start the network", err)
	}
	return n, nil
}

// batch returns the maximum number of pictures of one run.
func (n *network) batch() int {
	if n.inDims[0] > 0 {
		return int(n.inDims[0])
	}
	return 16
}

// borrow returns tensors for an input of this shape, which must be passed to release.
func (n *network) borrow(shape shape4) (*tensors, error) {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil, ErrClosed
	}
	n.lent++
	if list := n.free[shape]; len(list) > 0 {
		t := list[len(list)-1]
		n.free[shape] = list[:len(list)-1]
		n.mu.Unlock()
		return t, nil
	}
	n.mu.Unlock()
	t, err := n.bind(shape)
	if err != nil {
		n.release(nil)
		return nil, fmt.Errorf("%w: %s: input %v: %w", ErrRuntime, n.name, shape, err)
	}
	return t, nil
}

// bind runs the network once to learn the shapes of its outputs, then binds tensors of those shapes.
func (n *network) bind(shape shape4) (t *tensors, err error) {
	t = &tensors{shape: shape}
	defer func() {
		if err != nil {
			t.destroy()
		}
	}()
	in, err := ort.NewEmptyTensor[float32](ort.NewShape(shape[:]...))
	if err != nil {
		return t, err
	}
	t.values = append(t.values, in)
	t.in = in.GetData()
	probe := make([]ort.Value, len(n.outputs))
	if err = n.session.Run([]ort.Value{in}, probe); err != nil {
		return t, err
	}
	t.values = append(t.values, probe...)
	if t.binding, err = n.session.CreateIoBinding(); err != nil {
		return t, err
	}
	if err = t.binding.BindInput(n.input, in); err != nil {
		return t, err
	}
	for i, value := range probe {
		tensor, ok := value.(*ort.Tensor[float32])
		if !ok {
			return t, fmt.Errorf("output %s is not float32", n.outputs[i])
		}
		t.out = append(t.out, tensor.GetData())
		t.dims = append(t.dims, slices.Clone(tensor.GetShape()))
		if err = t.binding.BindOutput(n.outputs[i], value); err != nil {
			return t, err
		}
	}
	return t, nil
}

func (t *tensors) destroy() {
	if t.binding != nil {
		_ = t.binding.Destroy()
	}
	for _, v := range t.values {
		_ = v.Destroy()
	}
}

// run fills t.out from t.in.
func (n *network) run(t *tensors) error {
	if err := n.session.RunWithBinding(t.binding); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrRuntime, n.name, err)
	}
	return nil
}

func (n *network) release(t *tensors) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lent--
	if t != nil {
		n.free[t.shape] = append(n.free[t.shape], t)
	}
	n.destroyIfIdle()
}

// close frees the session once the last run in flight has finished.
func (n *network) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	n.destroyIfIdle()
}

func (n *network) destroyIfIdle() {
	if !n.closed || n.dead || n.lent > 0 {
		return
	}
	n.dead = true
	for _, list := range n.free {
		for _, t := range list {
			t.destroy()
		}
	}
	n.free = nil
	_ = n.session.Destroy()
}
