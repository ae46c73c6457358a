package tfjs

import (
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
)

// maxElements bounds a tensor, maxSide one dimension, so that products of them cannot overflow.
const (
	maxElements = 1 << 28
	maxSide     = 1 << 20
)

type group struct {
	Paths   []string `json:"paths"`
	Entries []entry  `json:"weights"`
}

type entry struct {
	Name         string `json:"name"`
	Shape        []int  `json:"shape"`
	Dtype        string `json:"dtype"`
	Quantization *struct {
		Dtype string `json:"dtype"`
	} `json:"quantization"`
}

// constant is a weight in TensorFlow's layout: either floats or ints is set.
type constant struct {
	dims   []int
	floats []float32
	ints   []int
}

// readWeights loads every tensor of the manifest; read returns a shard by its path beside model.json.
func readWeights(groups []group, read func(string) ([]byte, error)) (map[string]*constant, error) {
	all := map[string]*constant{}
	for _, g := range groups {
		var data []byte
		for _, p := range g.Paths {
			if !filepath.IsLocal(p) {
				return nil, fmt.Errorf("weights %q: the path leaves the model's folder", p)
			}
			b, err := read(p)
			if err != nil {
				return nil, fmt.Errorf("weights %s: %w", p, err)
			}
			data = append(data, b...)
		}
		for _, e := range g.Entries {
			c, size, err := e.decode(data)
			if err != nil {
				return nil, fmt.Errorf("weight %s: %w", e.Name, err)
			}
			if all[e.Name] != nil {
				return nil, fmt.Errorf("weight %s: named twice in the manifest", e.Name)
			}
			all[e.Name], data = c, data[size:]
		}
	}
	return all, nil
}

// decode reads the tensor at the start of data, and returns the number of bytes read.
func (e *entry) decode(data []byte) (*constant, int, error) {
	n, err := elements(e.Shape)
	if err != nil {
		return nil, 0, err
	}
	kind := e.Dtype
	if e.Quantization != nil {
		kind += " stored as " + e.Quantization.Dtype
	}
	width := map[string]int{"float32": 4, "int32": 4, "float32 stored as float16": 2}[kind]
	if width == 0 {
		return nil, 0, fmt.Errorf("type %s is not supported, only float32 (also as float16) and int32", kind)
	}
	if len(data)/width < n {
		return nil, 0, fmt.Errorf("shape %v needs %d bytes, the weight files end after %d more", e.Shape, n*width, len(data))
	}
	c := &constant{dims: e.Shape}
	if e.Dtype == "int32" {
		c.ints = make([]int, n)
		for i := range c.ints {
			c.ints[i] = int(int32(binary.LittleEndian.Uint32(data[4*i:])))
		}
		return c, n * width, nil
	}
	c.floats = make([]float32, n)
	for i := range c.floats {
		if width == 2 {
			c.floats[i] = float16(binary.LittleEndian.Uint16(data[2*i:]))
		} else {
			c.floats[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
	}
	return c, n * width, nil
}

// elements returns the product of dims, or an error for a negative or absurdly large shape.
func elements(dims []int) (int, error) {
	n := 1
	for _, d := range dims {
		if d < 0 || d > maxSide {
			return 0, fmt.Errorf("shape %v: dimension out of range", dims)
		}
		if n *= d; n > maxElements {
			return 0, fmt.Errorf("shape %v: more than %d elements", dims, maxElements)
		}
	}
	return n, nil
}

// float16 widens an IEEE 754 half.
func float16(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch exp {
	case 31:
		return math.Float32frombits(sign | 255<<23 | frac<<13)
	case 0: // zero or subnormal: frac * 2^-24 is exact
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*(1.0/(1<<24))))
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
