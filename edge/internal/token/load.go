package token

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// Config selects the key that signs.
type Config struct {
	Key         Secret // HS256 key, its bytes as they are; or an elliptic-curve key in PEM for ES256
	KeyFile     string // file with the key; a trailing line break is ignored
	DataDir     string // where a generated key is stored if none is given
	Development bool   // allow weak keys
}

// keptKey is the file in the data directory. The key is the text of its 64 hexadecimal digits, so that
// SELENE_JWT_KEY=$(cat jwt.key) passes the key to another process.
const keptKey = "jwt.key"

// ErrWeakKey is returned for an HS256 key that is easy to guess.
var ErrWeakKey = errors.New("the token key is weak")

// Load returns the signer that c describes. The error is ErrWeakKey for a weak key outside development.
func Load(c Config) (*Signer, error) {
	key, err := c.key()
	if err != nil {
		return nil, err
	}
	s, err := newSigner(key)
	if err != nil {
		return nil, err
	}
	if err := s.Weakness(); err != nil && !c.Development {
		return nil, fmt.Errorf(
			"%w: set SELENE_JWT_KEY to %d bytes or more, such as the output of `openssl rand -hex 32`, leave it unset to generate one, or set env to development in the settings",
			err,
			minKey,
		)
	}
	return s, nil
}

func (c Config) key() ([]byte, error) {
	switch {
	case c.Key != "" && c.KeyFile != "":
		return nil, errors.New("both SELENE_JWT_KEY and SELENE_JWT_KEY_FILE are set: keep one")
	case c.Key != "":
		return []byte(c.Key), nil
	case c.KeyFile != "":
		key, err := os.ReadFile(c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read the token key (SELENE_JWT_KEY_FILE): %w", err)
		}
		return bytes.TrimSuffix(bytes.TrimSuffix(key, []byte("\n")), []byte("\r")), nil
	}
	key, _, err := Keep(c.DataDir, keptKey)
	return []byte(key), err
}
