package tfjs

import (
	"errors"
	"fmt"
)

// window is a kernel sliding over height and width.
type window struct {
	kernel, stride, dilation [2]int
}

// place applies TensorFlow's padding rule to the input's height and width. It returns those of the output, and the explicit
// pads in ONNX order: top, left, bottom, right. SAME pads the odd pixel at the bottom and right.
func (w window) place(n *node, in [2]int) (out [2]int, pads []int, err error) {
	rule, err := n.str("padding", "VALID")
	if err != nil {
		return out, nil, err
	}
	pads = make([]int, 4)
	for i := range in {
		reach := (w.kernel[i]-1)*w.dilation[i] + 1
		switch rule {
		case "SAME":
			out[i] = (in[i] + w.stride[i] - 1) / w.stride[i]
			total := max((out[i]-1)*w.stride[i]+reach-in[i], 0)
			pads[i], pads[i+2] = total/2, total-total/2
		case "VALID":
			if in[i] < reach {
				return out, nil, fmt.Errorf("a window of %d does not fit into the input of %dx%d", reach, in[0], in[1])
			}
			out[i] = (in[i]-reach)/w.stride[i] + 1
		default:
			return out, nil, fmt.Errorf("padding %q is not supported", rule)
		}
	}
	return out, pads, nil
}

func readWindow(n *node) (w window, err error) {
	if format, err := n.str("data_format", "NHWC"); err != nil {
		return w, err
	} else if format != "NHWC" {
		return w, fmt.Errorf("data_format %q is not supported", format)
	}
	w.dilation[0], w.dilation[1], err = n.spatial("dilations")
	if err != nil {
		return w, err
	}
	w.stride[0], w.stride[1], err = n.spatial("strides")
	return w, err
}

func (im *importer) conv(n *node) (*value, error) {
	x, err := im.image(n, 0)
	if err != nil {
		return nil, err
	}
	filter, err := im.floats(n, 1)
	if err != nil {
		return nil, err
	}
	f := filter.dims
	if len(f) != 4 || len(filter.floats) == 0 {
		return nil, fmt.Errorf("the filter has shape %v, [h, w, in, out] expected", f)
	}
	w, err := readWindow(n)
	if err != nil {
		return nil, err
	}
	w.kernel = [2]int{f[0], f[1]}
	channels, groups, outChannels := x.dims[3], 1, f[3]
	perm := [4]int{3, 2, 0, 1} // HWIO to OIHW
	if n.Op == "DepthwiseConv2dNative" || n.Op == "FusedDepthwiseConv2dNative" {
		groups, outChannels = channels, channels*f[3]
		perm = [4]int{2, 3, 0, 1} // channel c, multiple m give output channel c*multiples+m
	}
	if f[2] != channels {
		return nil, fmt.Errorf("the filter %v is for %d channels, the input %v has %d", f, f[2], x.dims, channels)
	}
	out, pads, err := w.place(n, [2]int{x.dims[1], x.dims[2]})
	if err != nil {
		return nil, err
	}
	weights := permute(filter.floats, [4]int{f[0], f[1], f[2], f[3]}, perm)
	inputs := []string{x.name, im.weight([]int{outChannels, channels / groups, f[0], f[1]}, weights)}
	inputs, fused, args, err := im.bias(n, inputs, outChannels)
	if err != nil {
		return nil, err
	}
	name := im.add("Conv", n.Name, inputs,
		onnxAttr{"kernel_shape", w.kernel[:]}, onnxAttr{"strides", w.stride[:]},
		onnxAttr{"dilations", w.dilation[:]}, onnxAttr{"pads", pads}, onnxAttr{"group", groups})
	return im.fused(n, &value{name: name, dims: []int{1, out[0], out[1], outChannels}, nchw: true}, fused, args)
}

// bias appends the fused bias, if there is one, to the inputs of a Conv or Gemm. It returns the other fused operators and
// their constants.
func (im *importer) bias(n *node, inputs []string, channels int) ([]string, []string, []*constant, error) {
	ops, err := n.strs("fused_ops")
	if err != nil {
		return nil, nil, nil, err
	}
	var args []*constant
	if len(ops) > 0 {
		for i := 2; i < len(n.Inputs); i++ {
			c, err := im.floats(n, i)
			if err != nil {
				return nil, nil, nil, err
			}
			args = append(args, c)
		}
	}
	if len(ops) == 0 || ops[0] != "BiasAdd" {
		return inputs, ops, args, nil
	}
	if len(args) == 0 || len(args[0].floats) != channels {
		return nil, nil, nil, fmt.Errorf("a bias of %d numbers is expected as third input", channels)
	}
	return append(inputs, im.weight([]int{channels}, args[0].floats)), ops[1:], args[1:], nil
}

// fused appends the activations that TensorFlow has merged into a node.
func (im *importer) fused(n *node, v *value, ops []string, args []*constant) (*value, error) {
	for _, op := range ops {
		var alpha *constant
		if op == "Prelu" {
			if len(args) == 0 {
				return nil, errors.New("the fused Prelu has no slopes")
			}
			alpha, args = args[0], args[1:]
		}
		var err error
		if v, err = im.activation(n.Name, op, v, alpha); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (im *importer) maxPool(n *node) (*value, error) {
	x, err := im.image(n, 0)
	if err != nil {
		return nil, err
	}
	w, err := readWindow(n)
	if err != nil {
		return nil, err
	}
	w.dilation = [2]int{1, 1}
	if w.kernel[0], w.kernel[1], err = n.spatial("ksize"); err != nil {
		return nil, err
	}
	out, pads, err := w.place(n, [2]int{x.dims[1], x.dims[2]})
	if err != nil {
		return nil, err
	}
	name := im.add("MaxPool", n.Name, []string{x.name},
		onnxAttr{"kernel_shape", w.kernel[:]}, onnxAttr{"strides", w.stride[:]}, onnxAttr{"pads", pads})
	return &value{name: name, dims: []int{1, out[0], out[1], x.dims[3]}, nchw: true}, nil
}

// permute reorders a four-dimensional array: dimension i of the result is dimension perm[i] of data.
func permute(data []float32, dims, perm [4]int) []float32 {
	stride := [4]int{dims[1] * dims[2] * dims[3], dims[2] * dims[3], dims[3], 1}
	out := make([]float32, 0, len(data))
	for a := range dims[perm[0]] {
		for b := range dims[perm[1]] {
			for c := range dims[perm[2]] {
				at := a*stride[perm[0]] + b*stride[perm[1]] + c*stride[perm[2]]
				for d := range dims[perm[3]] {
					out = append(out, data[at+d*stride[perm[3]]])
				}
			}
		}
	}
	return out
}
