package matcher

import (
	"encoding/binary"
	"math"

	"github.com/selene-liveness/selene/schemas"
)

// verified sums up the similarities of the session's frontal faces to the reference face.
type verified struct {
	sum            float32
	faces, matched uint16
}

const verifiedBytes = 8

func (r *verified) append(out []byte) []byte {
	out = binary.LittleEndian.AppendUint32(out, math.Float32bits(r.sum))
	out = binary.LittleEndian.AppendUint16(out, r.faces)
	return binary.LittleEndian.AppendUint16(out, r.matched)
}

func (r *verified) read(in []byte) {
	r.sum = math.Float32frombits(binary.LittleEndian.Uint32(in))
	r.faces, r.matched = binary.LittleEndian.Uint16(in[4:]), binary.LittleEndian.Uint16(in[6:])
}

// add counts a face. After 65,535 faces it counts no more.
func (r *verified) add(similarity, threshold float64) {
	if r.faces == math.MaxUint16 {
		return
	}
	r.sum += float32(similarity)
	r.faces++
	if similarity >= threshold {
		r.matched++
	}
}

// verification returns nil until a face has been compared with the reference. The similarity is the mean over all frontal
// faces of the session, not that of its last one. The reference is matched if the mean reaches the threshold, and so do three
// quarters of the faces.
func (r *verified) verification(threshold float64) *schemas.Verification {
	if r.faces == 0 {
		return nil
	}
	mean := math.Round(float64(r.sum)/float64(r.faces)*1e4) / 1e4
	return &schemas.Verification{Similarity: mean, Matched: mean >= threshold && 4*int(r.matched) >= 3*int(r.faces)}
}
