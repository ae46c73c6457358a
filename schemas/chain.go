package schemas

import (
	"bytes"
	"crypto/sha256"

	"google.golang.org/protobuf/proto"
)

// Digest returns the SHA-256 of a message as Marshal encodes it.
func Digest(m proto.Message) ([]byte, error) {
	data, err := Marshal(m)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	return sum[:], nil
}

// Digest returns what the name of a frame states in sha256: the digest of the frame with that field empty. It changes the name
// while it runs.
func (f *Frame) Digest() ([]byte, error) {
	if f.GetName() == nil {
		return Digest(f)
	}
	stated := f.Name.Sha256
	f.Name.Sha256 = nil
	defer func() { f.Name.Sha256 = stated }()
	return Digest(f)
}

// Intact reports whether a frame is the one that its name states, or its name states nothing.
func (f *Frame) Intact() bool {
	if len(f.GetName().GetSha256()) == 0 {
		return true
	}
	digest, err := f.Digest()
	return err == nil && bytes.Equal(digest, f.Name.Sha256)
}

// Link returns what a decision states in chain: its digest with that field empty. Its state holds the link of the decision before,
// its name the digest of the frame, and its verdicts theirs. Link changes the decision while it runs.
func (d *Decision) Link() ([]byte, error) {
	stated := d.Chain
	d.Chain = nil
	defer func() { d.Chain = stated }()
	return Digest(d)
}
