package tfjs

import (
	"errors"
	"fmt"
)

// binary converts an operator on two tensors, or on a tensor and a constant, with broadcasting.
func (im *importer) binary(n *node, op string) (*value, error) {
	a, err := im.input(n, 0)
	if err != nil {
		return nil, err
	}
	b, err := im.input(n, 1)
	if err != nil {
		return nil, err
	}
	switch {
	case a.constant != nil && b.constant != nil:
		return nil, errors.New("both inputs are constants")
	case b.constant != nil:
		name, err := im.operand(b.constant, a)
		if err != nil {
			return nil, err
		}
		return &value{name: im.add(op, n.Name, []string{a.name, name}), dims: a.dims, nchw: a.nchw}, nil
	case a.constant != nil:
		name, err := im.operand(a.constant, b)
		if err != nil {
			return nil, err
		}
		return &value{name: im.add(op, n.Name, []string{name, b.name}), dims: b.dims, nchw: b.nchw}, nil
	}
	if len(a.dims) != len(b.dims) {
		return nil, fmt.Errorf("shapes %v and %v do not go together", a.dims, b.dims)
	}
	dims := make([]int, len(a.dims))
	for i := range dims {
		if dims[i] = max(a.dims[i], b.dims[i]); min(a.dims[i], b.dims[i]) != dims[i] && min(a.dims[i], b.dims[i]) != 1 {
			return nil, fmt.Errorf("shapes %v and %v do not go together", a.dims, b.dims)
		}
	}
	a, b = im.toNCHW(n.Name, a), im.toNCHW(n.Name, b)
	return &value{name: im.add(op, n.Name, []string{a.name, b.name}), dims: dims, nchw: a.nchw}, nil
}

// ceiling is the upper limit of a tensor.
type ceiling struct {
	x     *value // before
	limit float32
}

// minimum keeps a limit that is one number, so that maximum can create a Clip from both: ONNX Runtime merges a Clip, but not a
// Min and a Max, into the convolution before it.
func (im *importer) minimum(n *node) (*value, error) {
	v, err := im.binary(n, "Min")
	if err != nil {
		return nil, err
	}
	if x, limit, ok := im.scalarLimit(n); ok {
		v.ceiling = &ceiling{x, limit}
	}
	return v, nil
}

func (im *importer) maximum(n *node) (*value, error) {
	x, floor, ok := im.scalarLimit(n)
	if !ok || x.ceiling == nil || !(floor <= x.ceiling.limit) {
		return im.binary(n, "Max")
	}
	bounds := []string{im.weight(nil, []float32{floor}), im.weight(nil, []float32{x.ceiling.limit})}
	name := im.add("Clip", n.Name, append([]string{x.ceiling.x.name}, bounds...))
	return &value{name: name, dims: x.dims, nchw: x.nchw}, nil
}

// scalarLimit returns the tensor and the number that n compares, if these are its inputs.
func (im *importer) scalarLimit(n *node) (x *value, limit float32, ok bool) {
	x, err := im.input(n, 0)
	if err != nil || x.constant != nil {
		return nil, 0, false
	}
	c, err := im.floats(n, 1)
	if err != nil || len(c.dims) != 0 {
		return nil, 0, false
	}
	return x, c.floats[0], true
}

// operand stores a constant so that it can be combined with x: with x's number of dimensions and in x's layout.
func (im *importer) operand(c *constant, x *value) (string, error) {
	if c.floats == nil || len(c.dims) > len(x.dims) {
		return "", fmt.Errorf("a constant of shape %v does not go with a tensor of shape %v", c.dims, x.dims)
	}
	missing := len(x.dims) - len(c.dims)
	dims := make([]int, len(x.dims))
	for i := range dims {
		if dims[i] = 1; i >= missing {
			dims[i] = c.dims[i-missing]
		}
		if dims[i] != 1 && (dims[i] != x.dims[i] || i == 0) {
			return "", fmt.Errorf("a constant of shape %v does not go with a tensor of shape %v", c.dims, x.dims)
		}
	}
	data := c.floats
	if x.nchw {
		data = permute(data, [4]int(dims), [4]int(permNCHW))
		dims = (&value{dims: dims, nchw: true}).layout()
	}
	return im.weight(dims, data), nil
}

// activation applies Relu, Relu6, Sigmoid or Prelu (with its slopes).
func (im *importer) activation(from, op string, x *value, slopes *constant) (*value, error) {
	out := &value{dims: x.dims, nchw: x.nchw}
	switch op {
	case "Relu", "Sigmoid":
		out.name = im.add(op, from, []string{x.name})
	case "Relu6":
		bounds := []string{im.weight(nil, []float32{0}), im.weight(nil, []float32{6})}
		out.name = im.add("Clip", from, append([]string{x.name}, bounds...))
	case "Prelu":
		slope, err := im.operand(slopes, x)
		if err != nil {
			return nil, fmt.Errorf("slopes: %w", err)
		}
		out.name = im.add("PRelu", from, []string{x.name, slope})
	default:
		return nil, fmt.Errorf("activation %s is not supported", op)
	}
	return out, nil
}

// softmax runs over the last dimension, the channels.
func (im *importer) softmax(n *node) (*value, error) {
	x, err := im.tensor(n, 0)
	if err != nil {
		return nil, err
	}
	if len(x.dims) < 2 {
		return nil, fmt.Errorf("shape %v has only the batch", x.dims)
	}
	axis := len(x.dims) - 1
	if x.nchw {
		axis = 1
	}
	return &value{name: im.add("Softmax", n.Name, []string{x.name}, onnxAttr{"axis", axis}), dims: x.dims, nchw: x.nchw}, nil
}

// matMul multiplies by a constant matrix.
func (im *importer) matMul(n *node) (*value, error) {
	x, err := im.tensor(n, 0)
	if err != nil {
		return nil, err
	}
	m, err := im.floats(n, 1)
	if err != nil {
		return nil, err
	}
	if len(x.dims) != 2 || len(m.dims) != 2 || n.Attr["transpose_a"].B {
		return nil, fmt.Errorf(
			"shapes %v and %v (transpose_a %t): a row times a matrix is expected",
			x.dims,
			m.dims,
			n.Attr["transpose_a"].B,
		)
	}
	in, out, transposed := m.dims[0], m.dims[1], 0
	if n.Attr["transpose_b"].B {
		in, out, transposed = out, in, 1
	}
	if in != x.dims[1] || out == 0 {
		return nil, fmt.Errorf("shapes %v and %v do not go together", x.dims, m.dims)
	}
	inputs, fused, args, err := im.bias(n, []string{x.name, im.weight(m.dims, m.floats)}, out)
	if err != nil {
		return nil, err
	}
	name := im.add("Gemm", n.Name, inputs, onnxAttr{"transB", transposed})
	return im.fused(n, &value{name: name, dims: []int{1, out}}, fused, args)
}
