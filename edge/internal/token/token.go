// Package token signs the tokens of sessions that passed and recordings, and stores generated secrets.
package token

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/selene-liveness/selene/schemas"
)

// Signer signs tokens and recordings, each with keys of their own. It is safe for concurrent use.
type Signer struct {
	tokens    ring
	evidence  ring
	pseudonym []byte
}

// followEvery is how often the files of the keys are looked at.
const followEvery = 5 * time.Second

// Run takes up changes of the files of keys until ctx is done, then returns nil.
func (s *Signer) Run(ctx context.Context) error {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	failed := map[string]string{} // what was logged
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		for _, r := range []*ring{&s.tokens, &s.evidence} {
			if err := r.follow(); err != nil && failed[r.purpose] != err.Error() {
				failed[r.purpose] = err.Error()
				slog.Error("the changed keys are not used, those before are", "keys", r.purpose, "error", err)
			}
		}
	}
}

// Algorithm returns HS256 or ES256.
func (s *Signer) Algorithm() string {
	return s.tokens.state.Load().signing(s.tokens.now()).method.Alg()
}

// Weakness returns an ErrWeakKey with the reason if a token key is weak, otherwise nil.
func (s *Signer) Weakness() error { return s.tokens.state.Load().weakness }

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
	text, err := s.tokens.sign(claims{c})
	if err != nil {
		return "", fmt.Errorf("sign the token of session %s: %w", c.ID, err)
	}
	return text, nil
}

// SignEvidence returns the compact JWS over claims. EvidenceKey verifies it.
func (s *Signer) SignEvidence(claims jwt.Claims) (string, error) { return s.evidence.sign(claims) }

// EvidenceKey returns the public key of recordings with an ID, or nil if it is unknown.
func (s *Signer) EvidenceKey(id string) ed25519.PublicKey {
	key, _ := s.evidence.public(id).(ed25519.PublicKey)
	return key
}

// Pseudonym returns a name for a text, from which nobody without the key of pseudonyms can tell the text.
func (s *Signer) Pseudonym(text string) string {
	mac := hmac.New(sha256.New, s.pseudonym)
	mac.Write([]byte("selene: pseudonym, 1: " + text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// JWKS returns the keys that verify tokens and recordings, as in RFC 7517. It never contains an HS256 key.
func (s *Signer) JWKS() JWKS {
	return JWKS{Keys: append(append([]JWK{}, s.tokens.jwks()...), s.evidence.jwks()...)}
}
