package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/selene-liveness/selene/schemas"
)

var sample = schemas.Claims{
	IsOK: true, Errors: []int32{}, BestShot: "AQID", Estimations: &schemas.ClientEstimations{},
	IssuedAt: 1700000000, ID: "3e7a8f1c-6f54-4c3e-9f3e-0d1f6f7e9a10",
}

const strong = "0123456789abcdef0123456789abcdef"

func load(t *testing.T, c Config) *Signer {
	t.Helper()
	s, err := Load(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sign(t *testing.T, s *Signer) string {
	t.Helper()
	text, err := s.Sign(sample)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func ecPEM(t *testing.T, curve elliptic.Curve, pkcs8 bool) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block := &pem.Block{Type: "EC PRIVATE KEY"}
	if block.Bytes, err = x509.MarshalECPrivateKey(key); pkcs8 {
		block.Type = "PRIVATE KEY"
		block.Bytes, err = x509.MarshalPKCS8PrivateKey(key)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}

// The vector was computed with another language's HMAC.
func TestHS256Vector(t *testing.T) {
	const want = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." +
		"eyJpc09rIjp0cnVlLCJlcnJvcnMiOltdLCJiZXN0c2hvdCI6IkFRSUQiLCJlc3RpbWF0aW9ucyI6eyJhZ3MiOm51bGwsImRlZXBmYWtlIjpudWxsLCJsaXZlbmVzcyI6bnVsbH0sImlhdCI6MTcwMDAwMDAwMCwianRpIjoiM2U3YThmMWMtNmY1NC00YzNlLTlmM2UtMGQxZjZmN2U5YTEwIn0." +
		"DMiJy6XKJ0s6-7lNFagw2UKGRHgfQ3L-tePMhmNbmRc"
	if got := sign(t, load(t, Config{Key: strong})); got != want {
		t.Fatalf("got\n%s, want\n%s", got, want)
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(strong+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := sign(t, load(t, Config{KeyFile: file})); got != want {
		t.Fatalf("the key from a file differs: %s", got)
	}
}

func TestES256VerifiesWithThePublishedKey(t *testing.T) {
	for _, pkcs8 := range []bool{false, true} {
		s := load(t, Config{Key: Secret(ecPEM(t, elliptic.P256(), pkcs8))})
		text := sign(t, s)
		set, err := s.JWKS()
		if err != nil || len(set.Keys) != 2 {
			t.Fatalf("got %+v, %v", set, err)
		}
		jwk := set.Keys[0]
		x, errX := base64.RawURLEncoding.DecodeString(jwk.X)
		y, errY := base64.RawURLEncoding.DecodeString(jwk.Y)
		public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
		if err := errors.Join(errX, errY, err); err != nil {
			t.Fatal(err)
		}
		parsed, err := jwt.Parse(text, func(*jwt.Token) (any, error) { return public, nil }, jwt.WithValidMethods([]string{"ES256"}))
		if err != nil || parsed.Header["typ"] != "JWT" || parsed.Header["kid"] != jwk.ID {
			t.Fatalf("got %v, %v", parsed.Header, err)
		}
		if data, _ := json.Marshal(set); strings.Contains(string(data), `"d"`) {
			t.Fatalf("the private part is published: %s", data)
		}
		if _, err := jwt.Parse(text, func(*jwt.Token) (any, error) { return []byte(strong), nil }, jwt.WithValidMethods([]string{"HS256"})); err == nil {
			t.Fatal("an HS256 verifier took an ES256 token")
		}
	}
}

func TestHS256KeyIsNeverPublished(t *testing.T) {
	set, err := load(t, Config{Key: strong}).JWKS()
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 1 || set.Keys[0].Type != "OKP" { // that of recordings
		t.Fatalf("got %+v", set)
	}
}

func TestRecordingsVerifyWithThePublishedKey(t *testing.T) {
	for _, key := range []Secret{strong, Secret(ecPEM(t, elliptic.P256(), true))} {
		s := load(t, Config{Key: key})
		text, err := s.SignEvidence(jwt.MapClaims{"head": "x"})
		if err != nil {
			t.Fatal(err)
		}
		set, err := load(t, Config{Key: key}).JWKS() // of another edge with the same key
		if err != nil {
			t.Fatal(err)
		}
		jwk := set.Keys[len(set.Keys)-1]
		public, err := base64.RawURLEncoding.DecodeString(jwk.X)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := jwt.Parse(text, func(*jwt.Token) (any, error) { return ed25519.PublicKey(public), nil }, jwt.WithValidMethods([]string{"EdDSA"}))
		if err != nil || parsed.Header["kid"] != jwk.ID {
			t.Errorf("got %v, %v", parsed, err)
		}
		if data, _ := json.Marshal(set); strings.Contains(string(data), `"d"`) || strings.Contains(string(data), `"k"`) {
			t.Errorf("a private part is published: %s", data)
		}
	}
}

func TestRefusedKeys(t *testing.T) {
	for _, key := range []Secret{"secret", "x", Secret(strong[:31])} {
		_, err := Load(Config{Key: key})
		if !errors.Is(err, ErrWeakKey) || !strings.Contains(err.Error(), "SELENE_JWT_KEY") {
			t.Errorf("%q: got %v", string(key), err)
		}
		if strings.Contains(fmt.Sprint(err), strong[:31]) {
			t.Errorf("the error reveals the key: %v", err)
		}
		s := load(t, Config{Key: key, Development: true})
		if s.Weakness() == nil {
			t.Errorf("%q is weak in development too", string(key))
		}
	}
	for name, key := range map[string]string{
		"P-384":   ecPEM(t, elliptic.P384(), true),
		"no key":  "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"garbage": "-----BEGIN nothing",
	} {
		if _, err := Load(Config{Key: Secret(key), Development: true}); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := Load(Config{Key: strong, KeyFile: "x"}); err == nil {
		t.Error("two keys were taken")
	}
}

func TestGeneratedKeyIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	got := make([]string, 8)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			if s, err := Load(Config{DataDir: dir}); err == nil {
				got[i], _ = s.Sign(sample)
			}
		})
	}
	all.Wait()
	kept, err := os.ReadFile(filepath.Join(dir, keptKey))
	if err != nil {
		t.Fatal(err)
	}
	want := sign(t, load(t, Config{Key: Secret(strings.TrimSpace(string(kept)))}))
	for _, text := range got {
		if text != want {
			t.Fatalf("processes signed with different keys: %q, %q", text, want)
		}
	}
	info, err := os.Stat(filepath.Join(dir, keptKey))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("got mode %v, %v", info.Mode(), err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Fatalf("left in the data directory: %v", left)
	}
	if err := os.WriteFile(filepath.Join(dir, keptKey), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(Config{DataDir: dir}); err == nil {
		t.Fatal("a damaged key file was taken")
	}
}

func TestSecretIsPrintedAsStars(t *testing.T) {
	c := Config{Key: strong}
	data, _ := json.Marshal(c)
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "key", c.Key, "config", c)
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %s %q", c, c, c.Key, c.Key), string(data), logged.String()} {
		if strings.Contains(text, strong) {
			t.Errorf("printed %s", text)
		}
	}
}
