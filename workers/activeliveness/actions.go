package activeliveness

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"github.com/selene-liveness/selene/schemas"
)

// Actions returns the actions requested in a session, in order. A random order depends on the session's seed alone: it
// cannot be predicted without the seed, and is the same whenever the session is judged again.
func Actions(seed []byte, s *schemas.ActiveLivenessSettings) []string {
	actions := append([]string(nil), s.InteractionList...)
	if s.InteractionOrder == "random" {
		shuffle(actions, seed, 0)
	}
	return actions[:min(s.InteractionCount, len(actions))]
}

// shuffle is Fisher-Yates with numbers drawn from the seed; the bias of the modulus is below 2^-60. Each round of a
// session is shuffled differently.
func shuffle(actions []string, seed []byte, round uint32) {
	for i := len(actions) - 1; i > 0; i-- {
		j := draw(seed, "order", round, uint32(i)) % uint64(i+1)
		actions[i], actions[j] = actions[j], actions[i]
	}
}

// draw returns a number that cannot be predicted without the seed: the first 8 bytes of HMAC-SHA256 (RFC 2104) over its
// purpose.
func draw(seed []byte, purpose string, round, n uint32) uint64 {
	mac := hmac.New(sha256.New, seed)
	mac.Write([]byte("active-liveness " + purpose))
	mac.Write(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, round), n))
	return binary.BigEndian.Uint64(mac.Sum(nil))
}
