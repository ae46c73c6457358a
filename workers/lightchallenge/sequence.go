package lightchallenge

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// colour is a colour that a client shows, and its linear light per channel, 0..1.
type colour struct {
	name  string
	light [3]float64
}

// The colours differ in hue rather than in brightness, which cameras level out.
var palette = []colour{
	{"#ff0000", [3]float64{1, 0, 0}},
	{"#ffff00", [3]float64{1, 1, 0}},
	{"#00ff00", [3]float64{0, 1, 0}},
	{"#00ffff", [3]float64{0, 1, 1}},
	{"#0000ff", [3]float64{0, 0, 1}},
	{"#ff00ff", [3]float64{1, 0, 1}},
}

// next returns the colour that follows another one, both as places in the palette, always a different one. It cannot be
// predicted without the seed: it is drawn with HMAC-SHA256 (RFC 2104) over the number of the colour in the session.
func next(seed []byte, number uint32, before int) int {
	mac := hmac.New(sha256.New, seed)
	mac.Write([]byte("light-challenge"))
	mac.Write(binary.BigEndian.AppendUint32(nil, number))
	drawn := binary.BigEndian.Uint64(mac.Sum(nil))
	if number == 0 {
		return int(drawn % uint64(len(palette)))
	}
	return (before + 1 + int(drawn%uint64(len(palette)-1))) % len(palette)
}
