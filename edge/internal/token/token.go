// Package token signs the tokens of sessions that passed, and stores generated secrets.
package token

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/selene-liveness/selene/schemas"
)

// minKey is the size of a SHA-256 digest, the minimum of RFC 7518 section 3.2.
const minKey = 32

// wellKnownKey is the default key of systems from which a configuration may have been copied.
const wellKnownKey = "secret"

// Signer signs tokens with one key. It is safe for concurrent use.
type Signer struct {
	method jwt.SigningMethod
	key    any // []byte or *ecdsa.PrivateKey
	id     string

	evidence ed25519.PrivateKey
}

func newSigner(key []byte) (*Signer, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(key), []byte("-----BEGIN ")) {
		return &Signer{method: jwt.SigningMethodHS256, key: key, evidence: evidenceKey(key)}, nil
	}
	ec, err := jwt.ParseECPrivateKeyFromPEM(key)
	if err != nil {
		return nil, fmt.Errorf(
			"the PEM token key is not an elliptic-curve private key: %w (create one with `openssl ecparam -name prime256v1 -genkey -noout`)",
			err,
		)
	}
	if ec.Curve != elliptic.P256() {
		return nil, fmt.Errorf("the PEM token key is on curve %s, ES256 needs P-256", ec.Curve.Params().Name)
	}
	scalar, err := ec.Bytes()
	if err != nil {
		return nil, fmt.Errorf("read the token key: %w", err)
	}
	s := &Signer{method: jwt.SigningMethodES256, key: ec, evidence: evidenceKey(scalar)}
	jwk, err := publicJWK(&ec.PublicKey)
	if err != nil {
		return nil, err
	}
	s.id = jwk.ID
	return s, nil
}

// Algorithm returns HS256 or ES256.
func (s *Signer) Algorithm() string { return s.method.Alg() }

// Weakness returns an ErrWeakKey with the reason if the key is weak, otherwise nil.
func (s *Signer) Weakness() error {
	key, ok := s.key.([]byte)
	switch {
	case !ok:
		return nil
	case string(key) == wellKnownKey:
		return fmt.Errorf("%w: %q is well known", ErrWeakKey, wellKnownKey)
	case len(key) < minKey:
		return fmt.Errorf("%w: it has %d bytes, HS256 needs %d", ErrWeakKey, len(key), minKey)
	}
	return nil
}

// claims is the payload, with the methods that the library needs.
type claims struct{ schemas.Claims }

func (claims) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }
func (claims) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil }
func (claims) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (claims) GetIssuer() (string, error)                   { return "", nil }
func (claims) GetSubject() (string, error)                  { return "", nil }
func (claims) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }

// Sign returns the compact JWT with c as its payload.
func (s *Signer) Sign(c schemas.Claims) (string, error) {
	t := jwt.NewWithClaims(s.method, claims{c})
	if s.id != "" {
		t.Header["kid"] = s.id
	}
	text, err := t.SignedString(s.key)
	if err != nil {
		return "", fmt.Errorf("sign the token of session %s: %w", c.ID, err)
	}
	return text, nil
}

// JWKS returns the keys that verify tokens and recordings, as in RFC 7517. It never contains an HS256 key.
func (s *Signer) JWKS() (JWKS, error) {
	set := JWKS{Keys: []JWK{}}
	if ec, ok := s.key.(*ecdsa.PrivateKey); ok {
		jwk, err := publicJWK(&ec.PublicKey)
		if err != nil {
			return set, err
		}
		set.Keys = append(set.Keys, jwk)
	}
	set.Keys = append(set.Keys, evidenceJWK(s.Evidence()))
	return set, nil
}
