package tfjs

import (
	"slices"
	"strconv"
)

// onnxNode is a node of the ONNX graph; every operator in use has one output, whose name is also the name of the node.
type onnxNode struct {
	op     string
	out    string
	inputs []string
	attrs  []onnxAttr
}

// initializer is a constant of the ONNX graph, encoded.
type initializer struct {
	name   string
	tensor []byte
}

// add appends a node; its output tensor is named after the TensorFlow node it comes from.
func (im *importer) add(op, from string, inputs []string, attrs ...onnxAttr) string {
	out := from + "#" + strconv.Itoa(len(im.nodes))
	im.addNamed(op, out, inputs, attrs...)
	return out
}

func (im *importer) addNamed(op, out string, inputs []string, attrs ...onnxAttr) {
	im.nodes = append(im.nodes, onnxNode{op: op, out: out, inputs: inputs, attrs: attrs})
}

// weight stores floats as a constant of the ONNX graph.
func (im *importer) weight(dims []int, data []float32) string {
	name := "weight#" + strconv.Itoa(len(im.initializers))
	im.initializers = append(im.initializers, initializer{name, encodeFloats(name, dims, data)})
	return name
}

// integers stores a list of ints as a constant of the ONNX graph.
func (im *importer) integers(data []int) string {
	name := "weight#" + strconv.Itoa(len(im.initializers))
	im.initializers = append(im.initializers, initializer{name, encodeInts(name, data)})
	return name
}

// encode writes the model, without nodes that no output needs.
func (im *importer) encode() []byte {
	used := map[string]bool{}
	for name := range im.names {
		used[name] = true
	}
	var nodes []onnxNode
	for _, n := range slices.Backward(im.nodes) {
		if used[n.out] {
			nodes = append(nodes, n)
			for _, in := range n.inputs {
				used[in] = true
			}
		}
	}
	var g []byte
	for _, n := range slices.Backward(nodes) {
		g = message(g, 1, encodeNode(n.op, n.out, n.inputs, []string{n.out}, n.attrs))
	}
	g = text(g, 2, "graph")
	for _, w := range im.initializers {
		if used[w.name] {
			g = message(g, 5, w.tensor)
		}
	}
	for _, v := range im.ins {
		g = message(g, 11, v)
	}
	for _, v := range im.outs {
		g = message(g, 12, v)
	}
	return encodeModel(g)
}
