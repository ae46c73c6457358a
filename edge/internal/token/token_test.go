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

const strong = "b7c12d4fe98a03561f0d7c2ae4935b68"

// load fills in a data folder where keys of evidence and pseudonyms are kept.
func load(t *testing.T, c Config) *Signer {
	t.Helper()
	if c.DataDir == "" {
		c.DataDir = t.TempDir()
	}
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
	const want = "eyJhbGciOiJIUzI1NiIsImtpZCI6IkRvQ09GeTRjQzlzSmlCeE5iVWJYX3ciLCJ0eXAiOiJKV1QifQ." +
		"eyJpc09rIjp0cnVlLCJlcnJvcnMiOltdLCJiZXN0c2hvdCI6IkFRSUQiLCJlc3RpbWF0aW9ucyI6eyJhZ3MiOm51bGwsImRlZXBmYWtlIjpudWxsLCJsaXZlbmVzcyI6bnVsbH0sImlhdCI6MTcwMDAwMDAwMCwianRpIjoiM2U3YThmMWMtNmY1NC00YzNlLTlmM2UtMGQxZjZmN2U5YTEwIn0." +
		"fw7VfwhnH2kLF2X3DFMsE6PFSaFT52WWE2zVi0b_CNo"
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
		set := s.JWKS()
		if len(set.Keys) != 2 {
			t.Fatalf("got %+v", set)
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
	set := load(t, Config{Key: strong}).JWKS()
	if len(set.Keys) != 1 || set.Keys[0].Type != "OKP" { // that of recordings
		t.Fatalf("got %+v", set)
	}
}

func TestRecordingsVerifyWithThePublishedKey(t *testing.T) {
	for _, key := range []Secret{strong, Secret(ecPEM(t, elliptic.P256(), true))} {
		dir := t.TempDir()
		s := load(t, Config{Key: key, DataDir: dir})
		text, err := s.SignEvidence(jwt.MapClaims{"head": "x"})
		if err != nil {
			t.Fatal(err)
		}
		set := load(t, Config{Key: key, DataDir: dir}).JWKS() // of another edge with the same keys
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
		_, err := Load(Config{Key: key, DataDir: t.TempDir()})
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
		if _, err := Load(Config{Key: Secret(key), DataDir: t.TempDir(), Development: true}); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := Load(Config{Key: strong, KeyFile: "x"}); err == nil {
		t.Error("two keys were taken")
	}
}

func TestGeneratedKeysAreKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	got := make([]string, 8)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			if s, err := Load(Config{DataDir: dir}); err == nil {
				data, _ := json.Marshal(s.JWKS())
				got[i] = string(data) + s.Pseudonym("x")
			}
		})
	}
	all.Wait()
	s := load(t, Config{DataDir: dir})
	data, _ := json.Marshal(s.JWKS())
	for _, text := range got {
		if want := string(data) + s.Pseudonym("x"); text != want {
			t.Fatalf("processes have different keys: %q, %q", text, want)
		}
	}
	if s.Algorithm() != ES256 || len(s.JWKS().Keys) != 2 {
		t.Errorf("generated: %s, %s", s.Algorithm(), data)
	}
	for _, name := range []string{keptKey, keptEvidence, keptPseudonym} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("got mode %v, %v", info, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 3 {
		t.Fatalf("left in the data directory: %v", left)
	}
	for _, name := range []string{keptKey, keptEvidence, keptPseudonym} {
		was, err := os.ReadFile(filepath.Join(dir, name))
		if err := errors.Join(err, os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600)); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(Config{DataDir: dir}); err == nil {
			t.Fatalf("a damaged %s was taken", name)
		}
		if err := os.WriteFile(filepath.Join(dir, name), was, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A secret that an earlier version generated goes on signing with HS256.
func TestKeptSecretStays(t *testing.T) {
	dir := t.TempDir()
	const kept = "5d0a6f2c81b94e7735f1c8d20e6ab9437c1e5f08d2a3b6c49e8f7a1b0c2d3e4f"
	if err := os.WriteFile(filepath.Join(dir, keptKey), []byte(kept+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := load(t, Config{DataDir: dir}); s.Algorithm() != HS256 || sign(t, s) != sign(t, load(t, Config{Key: kept})) {
		t.Error("the secret of an earlier version was replaced")
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
