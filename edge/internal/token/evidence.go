package token

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/golang-jwt/jwt/v5"
)

// evidenceKey returns the key that signs recordings. It is derived from the token key, so that all edges with the same token
// key sign recordings alike, and there is only one secret to store.
func evidenceKey(secret []byte) ed25519.PrivateKey {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("selene: key of recordings, 1"))
	return ed25519.NewKeyFromSeed(mac.Sum(nil))
}

// Evidence returns the public key that verifies recordings signed by this signer.
func (s *Signer) Evidence() ed25519.PublicKey { return s.evidence.Public().(ed25519.PublicKey) }

// EvidenceID returns the key ID of a public key of recordings, its thumbprint by RFC 7638.
func EvidenceID(key ed25519.PublicKey) string { return evidenceJWK(key).ID }

// SignEvidence returns the compact JWS over claims. Evidence verifies it.
func (s *Signer) SignEvidence(claims jwt.Claims) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	t.Header["kid"] = EvidenceID(s.Evidence())
	return t.SignedString(s.evidence)
}

// Pseudonym returns a name for a text, from which nobody without the token key can tell the text.
func (s *Signer) Pseudonym(text string) string {
	mac := hmac.New(sha256.New, s.evidence.Seed())
	mac.Write([]byte("selene: pseudonym, 1: " + text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

func evidenceJWK(key ed25519.PublicKey) JWK {
	b64 := base64.RawURLEncoding.EncodeToString
	x := b64(key)
	thumb := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`))
	return JWK{Type: "OKP", Curve: "Ed25519", X: x, Use: "sig", Algorithm: "EdDSA", ID: b64(thumb[:])}
}
