package tfjs

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers and enum values of onnx.proto (github.com/onnx/onnx), of what is written here.
const (
	irVersion    = 7
	opsetVersion = 13

	typeFloat = 1
	typeInt64 = 7

	attrFloat = 1
	attrInt   = 2
	attrInts  = 7

	batchName = "N"
)

// onnxAttr is an attribute of a node: an int, a list of ints or a float32.
type onnxAttr struct {
	name  string
	value any
}

func message(b []byte, field protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), m)
}

func text(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func number(b []byte, field protowire.Number, v int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

func encodeNode(op, name string, inputs, outputs []string, attrs []onnxAttr) []byte {
	var b []byte
	for _, s := range inputs {
		b = text(b, 1, s)
	}
	for _, s := range outputs {
		b = text(b, 2, s)
	}
	b = text(b, 3, name)
	b = text(b, 4, op)
	for _, a := range attrs {
		b = message(b, 5, a.encode())
	}
	return b
}

func (a onnxAttr) encode() []byte {
	b := text(nil, 1, a.name)
	switch v := a.value.(type) {
	case float32:
		b = protowire.AppendTag(b, 2, protowire.Fixed32Type)
		b = protowire.AppendFixed32(b, math.Float32bits(v))
		return number(b, 20, attrFloat)
	case int:
		return number(number(b, 3, v), 20, attrInt)
	case []int:
		for _, i := range v {
			b = number(b, 8, i)
		}
	}
	return number(b, 20, attrInts)
}

func encodeFloats(name string, dims []int, data []float32) []byte {
	raw := make([]byte, 0, 4*len(data))
	for _, v := range data {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return encodeTensor(name, typeFloat, dims, raw)
}

func encodeInts(name string, data []int) []byte {
	raw := make([]byte, 0, 8*len(data))
	for _, v := range data {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	return encodeTensor(name, typeInt64, []int{len(data)}, raw)
}

func encodeTensor(name string, kind int, dims []int, raw []byte) []byte {
	var b []byte
	for _, d := range dims {
		b = number(b, 1, d)
	}
	b = number(b, 2, kind)
	b = text(b, 8, name)
	return message(b, 9, raw)
}

// encodeValue declares a float32 graph input or output; its first dimension is the batch.
func encodeValue(name string, dims []int) []byte {
	var shape []byte
	for i, d := range dims {
		if i == 0 {
			shape = message(shape, 1, text(nil, 2, batchName))
		} else {
			shape = message(shape, 1, number(nil, 1, d))
		}
	}
	tensor := message(number(nil, 1, typeFloat), 2, shape)
	return message(text(nil, 1, name), 2, message(nil, 1, tensor))
}

func encodeModel(graph []byte) []byte {
	b := number(nil, 1, irVersion)
	b = text(b, 2, "selene")
	b = message(b, 7, graph)
	return message(b, 8, number(text(nil, 1, ""), 2, opsetVersion))
}
