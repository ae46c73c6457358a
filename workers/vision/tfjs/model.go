package tfjs

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The part of model.json that is read. See the TensorFlow.js converter's graph-model format and TensorFlow's
// graph.proto, node_def.proto and attr_value.proto in their JSON mapping.
type modelFile struct {
	Format    string    `json:"format"`
	Topology  topology  `json:"modelTopology"`
	Weights   []group   `json:"weightsManifest"`
	Signature signature `json:"signature"`
	Metadata  struct {
		Signature signature `json:"signature"`
	} `json:"userDefinedMetadata"`
}

type topology struct {
	Nodes []*node `json:"node"`
}

type node struct {
	Name   string          `json:"name"`
	Op     string          `json:"op"`
	Inputs []string        `json:"input"`
	Attr   map[string]attr `json:"attr"`
}

type attr struct {
	S     string     `json:"s"` // base64
	B     bool       `json:"b"`
	Type  string     `json:"type"`
	Shape *tensorDim `json:"shape"`
	List  struct {
		S []string   `json:"s"`
		I []int64str `json:"i"`
	} `json:"list"`
}

type tensorDim struct {
	Dim []struct {
		Size int64str `json:"size"`
	} `json:"dim"`
}

type signature struct {
	Outputs map[string]struct {
		Name  string     `json:"name"`
		Shape *tensorDim `json:"tensorShape"`
	} `json:"outputs"`
}

// int64str is an integer written as a string, as protobuf's JSON mapping does, or as a number.
type int64str int

func (v *int64str) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 32)
	if err != nil {
		return fmt.Errorf("%s must be an integer in range", b)
	}
	*v = int64str(n)
	return nil
}

func parseModel(b []byte) (*modelFile, error) {
	var m modelFile
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("model.json: %w", err)
	}
	if m.Format != "" && m.Format != "graph-model" {
		return nil, fmt.Errorf("model.json: format is %q, only graph-model can be imported", m.Format)
	}
	if len(m.Topology.Nodes) == 0 {
		return nil, errors.New("model.json: modelTopology has no node; is this a TensorFlow.js graph model?")
	}
	return &m, nil
}

// str returns a string attribute, or def if it is absent.
func (n *node) str(key, def string) (string, error) {
	a, ok := n.Attr[key]
	if !ok {
		return def, nil
	}
	return decodeString(key, a.S)
}

// strs returns a list of strings.
func (n *node) strs(key string) ([]string, error) {
	var out []string
	for _, s := range n.Attr[key].List.S {
		v, err := decodeString(key, s)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func decodeString(key, s string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", fmt.Errorf("attribute %s: %w", key, err)
	}
	return string(b), nil
}

// spatial reads a 4-element NHWC list (strides, dilations, ksize) whose first and last entry must be 1, and returns
// the middle two.
func (n *node) spatial(key string) (h, w int, err error) {
	a, ok := n.Attr[key]
	l := a.List.I
	if !ok || len(l) == 0 {
		return 1, 1, nil
	}
	if len(l) != 4 || l[0] != 1 || l[3] != 1 || l[1] < 1 || l[2] < 1 || l[1] > maxSide || l[2] > maxSide {
		return 0, 0, fmt.Errorf("attribute %s is %v, expected [1, h, w, 1]", key, l)
	}
	return int(l[1]), int(l[2]), nil
}

func (s *tensorDim) dims() []int {
	if s == nil {
		return nil
	}
	d := make([]int, len(s.Dim))
	for i, v := range s.Dim {
		d[i] = int(v.Size)
	}
	return d
}
