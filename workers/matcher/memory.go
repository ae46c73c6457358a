package matcher

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
)

// vector is a descriptor scaled so that its largest component is ±127. Only its direction counts, so the scale is not kept. A
// session carries several in each message. Using one byte per component changes a similarity by about 0.001, and does not
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

// memory is the worker's state: the faces that the session has shown, and the one to verify against. At most eight vectors: 1 KB
// with pack zoo.
type memory struct {
	reference view    // the face to verify against
	first     view    // the session's first face
	farthest  view    // the frontal face least similar to first
	previous  view    // the last face that was compared and not doubted
	turned    [4]view // the first one to each side: left, right, up, down
	least     float64 // similarity of farthest to first, with the precision of float32
	doubts    uint8   // a bit for each of the last faces, 1 = looked like somebody else; the last face is the lowest bit
	verified  verified
}

const (
	packBytes   = 8 // of the model pack's digest: descriptors of different packs cannot be compared
	headerBytes = packBytes + 2 + 4 + verifiedBytes
	poseBytes   = 2
)

var (
	errMemory    = errors.New("the matcher's state cannot be read")
	errOtherPack = errors.New("the session's faces were described with another model pack: open sessions cannot continue with this one")
)

// encode returns pack, a byte with a flag for each view that follows, doubts, least, verified, and the views: yaw, pitch, vector.
func (m *memory) encode(pack string) []byte {
	out := make([]byte, packBytes, headerBytes+8*(poseBytes+len(m.first.vector)))
	copy(out, pack)
	out = append(out, 0, m.doubts)
	out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(m.least)))
	out = m.verified.append(out)
	for flag, v := range m.views() {
		if !v.known() {
			continue
		}
		out[packBytes] |= 1 << flag
		out = append(out, byte(v.yaw), byte(v.pitch))
		for _, x := range v.vector {
			out = append(out, byte(x))
		}
	}
	return out
}

func (m *memory) views() []*view {
	return []*view{
		&m.reference, &m.first, &m.farthest, &m.previous, &m.turned[0], &m.turned[1], &m.turned[2], &m.turned[3],
	}
}

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
	m.doubts = state[packBytes+1]
	m.least = float64(math.Float32frombits(binary.LittleEndian.Uint32(state[packBytes+2:])))
	m.verified.read(state[packBytes+6:])
	count := bits.OnesCount8(flags)
	if count == 0 || len(rest)%count != 0 || len(rest)/count <= poseBytes || m.doubts >= 1<<doubtsWindow || math.IsNaN(m.least) {
		return nil, fmt.Errorf("%w: %d bytes for %d descriptors", errMemory, len(rest), count)
	}
	size := len(rest) / count
	for flag, v := range m.views() {
		if flags>>flag&1 == 0 {
			continue
		}
		v.yaw, v.pitch, v.vector = int8(rest[0]), int8(rest[1]), make(vector, size-poseBytes)
		for i := range v.vector {
			v.vector[i] = int8(rest[poseBytes+i])
		}
		rest = rest[size:]
	}
	return m, nil
}
