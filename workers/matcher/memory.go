package matcher

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// vector is a descriptor scaled so that its largest component is ±127. Only its direction counts, so the scale is not kept. A
// session carries up to three in each message. Using one byte per component changes a similarity by about 0.001, and does not
// change the first six digits of the AUC on 328 labelled pairs, with either pack.
type vector []int8

func quantise(descriptor []float32) vector {
	var most float64
	for _, x := range descriptor {
		most = max(most, math.Abs(float64(x)))
	}
	out := make(vector, len(descriptor))
	if most == 0 {
		return out
	}
	for i, x := range descriptor {
		out[i] = int8(math.RoundToEven(float64(x) / most * math.MaxInt8))
	}
	return out
}

// unit returns the descriptor with length 1.
func (v vector) unit() []float32 {
	sum := 0
	for _, x := range v {
		sum += int(x) * int(x)
	}
	out := make([]float32, len(v))
	if sum == 0 {
		return out
	}
	length := math.Sqrt(float64(sum))
	for i, x := range v {
		out[i] = float32(float64(x) / length)
	}
	return out
}

// memory is the worker's state: the faces that the session has shown, and the one to verify against. Unknown vectors are nil.
type memory struct {
	reference vector  // the face to verify against
	first     vector  // the session's first face
	previous  vector  // the last face that could be compared
	verified  float32 // similarity of previous to reference, if both are known
}

const (
	packBytes   = 8 // of the model pack's digest: descriptors of different packs cannot be compared
	headerBytes = packBytes + 1 + 4
)

var (
	errMemory    = errors.New("the matcher's state cannot be read")
	errOtherPack = errors.New("the session's faces were described with another model pack: open sessions cannot continue with this one")
)

// encode returns pack, a byte with a flag for each vector that follows, verified, and the vectors.
func (m *memory) encode(pack string) []byte {
	out := make([]byte, headerBytes, headerBytes+3*len(m.previous))
	copy(out, pack[:min(len(pack), packBytes)])
	binary.LittleEndian.PutUint32(out[packBytes+1:], math.Float32bits(m.verified))
	for flag, v := range m.vectors() {
		if *v == nil {
			continue
		}
		out[packBytes] |= 1 << flag
		for _, x := range *v {
			out = append(out, byte(x))
		}
	}
	return out
}

func (m *memory) vectors() []*vector { return []*vector{&m.reference, &m.first, &m.previous} }

func decodeMemory(state []byte, pack string) (*memory, error) {
	m := &memory{}
	if len(state) == 0 {
		return m, nil
	}
	if len(state) < headerBytes {
		return nil, fmt.Errorf("%w: it has %d bytes", errMemory, len(state))
	}
	var own [packBytes]byte
	copy(own[:], pack)
	if [packBytes]byte(state) != own {
		return nil, errOtherPack
	}
	flags, rest := state[packBytes], state[headerBytes:]
	count := 0
	for flag := range m.vectors() {
		count += int(flags >> flag & 1)
	}
	if count == 0 || flags >= 1<<len(m.vectors()) || len(rest) == 0 || len(rest)%count != 0 {
		return nil, fmt.Errorf("%w: %d bytes for %d descriptors", errMemory, len(rest), count)
	}
	m.verified = math.Float32frombits(binary.LittleEndian.Uint32(state[packBytes+1:]))
	size := len(rest) / count
	for flag, v := range m.vectors() {
		if flags>>flag&1 == 0 {
			continue
		}
		*v = make(vector, size)
		for i := range *v {
			(*v)[i] = int8(rest[i])
		}
		rest = rest[size:]
	}
	return m, nil
}
