package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// JWKS is a JSON Web Key Set.
type JWKS struct {
	Keys []JWK `json:"keys"`
}

// JWK is a public key: P-256, RFC 7518 section 6.2, or Ed25519, RFC 8037 section 2. Coordinates are 32 bytes, base64url
// without padding.
type JWK struct {
	Type      string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Y         string `json:"y,omitempty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"` // thumbprint, RFC 7638
}

const coordinate = 32

func publicJWK(key *ecdsa.PublicKey) (JWK, error) {
	point, err := key.Bytes() // 4, X, Y
	if err != nil {
		return JWK{}, fmt.Errorf("read the public half of the token key: %w", err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	x, y := b64(point[1:1+coordinate]), b64(point[1+coordinate:])
	thumb := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}`))
	return JWK{Type: "EC", Curve: "P-256", X: x, Y: y, Use: "sig", Algorithm: "ES256", ID: b64(thumb[:])}, nil
}

func edwardsJWK(key ed25519.PublicKey) JWK {
	b64 := base64.RawURLEncoding.EncodeToString
	x := b64(key)
	thumb := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`))
	return JWK{Type: "OKP", Curve: "Ed25519", X: x, Use: "sig", Algorithm: "EdDSA", ID: b64(thumb[:])}
}
