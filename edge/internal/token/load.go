package token

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/selene-liveness/selene/streams/kept"
)

// Config says where the keys are. A key of each purpose that is not given is generated and stored in the data folder.
type Config struct {
	Key           Secret // of tokens: the bytes of an HS256 key, or PEM of one or more keys of which the first signs
	KeyFile       string // file with the same; a trailing line break is ignored
	Evidence      Secret // of recordings: PEM of Ed25519 keys
	EvidenceFile  string
	Pseudonym     Secret // of the names under which people and addresses are counted
	PseudonymFile string
	DataDir       string
	Development   bool // allow weak keys
}

// The files in the data folder.
const (
	keptKey       = "jwt.key"
	keptEvidence  = "evidence.key"
	keptPseudonym = "pseudonym.key"
)

// The purposes of keys.
const (
	ForTokens   = "token"
	ForEvidence = "evidence"
)

func (c Config) tokens() source {
	return source{
		purpose: ForTokens, variable: "SELENE_JWT_KEY", text: c.Key, file: c.KeyFile, kept: filepath.Join(c.DataDir, keptKey),
		generates: ES256, allows: []string{ES256, HS256},
	}
}

func (c Config) evidence() source {
	return source{
		purpose: ForEvidence, variable: "SELENE_EVIDENCE_KEY", text: c.Evidence, file: c.EvidenceFile,
		kept: filepath.Join(c.DataDir, keptEvidence), generates: EdDSA, allows: []string{EdDSA},
	}
}

// Load returns the signer that c describes. The error is ErrWeakKey for a weak key outside development.
func Load(c Config) (*Signer, error) {
	s := &Signer{tokens: ring{source: c.tokens(), now: time.Now}, evidence: ring{source: c.evidence(), now: time.Now}}
	if err := s.tokens.load(); err != nil {
		return nil, err
	}
	if err := s.Weakness(); err != nil && !c.Development {
		return nil, fmt.Errorf(
			"%w: set SELENE_JWT_KEY to the output of `openssl rand -hex 32`, leave it unset to generate a key, or set env to development in the settings",
			err,
		)
	}
	if err := s.evidence.load(); err != nil {
		return nil, err
	}
	pseudonym, err := c.pseudonym()
	s.pseudonym = pseudonym
	return s, err
}

func (c Config) pseudonym() ([]byte, error) {
	text := []byte(c.Pseudonym)
	switch {
	case c.Pseudonym != "" && c.PseudonymFile != "":
		return nil, errors.New("both SELENE_PSEUDONYM_KEY and SELENE_PSEUDONYM_KEY_FILE are set: keep one")
	case c.PseudonymFile != "":
		var err error
		if text, err = os.ReadFile(c.PseudonymFile); err != nil {
			return nil, fmt.Errorf("read the key of pseudonyms (SELENE_PSEUDONYM_KEY_FILE): %w", err)
		}
	case c.Pseudonym == "":
		secret, _, err := kept.Keep(c.DataDir, keptPseudonym)
		return []byte(secret), err
	}
	key := []byte(strings.TrimSpace(string(text)))
	if err := weakness(key); err != nil && !c.Development {
		return nil, fmt.Errorf("SELENE_PSEUDONYM_KEY: %w: set it to the output of `openssl rand -hex 32`", err)
	}
	return key, nil
}
