package schemas

import (
	"bytes"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
)

// Version is the version of every message this build writes. It reads this version and the one before.
const Version = 1

// ErrVersion is returned for a message of a version this build does not read.
var ErrVersion = errors.New("unknown message version")

// Message is a message that is stored in a stream.
type Message interface {
	proto.Message
	GetVersion() uint32
}

// Marshal encodes m. Equal messages result in equal bytes.
func Marshal(m proto.Message) ([]byte, error) {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", m.ProtoReflect().Descriptor().Name(), err)
	}
	return data, nil
}

// Unmarshal decodes data into m. Unknown fields are ignored; a message of an unknown version is ErrVersion.
func Unmarshal(data []byte, m Message) error {
	name := m.ProtoReflect().Descriptor().Name()
	if err := proto.Unmarshal(data, m); err != nil {
		return fmt.Errorf("decode %s of %d bytes: %w", name, len(data), err)
	}
	if v := m.GetVersion(); v > Version || v+1 < Version || v == 0 {
		return fmt.Errorf("%s of version %d, this build reads %d: %w", name, v, Version, ErrVersion)
	}
	return nil
}

// Key returns the name of the frame as one string, for use as a map key or in a message ID.
func (n *FrameName) Key() string {
	key := fmt.Sprintf("%s.%d.%s", n.GetSession(), n.GetSequence(), n.GetNonce())
	if n.GetRun() != "" {
		key += "." + n.GetRun()
	}
	return key
}

// Equal reports whether two names belong to the same frame.
func (n *FrameName) Equal(o *FrameName) bool {
	return n.GetSession() == o.GetSession() && n.GetSequence() == o.GetSequence() && n.GetNonce() == o.GetNonce() &&
		n.GetRun() == o.GetRun() && bytes.Equal(n.GetSha256(), o.GetSha256())
}

// Terminal reports whether a session with this outcome has ended.
func (o Outcome) Terminal() bool { return o != Outcome_OUTCOME_CONTINUE }
