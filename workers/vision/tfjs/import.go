// Package tfjs imports TensorFlow.js graph models (model.json and its weight files) as ONNX.
//
// The ONNX file has float32 inputs and outputs, operator set 13 and a free batch size, regardless of the batch of the
// TensorFlow.js model. Images have channels first, [N, C, H, W], as is usual in ONNX, where TensorFlow.js has
// [N, H, W, C]; every other tensor, including all outputs, keeps TensorFlow's order. Inputs have the name of their
// placeholder, outputs that of the model's signature, without ":0". Weights kept as float16 become float32. The same
// model gives the same bytes on every machine.
//
// Supported are the operators of common convolutional face networks; anything else is an error that names the node.
package tfjs

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// maxFileSize bounds model.json and each weight file.
const maxFileSize = 256 << 20

// Convert imports the model at modelJSONPath; its weight files must be in the same folder. It is safe for concurrent use. Errors name the
// node and operator, or the weight, that cannot be imported.
func Convert(modelJSONPath string) ([]byte, error) {
	model, err := readFile(modelJSONPath)
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(modelJSONPath)
	b, err := convert(model, func(p string) ([]byte, error) { return readFile(filepath.Join(dir, filepath.FromSlash(p))) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", modelJSONPath, err)
	}
	return b, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(b) > maxFileSize {
		err = fmt.Errorf("%s: larger than %d bytes", path, maxFileSize)
	}
	return b, err
}

func convert(modelJSON []byte, read func(string) ([]byte, error)) ([]byte, error) {
	m, err := parseModel(modelJSON)
	if err != nil {
		return nil, err
	}
	weights, err := readWeights(m.Weights, read)
	if err != nil {
		return nil, err
	}
	im := &importer{weights: weights, values: map[string]*value{}}
	nodes, err := index(m.Topology.Nodes)
	if err != nil {
		return nil, err
	}
	outs, err := outputs(m, nodes)
	if err != nil {
		return nil, err
	}
	order, err := sortNodes(nodes, outs)
	if err != nil {
		return nil, err
	}
	for _, n := range order {
		v, err := im.node(n)
		if err != nil {
			return nil, fmt.Errorf("node %s (%s): %w", n.Name, n.Op, err)
		}
		if _, err := elements(v.dims); err != nil {
			return nil, fmt.Errorf("node %s (%s): %w", n.Name, n.Op, err)
		}
		im.values[n.Name] = v
	}
	for _, o := range outs {
		if err := im.output(o); err != nil {
			return nil, fmt.Errorf("output %s: %w", o.name, err)
		}
	}
	return im.encode(), nil
}

func index(list []*node) (map[string]*node, error) {
	nodes := make(map[string]*node, len(list))
	for i, n := range list {
		if n == nil || n.Name == "" {
			return nil, fmt.Errorf("model.json: node %d has no name", i)
		}
		if nodes[n.Name] != nil {
			return nil, fmt.Errorf("model.json: two nodes are called %s", n.Name)
		}
		nodes[n.Name] = n
	}
	return nodes, nil
}

// graphOutput is an output of the model.
type graphOutput struct {
	name string // in the ONNX file
	node string
	dims []int // as the signature states them, -1 for unknown; nil when it does not
}

// outputs returns the outputs of the signature, of the signature in userDefinedMetadata, or every node that no node reads.
func outputs(m *modelFile, nodes map[string]*node) ([]graphOutput, error) {
	sig := m.Signature
	if len(sig.Outputs) == 0 {
		sig = m.Metadata.Signature
	}
	var outs []graphOutput
	for key, o := range sig.Outputs {
		name, _, err := nodeOf(o.Name)
		if err != nil {
			return nil, fmt.Errorf("signature output %s: %w", key, err)
		}
		outs = append(outs, graphOutput{name: strings.TrimSuffix(key, ":0"), node: name, dims: o.Shape.dims()})
	}
	if len(outs) == 0 {
		read := map[string]bool{}
		for _, n := range nodes {
			for _, in := range n.Inputs {
				if name, _, err := nodeOf(in); err == nil {
					read[name] = true
				}
			}
		}
		for name, n := range nodes {
			if !read[name] && n.Op != "Const" {
				outs = append(outs, graphOutput{name: name, node: name})
			}
		}
	}
	if len(outs) == 0 {
		return nil, fmt.Errorf("model.json: no output: no signature, and every node is read by another")
	}
	sort.Slice(outs, func(i, j int) bool { return outs[i].name < outs[j].name })
	return outs, nil
}

// nodeOf returns the node behind a reference such as "conv/BiasAdd:0"; control is set for "^conv", which carries no data.
func nodeOf(ref string) (name string, control bool, err error) {
	if strings.HasPrefix(ref, "^") {
		return ref[1:], true, nil
	}
	name, port, _ := strings.Cut(ref, ":")
	if port != "" && port != "0" {
		return "", false, fmt.Errorf("%s: only the first output of a node can be used", ref)
	}
	return name, false, nil
}

// sortNodes returns the nodes that the outputs need, each after its inputs. The order in the file is arbitrary.
func sortNodes(nodes map[string]*node, outs []graphOutput) ([]*node, error) {
	const onPath, done = 1, 2
	type step struct {
		n    *node
		next int
	}
	state := map[string]int{}
	var order []*node
	var path []step
	enter := func(name, from string) error {
		n := nodes[name]
		switch {
		case n == nil:
			return fmt.Errorf("%s reads %s, which is not in the graph", from, name)
		case state[name] == onPath:
			return fmt.Errorf("%s reads %s, which depends on it: loops cannot be imported", from, name)
		case state[name] == done:
			return nil
		}
		state[name] = onPath
		path = append(path, step{n: n})
		return nil
	}
	for _, o := range outs {
		if err := enter(o.node, "output "+o.name); err != nil {
			return nil, err
		}
		for len(path) > 0 {
			s := &path[len(path)-1]
			if s.next == len(s.n.Inputs) {
				state[s.n.Name] = done
				order = append(order, s.n)
				path = path[:len(path)-1]
				continue
			}
			name, control, err := nodeOf(s.n.Inputs[s.next])
			if err != nil {
				return nil, fmt.Errorf("node %s (%s): %w", s.n.Name, s.n.Op, err)
			}
			s.next++
			if control {
				continue
			}
			if err := enter(name, "node "+s.n.Name); err != nil {
				return nil, err
			}
		}
	}
	return order, nil
}
