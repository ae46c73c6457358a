package activeliveness

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"github.com/selene-liveness/selene/schemas"
)

// Actions is what a session is asked for, in order. In random order it follows from the session's seed alone, which
// nobody can foresee, and is the same whenever the session is judged again.
func Actions(seed []byte, s *schemas.ActiveLivenessSettings) []string {
	actions := append([]string(nil), s.InteractionList...)
	if s.InteractionOrder == "random" {
		// Fisher-Yates with numbers drawn from HMAC-SHA256 of the seed; the bias of the modulus is below 2^-60.
		for i := len(actions) - 1; i > 0; i-- {
			j := draw(seed, i) % uint64(i+1)
			actions[i], actions[j] = actions[j], actions[i]
		}
	}
	return actions[:min(s.InteractionCount, len(actions))]
}

func draw(seed []byte, n int) uint64 {
	mac := hmac.New(sha256.New, seed)
	mac.Write([]byte("active-liveness"))
	mac.Write([]byte{byte(n)})
	return binary.BigEndian.Uint64(mac.Sum(nil))
}
