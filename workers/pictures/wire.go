package pictures

import "encoding/binary"

// What a parent asks for.
const (
	askPixels = iota + 1
	askLuma
)

// What a process answers.
const (
	ready   = iota + 1 // its first message
	decoded            // what was asked for is in the shared memory
	refused            // the reason is there
)

// message is a message in either direction.
type message struct {
	kind          uint32
	width, height uint32 // of a decoded picture; zero if it stores no luma
	bytes         uint32 // of the file, or of the answer
}

const messageBytes = 16

func (m message) encode() []byte {
	out := make([]byte, 0, messageBytes)
	for _, v := range []uint32{m.kind, m.width, m.height, m.bytes} {
		out = binary.LittleEndian.AppendUint32(out, v)
	}
	return out
}

func decodeMessage(b *[messageBytes]byte) message {
	at := func(i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }
	return message{at(0), at(1), at(2), at(3)}
}
