package edge

import "github.com/selene-liveness/selene/edge/internal/token"

func (c Config) keys() token.Config {
	return token.Config{
		Key: c.JWTKey, KeyFile: c.JWTKeyFile, Evidence: c.EvidenceKey, EvidenceFile: c.EvidenceKeyFile, Pseudonym: c.PseudonymKey,
		PseudonymFile: c.PseudonymKeyFile, DataDir: c.DataDir,
	}
}

// Key describes a key of tokens or of evidence.
type Key = token.Info

// Keys returns the keys in the files and the environment of an edge.
func (c Config) Keys() ([]Key, error) { return c.keys().Keys() }

// RotateKey adds a key of a purpose, token or evidence, that is published at once and signs a little later. algorithm is "" for that
// of the key that signs now; secret is the key itself if verifiers need it, otherwise "". Edges that run take the key up.
func (c Config) RotateKey(purpose, algorithm string) (added Key, secret string, err error) {
	added, text, err := c.keys().Rotate(purpose, algorithm)
	return added, string(text), err
}

// RemoveKey removes a key. What it signed is refused from then on.
func (c Config) RemoveKey(purpose, id string) error { return c.keys().Remove(purpose, id) }

// AddDerivedKeys lets recordings of versions without evidence keys verify, and returns the IDs of their keys.
func (c Config) AddDerivedKeys() ([]string, error) { return c.keys().AddDerived() }
