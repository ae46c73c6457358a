package evidence

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// Seal is the signed description of all evidence of a session.
type Seal struct {
	Session   string `json:"session"`
	Chain     string `json:"chain"` // of the last decision, in hexadecimal
	Frames    int    `json:"frames"`
	Verdicts  int    `json:"verdicts"`
	Decisions int    `json:"decisions"`
	Sum       string `json:"sum"` // SHA-256 of the digests of all frames, then of all verdicts, then of all decisions
	IssuedAt  int64  `json:"iat"`
}

// ErrUnknownKey is returned for what was signed with a key that is not known.
var ErrUnknownKey = errors.New("not signed by a known key")

// ErrIncomplete is returned for evidence that is genuine as far as it is there.
var ErrIncomplete = errors.New("evidence is not complete")

// Claims is signed content that never expires: its registered claims stay empty.
type Claims[T any] struct {
	jwt.RegisteredClaims
	Content T
}

// MarshalJSON encodes the content alone.
func (c Claims[T]) MarshalJSON() ([]byte, error) { return json.Marshal(c.Content) }

// UnmarshalJSON decodes the content alone.
func (c *Claims[T]) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &c.Content) }

// Read returns the content of a compact JWS (EdDSA). keys returns the public key with an ID, or nil. The error is ErrUnknownKey for
// an unknown key.
func Read[T any](text string, keys func(id string) ed25519.PublicKey) (content T, err error) {
	id := ""
	var signed Claims[T]
	_, err = jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithoutClaimsValidation()).ParseWithClaims(
		text, &signed, func(t *jwt.Token) (any, error) {
			id, _ = t.Header["kid"].(string)
			key := keys(id)
			if key == nil {
				return nil, ErrUnknownKey
			}
			return key, nil
		})
	if errors.Is(err, ErrUnknownKey) {
		return content, fmt.Errorf("%w: key %.80q", ErrUnknownKey, id)
	}
	return signed.Content, err
}

// Check compares what a walk has met with a seal. The error wraps ErrIncomplete if less is there than was sealed.
func (s Seal) Check(w *Walk, session string) error {
	is := w.Seal(session)
	is.IssuedAt = s.IssuedAt
	switch {
	case s.Session != session:
		return errors.New("the seal is that of another session")
	case is.Frames > s.Frames, is.Verdicts > s.Verdicts, is.Decisions > s.Decisions:
		return fmt.Errorf(
			"something was added after the session was sealed: there are %d frames, %d verdicts and %d decisions, sealed are %d, %d and %d",
			is.Frames, is.Verdicts, is.Decisions, s.Frames, s.Verdicts, s.Decisions,
		)
	case is.Decisions < s.Decisions, is.Chain != s.Chain:
		return errors.New("the decisions are not those that were sealed")
	case is.Frames < s.Frames, is.Verdicts < s.Verdicts:
		return fmt.Errorf("%w: %d of %d sealed frames and %d of %d sealed verdicts are there", ErrIncomplete, is.Frames, s.Frames, is.Verdicts, s.Verdicts)
	case is != s:
		return errors.New("frames or verdicts are not those that were sealed, or not in their order")
	}
	return nil
}
