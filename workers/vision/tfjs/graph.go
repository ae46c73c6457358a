package tfjs

import (
	"errors"
	"fmt"
)

// value is the output of a node: a tensor of the graph or a constant.
type value struct {
	name     string // of the ONNX tensor
	dims     []int  // in TensorFlow's order; the batch, dims[0], counts as 1
	nchw     bool   // the ONNX tensor has channels first; only with four dimensions
	constant *constant
	ceiling  *ceiling // set on the result of Minimum with a number
}

// importer collects the ONNX graph.
type importer struct {
	weights map[string]*constant
	values  map[string]*value // by TensorFlow node

	nodes        []onnxNode
	initializers []initializer
	ins, outs    [][]byte
	names        map[string]bool // of graph inputs and outputs
}

var (
	permNCHW = []int{0, 3, 1, 2} // from NHWC
	permNHWC = []int{0, 2, 3, 1} // from NCHW
)

// node imports one node, whose inputs must have been imported.
func (im *importer) node(n *node) (*value, error) {
	switch n.Op {
	case "Const":
		c := im.weights[n.Name]
		if c == nil {
			return nil, errors.New("the weights manifest has no such weight")
		}
		return &value{dims: c.dims, constant: c}, nil
	case "Placeholder":
		return im.placeholder(n)
	case "Identity":
		return im.input(n, 0)
	case "Conv2D", "_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative":
		return im.conv(n)
	case "MaxPool":
		return im.maxPool(n)
	case "MatMul", "_FusedMatMul":
		return im.matMul(n)
	case "Add", "AddV2", "BiasAdd":
		return im.binary(n, "Add")
	case "Sub", "Mul":
		return im.binary(n, n.Op)
	case "Minimum":
		return im.minimum(n)
	case "Maximum":
		return im.maximum(n)
	case "Relu", "Relu6", "Sigmoid":
		x, err := im.tensor(n, 0)
		if err != nil {
			return nil, err
		}
		return im.activation(n.Name, n.Op, x, nil)
	case "Prelu":
		x, err := im.tensor(n, 0)
		if err != nil {
			return nil, err
		}
		alpha, err := im.floats(n, 1)
		if err != nil {
			return nil, err
		}
		return im.activation(n.Name, "Prelu", x, alpha)
	case "Softmax":
		return im.softmax(n)
	case "Pad":
		return im.pad(n)
	case "Reshape":
		return im.reshape(n)
	case "ConcatV2":
		return im.concat(n)
	case "Mean":
		return im.mean(n)
	}
	return nil, errors.New("this operator is not supported")
}

func (im *importer) placeholder(n *node) (*value, error) {
	dims := n.Attr["shape"].Shape.dims()
	if len(dims) == 0 || dims[0] != 1 && dims[0] != -1 {
		return nil, fmt.Errorf("shape is %v: the first dimension must be the batch, 1 or -1", dims)
	}
	if t := n.Attr["dtype"].Type; t != "DT_FLOAT" {
		return nil, fmt.Errorf("type is %s, only DT_FLOAT inputs are supported", t)
	}
	dims[0] = 1
	for _, d := range dims {
		if d < 1 {
			return nil, fmt.Errorf("shape is %v: every dimension but the batch must be known", dims)
		}
	}
	if err := im.claim(n.Name); err != nil {
		return nil, err
	}
	v := &value{name: n.Name, dims: dims, nchw: len(dims) == 4}
	im.ins = append(im.ins, encodeValue(v.name, v.layout()))
	return v, nil
}

// output adds the output, in TensorFlow's order of dimensions, to the graph.
func (im *importer) output(o graphOutput) error {
	v := im.values[o.node]
	if v.constant != nil {
		return errors.New("the output is a constant")
	}
	if o.dims != nil {
		if len(o.dims) != len(v.dims) {
			return fmt.Errorf("the signature says %v, the graph gives %v", o.dims, v.dims)
		}
		for i, d := range o.dims {
			if d != -1 && d != v.dims[i] {
				return fmt.Errorf("the signature says %v, the graph gives %v", o.dims, v.dims)
			}
		}
	}
	if err := im.claim(o.name); err != nil {
		return err
	}
	if v.nchw {
		im.addNamed("Transpose", o.name, []string{v.name}, onnxAttr{"perm", permNHWC})
	} else {
		im.addNamed("Identity", o.name, []string{v.name})
	}
	im.outs = append(im.outs, encodeValue(o.name, v.dims))
	return nil
}

func (im *importer) claim(name string) error {
	if im.names[name] {
		return fmt.Errorf("the name %q is used by two inputs or outputs", name)
	}
	if im.names == nil {
		im.names = map[string]bool{}
	}
	im.names[name] = true
	return nil
}

// input returns the value of input i of n.
func (im *importer) input(n *node, i int) (*value, error) {
	if i >= len(n.Inputs) {
		return nil, fmt.Errorf("it has %d inputs, at least %d expected", len(n.Inputs), i+1)
	}
	name, control, err := nodeOf(n.Inputs[i])
	if err != nil {
		return nil, err
	}
	v := im.values[name]
	if control || v == nil {
		return nil, fmt.Errorf("input %d (%s) carries no data", i, n.Inputs[i])
	}
	return v, nil
}

// tensor returns an input that must not be a constant.
func (im *importer) tensor(n *node, i int) (*value, error) {
	v, err := im.input(n, i)
	if err == nil && v.constant != nil {
		return nil, fmt.Errorf("input %d (%s) is a constant, a tensor is expected", i, n.Inputs[i])
	}
	return v, err
}

// floats returns an input that must be a float constant.
func (im *importer) floats(n *node, i int) (*constant, error) {
	v, err := im.input(n, i)
	if err != nil {
		return nil, err
	}
	if v.constant == nil || v.constant.floats == nil {
		return nil, fmt.Errorf("input %d (%s) must be a float constant", i, n.Inputs[i])
	}
	return v.constant, nil
}

// ints returns an input that must be an integer constant.
func (im *importer) ints(n *node, i int) ([]int, error) {
	v, err := im.input(n, i)
	if err != nil {
		return nil, err
	}
	if v.constant == nil || v.constant.ints == nil {
		return nil, fmt.Errorf("input %d (%s) must be an integer constant", i, n.Inputs[i])
	}
	return v.constant.ints, nil
}

// image returns a tensor input of four dimensions, with channels first.
func (im *importer) image(n *node, i int) (*value, error) {
	v, err := im.tensor(n, i)
	if err != nil {
		return nil, err
	}
	if len(v.dims) != 4 {
		return nil, fmt.Errorf("input %d has shape %v, four dimensions expected", i, v.dims)
	}
	return im.toNCHW(n.Name, v), nil
}

func (im *importer) toNCHW(from string, v *value) *value {
	if v.nchw || len(v.dims) != 4 {
		return v
	}
	out := im.add("Transpose", from, []string{v.name}, onnxAttr{"perm", permNCHW})
	return &value{name: out, dims: v.dims, nchw: true}
}

func (im *importer) toNHWC(from string, v *value) *value {
	if !v.nchw {
		return v
	}
	out := im.add("Transpose", from, []string{v.name}, onnxAttr{"perm", permNHWC})
	return &value{name: out, dims: v.dims}
}

// layout returns the shape of the ONNX tensor.
func (v *value) layout() []int {
	if !v.nchw {
		return v.dims
	}
	return []int{v.dims[0], v.dims[3], v.dims[1], v.dims[2]}
}
