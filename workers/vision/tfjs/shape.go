package tfjs

import (
	"errors"
	"fmt"
	"slices"
)

// pad adds zeros round a tensor.
func (im *importer) pad(n *node) (*value, error) {
	x, err := im.tensor(n, 0)
	if err != nil {
		return nil, err
	}
	p, err := im.ints(n, 1)
	if err != nil {
		return nil, err
	}
	rank := len(x.dims)
	if len(p) != 2*rank || p[0] != 0 || p[1] != 0 {
		return nil, fmt.Errorf("paddings %v: two numbers for each dimension of %v expected, none for the batch", p, x.dims)
	}
	dims, begin, end := slices.Clone(x.dims), make([]int, rank), make([]int, rank)
	for i := range dims {
		begin[i], end[i] = p[2*i], p[2*i+1]
		if begin[i] < 0 || end[i] < 0 || begin[i] > maxSide || end[i] > maxSide {
			return nil, fmt.Errorf("paddings %v are out of range", p)
		}
		dims[i] += begin[i] + end[i]
	}
	pads := append((&value{dims: begin, nchw: x.nchw}).layout(), (&value{dims: end, nchw: x.nchw}).layout()...)
	return &value{name: im.add("Pad", n.Name, []string{x.name, im.integers(pads)}), dims: dims, nchw: x.nchw}, nil
}

// reshape keeps the batch as first dimension.
func (im *importer) reshape(n *node) (*value, error) {
	x, err := im.tensor(n, 0)
	if err != nil {
		return nil, err
	}
	shape, err := im.ints(n, 1)
	if err != nil {
		return nil, err
	}
	total, err := elements(x.dims)
	if err != nil {
		return nil, err
	}
	dims, free, known := slices.Clone(shape), -1, 1
	for i, d := range dims {
		switch {
		case d == -1 && free == -1:
			free = i
		case d < 1 || d > total:
			return nil, fmt.Errorf("shape %v cannot be made of %v", shape, x.dims)
		default:
			if known *= d; known > total {
				return nil, fmt.Errorf("shape %v cannot be made of %v", shape, x.dims)
			}
		}
	}
	if free >= 0 {
		dims[free] = total / known
		known *= dims[free]
	}
	if known != total {
		return nil, fmt.Errorf("shape %v cannot be made of %v", shape, x.dims)
	}
	if len(dims) == 0 || dims[0] != 1 {
		return nil, fmt.Errorf("shape %v does not keep the batch of %v as first dimension", shape, x.dims)
	}
	target := slices.Clone(dims)
	target[0] = -1
	x = im.toNHWC(n.Name, x)
	return &value{name: im.add("Reshape", n.Name, []string{x.name, im.integers(target)}), dims: dims}, nil
}

// concat joins tensors along any dimension but the batch.
func (im *importer) concat(n *node) (*value, error) {
	last := len(n.Inputs) - 1
	axes, err := im.ints(n, max(last, 0))
	if err != nil {
		return nil, err
	}
	if last < 1 || len(axes) != 1 {
		return nil, errors.New("at least one tensor, then one axis expected")
	}
	var names []string
	var dims []int
	axis, nchw := axes[0], false
	for i := range last {
		x, err := im.tensor(n, i)
		if err != nil {
			return nil, err
		}
		x = im.toNCHW(n.Name, x)
		if i == 0 {
			dims, nchw = slices.Clone(x.dims), x.nchw
			if axis < 0 {
				axis += len(dims)
			}
			if axis < 1 || axis >= len(dims) {
				return nil, fmt.Errorf("axis %d of %v cannot be joined", axes[0], dims)
			}
		} else {
			if len(x.dims) != len(dims) {
				return nil, fmt.Errorf("shapes %v and %v cannot be joined", dims, x.dims)
			}
			for k := range dims {
				if k != axis && dims[k] != x.dims[k] {
					return nil, fmt.Errorf("shapes %v and %v cannot be joined along axis %d", dims, x.dims, axis)
				}
			}
			dims[axis] += x.dims[axis]
		}
		names = append(names, x.name)
	}
	if nchw {
		axis = slices.Index(permNCHW, axis)
	}
	return &value{name: im.add("Concat", n.Name, names, onnxAttr{"axis", axis}), dims: dims, nchw: nchw}, nil
}

// mean averages over any dimensions but the batch.
func (im *importer) mean(n *node) (*value, error) {
	x, err := im.tensor(n, 0)
	if err != nil {
		return nil, err
	}
	list, err := im.ints(n, 1)
	if err != nil {
		return nil, err
	}
	over := map[int]bool{}
	for _, a := range list {
		if a < 0 {
			a += len(x.dims)
		}
		if a < 1 || a >= len(x.dims) {
			return nil, fmt.Errorf("axes %v of %v cannot be averaged", list, x.dims)
		}
		over[a] = true
	}
	if len(over) == 0 {
		return nil, errors.New("no axis to average over")
	}
	keep := n.Attr["keep_dims"].B
	if !keep && (len(over) != 2 || !over[1] || !over[2]) {
		x = im.toNHWC(n.Name, x) // what remains must be in TensorFlow's order
	}
	var axes, dims []int
	for i, d := range x.dims {
		switch {
		case !over[i]:
			dims = append(dims, d)
		case keep:
			dims = append(dims, 1)
		}
	}
	for i := range x.dims {
		if a := i; over[a] {
			if x.nchw {
				a = slices.Index(permNCHW, a)
			}
			axes = append(axes, a)
		}
	}
	keepInt := 0
	if keep {
		keepInt = 1
	}
	name := im.add("ReduceMean", n.Name, []string{x.name}, onnxAttr{"axes", axes}, onnxAttr{"keepdims", keepInt})
	return &value{name: name, dims: dims, nchw: x.nchw && keep}, nil
}
