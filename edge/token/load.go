package token

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// Config says which key signs.
type Config struct {
	Key         Secret // HS256 key, its bytes as they are; or a PEM elliptic-curve key, which makes it ES256
	KeyFile     string // the same from a file, less one line end at its end
	DataDir     string // where a key is drawn and kept when none is given
	Development bool   // weak keys are allowed
}

// keptKey is the file in the data directory. The key is its 64 hexadecimal digits as text, so that
// SELENE_JWT_KEY=$(cat jwt.key) gives another process the same key.
const keptKey = "jwt.key"

// ErrWeakKey is returned for an HS256 key that anybody could guess.
var ErrWeakKey = errors.New("the token key is weak")

// Load returns the signer that c describes. A weak key is ErrWeakKey outside development.
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
		return nil, fmt.Errorf("%w: set SELENE_JWT_KEY to %d bytes or more, such as the output of `openssl rand -hex 32`, leave it unset to have one drawn and kept, or set env to development in the settings", err, minKey)
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
