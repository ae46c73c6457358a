package token

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/selene-liveness/selene/streams/kept"
)

// The algorithms of keys, as in RFC 7518 and RFC 8037.
const (
	HS256 = "HS256"
	ES256 = "ES256"
	EdDSA = "EdDSA"
)

// The types of PEM blocks in a file of keys. A block of a secret holds its bytes as they are.
const (
	blockSecret  = "HS256 KEY"
	blockPrivate = "PRIVATE KEY"
	blockEC      = "EC PRIVATE KEY"
	blockPublic  = "PUBLIC KEY"
)

// key is one key of a ring. A key without a private part, or secret, only verifies.
type key struct {
	id      string // thumbprint of the public part by RFC 7638; of a secret, a name from which nobody can tell it
	method  jwt.SigningMethod
	private any              // []byte, *ecdsa.PrivateKey or ed25519.PrivateKey
	public  crypto.PublicKey // nil for a secret
	jwk     JWK              // of the public part
	block   *pem.Block
}

func (k *key) signs() bool { return k.private != nil }

const pemStart = "-----BEGIN "

// parseKeys returns the keys in a text: PEM blocks, the first of which signs, or the bytes of one secret.
func parseKeys(text []byte) ([]*key, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte(pemStart)) {
		return []*key{secretKey(text)}, nil
	}
	var keys []*key
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "EC PARAMETERS" { // of openssl
			continue
		}
		k, err := parseBlock(block)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 || !keys[0].signs() {
		return nil, errors.New("the PEM text does not begin with a private key (create one with `openssl ecparam -name prime256v1 -genkey -noout`)")
	}
	return keys, nil
}

func parseBlock(block *pem.Block) (*key, error) {
	if block.Type == blockSecret {
		return secretKey(block.Bytes), nil
	}
	var parsed any
	var err error
	switch block.Type {
	case blockPrivate:
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case blockEC:
		parsed, err = x509.ParseECPrivateKey(block.Bytes)
	case blockPublic:
		parsed, err = x509.ParsePKIXPublicKey(block.Bytes)
	default:
		return nil, fmt.Errorf("a PEM block is a %.40q: only private and public keys are used", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("read the PEM block of a %s: %w", block.Type, err)
	}
	return newKey(parsed, block)
}

func newKey(parsed any, block *pem.Block) (*key, error) {
	k := &key{block: block}
	var err error
	switch parsed := parsed.(type) {
	case *ecdsa.PrivateKey:
		k.private, k.public = parsed, &parsed.PublicKey
	case ed25519.PrivateKey:
		k.private, k.public = parsed, parsed.Public()
	default:
		k.public = parsed
	}
	switch public := k.public.(type) {
	case *ecdsa.PublicKey:
		if public.Curve != elliptic.P256() {
			return nil, fmt.Errorf("a PEM key is on curve %s, ES256 needs P-256", public.Curve.Params().Name)
		}
		k.method = jwt.SigningMethodES256
		k.jwk, err = publicJWK(public)
	case ed25519.PublicKey:
		k.method, k.jwk = jwt.SigningMethodEdDSA, edwardsJWK(public)
	default:
		err = fmt.Errorf("a PEM key is a %T: use EC P-256 or Ed25519", parsed)
	}
	k.id = k.jwk.ID
	return k, err
}

func secretKey(secret []byte) *key {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("selene: key ID, 1"))
	return &key{
		id: base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16]), method: jwt.SigningMethodHS256, private: secret,
		block: &pem.Block{Type: blockSecret, Bytes: secret},
	}
}

// generateKey returns a random key of an algorithm. A secret is the text of 64 hexadecimal digits.
func generateKey(algorithm string) (*key, error) {
	var private any
	var err error
	switch algorithm {
	case HS256:
		return secretKey([]byte(hex.EncodeToString(kept.Random(kept.Size)))), nil
	case ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		return nil, fmt.Errorf("the algorithm is %.20q: use %s or %s", algorithm, ES256, HS256)
	}
	if err != nil {
		return nil, fmt.Errorf("generate a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("encode a new key: %w", err)
	}
	return newKey(private, &pem.Block{Type: blockPrivate, Bytes: der})
}

func formatKeys(keys []*key) []byte {
	var text []byte
	for _, k := range keys {
		text = append(text, pem.EncodeToMemory(k.block)...)
	}
	return text
}
