package token

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// kidOf returns the key ID of a token that verifies with a key of the published ones of s, and "" for others.
func kidOf(t *testing.T, s *Signer, text string) (id string) {
	t.Helper()
	_, err := jwt.Parse(text, func(tok *jwt.Token) (any, error) {
		id, _ = tok.Header["kid"].(string)
		for _, r := range []*ring{&s.tokens, &s.evidence} {
			for _, k := range r.state.Load().keys {
				if k.id == id && k.public == nil {
					return k.private, nil
				}
			}
			if key := r.public(id); key != nil {
				return key, nil
			}
		}
		return nil, errors.New("unknown")
	})
	if err != nil {
		return ""
	}
	return id
}

func TestRotationOverlaps(t *testing.T) {
	for _, algorithm := range []string{"", HS256} {
		c := Config{DataDir: t.TempDir()}
		now := time.Now()
		s := load(t, c)
		s.tokens.now = func() time.Time { return now }
		before := sign(t, s)
		first := kidOf(t, s, before)
		added, secret, err := c.Rotate(ForTokens, algorithm)
		if err != nil || (secret != "") != (algorithm == HS256) {
			t.Fatalf("rotate %s: %+v, %v", algorithm, added, err)
		}
		if err := s.tokens.follow(); err != nil {
			t.Fatal(err)
		}
		if published := len(s.JWKS().Keys); algorithm == "" && published != 3 {
			t.Errorf("%d keys are published", published)
		}
		if id := kidOf(t, s, sign(t, s)); id != first {
			t.Errorf("a key that nobody has seen yet signs: %s", id)
		}
		now = now.Add(Publish + time.Second)
		after := sign(t, s)
		if id := kidOf(t, s, after); id != added.ID {
			t.Errorf("signed by %s, not %s", id, added.ID)
		}
		if kidOf(t, s, before) != first {
			t.Error("what the key before signed does not verify")
		}
		if err := c.Remove(ForTokens, first); err != nil {
			t.Fatal(err)
		}
		if err := s.tokens.follow(); err != nil {
			t.Fatal(err)
		}
		if kidOf(t, s, before) != "" || kidOf(t, s, after) != added.ID {
			t.Error("the removed key verifies, or the other one does not")
		}
		if err := c.Remove(ForTokens, added.ID); err == nil {
			t.Error("the last key was removed")
		}
		if other := load(t, c); kidOf(t, other, after) != added.ID {
			t.Error("another edge has other keys")
		}
		if left, _ := os.ReadDir(c.DataDir); len(left) != 3 {
			t.Errorf("left: %v", left)
		}
	}
}

func TestDamagedChangeIsNotUsed(t *testing.T) {
	c := Config{DataDir: t.TempDir()}
	s := load(t, c)
	before := sign(t, s)
	path := filepath.Join(c.DataDir, keptKey)
	if err := os.WriteFile(path, []byte("-----BEGIN nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := s.tokens.follow(); err == nil {
		t.Error("a damaged file was taken")
	}
	if kidOf(t, s, before) == "" || kidOf(t, s, sign(t, s)) == "" {
		t.Error("the keys before are gone")
	}
}

// Whoever verifies HS256 has the secret. The key of recordings that earlier versions derived from it is not trusted, unless the
// operator says so.
func TestTokenKeyDoesNotForgeEvidence(t *testing.T) {
	c := Config{Key: strong, DataDir: t.TempDir()}
	s := load(t, c)
	mac := hmac.New(sha256.New, []byte(strong))
	mac.Write([]byte("selene: key of recordings, 1"))
	private := ed25519.NewKeyFromSeed(mac.Sum(nil))
	id := edwardsJWK(private.Public().(ed25519.PublicKey)).ID
	forged := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{"head": "x"})
	forged.Header["kid"] = id
	text, err := forged.SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	if kidOf(t, s, text) != "" || s.EvidenceKey(id) != nil {
		t.Fatal("evidence was forged with the token key")
	}
	added, err := c.AddDerived()
	if err != nil || len(added) != 1 || added[0] != id {
		t.Fatalf("got %v, %v", added, err)
	}
	if again, err := c.AddDerived(); err != nil || len(again) != 0 {
		t.Errorf("got %v, %v", again, err)
	}
	if err := s.evidence.follow(); err != nil {
		t.Fatal(err)
	}
	if kidOf(t, s, text) != id {
		t.Error("old recordings do not verify")
	}
	fresh, err := s.SignEvidence(jwt.MapClaims{"head": "x"})
	if err != nil || kidOf(t, s, fresh) == id {
		t.Errorf("the old key signs: %v", err)
	}
	keys, err := c.Keys()
	if err != nil || len(keys) != 3 || keys[1].Use != "signs" || keys[2].Use != "verifies" {
		t.Errorf("got %+v, %v", keys, err)
	}
}

func TestWrongKindsOfKeys(t *testing.T) {
	evidence, err := generateKey(EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := generateKey(ES256)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]Config{
		"EdDSA for tokens":    {Key: Secret(formatKeys([]*key{evidence}))},
		"ES256 for evidence":  {Evidence: Secret(formatKeys([]*key{tokens}))},
		"secret for evidence": {Evidence: strong},
		"weak pseudonyms":     {Pseudonym: "passwordpasswordpasswordpassword"},
		"two of evidence":     {Evidence: Secret(formatKeys([]*key{evidence})), EvidenceFile: "x"},
	} {
		c.DataDir = t.TempDir()
		if _, err := Load(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, _, err := (Config{Key: strong, DataDir: t.TempDir()}).Rotate(ForTokens, ""); !errors.Is(err, ErrNoFile) || !strings.Contains(err.Error(), "SELENE_JWT_KEY") {
		t.Errorf("got %v", err)
	}
}

// Edges that were given a token key alone generate the others, each its own.
func TestEdgesCompareTheirKeys(t *testing.T) {
	c := Config{Key: strong, DataDir: t.TempDir()}
	one, same, other := load(t, c), load(t, c), load(t, Config{Key: strong})
	if got := one.Unknown(same.Marks()); len(got) > 0 {
		t.Errorf("the same keys differ: %v", got)
	}
	if got := strings.Join(one.Unknown(other.Marks()), " "); got != "evidence pseudonyms" {
		t.Errorf("got %q", got)
	}
	if got := one.Unknown(load(t, Config{DataDir: t.TempDir()}).Marks()); len(got) != 3 {
		t.Errorf("got %v", got)
	}
	if got := one.Unknown([]byte("{}")); got != nil { // of an earlier version
		t.Errorf("got %v", got)
	}
}
