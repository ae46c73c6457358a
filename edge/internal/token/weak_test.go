package token

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestWeakKeys(t *testing.T) {
	counting := make([]byte, 64)
	for i := range counting {
		counting[i] = byte(i)
	}
	for _, key := range []string{
		strings.Repeat("password", 4), strings.Repeat("a", 32), string(make([]byte, 32)), string(counting[:32]), string(counting),
		strings.Repeat("\xff\x00", 32), "0123456789abcdef0123456789abcdef", "0123456789012345678901234567890123456789",
		"a-string-secret-at-least-256-bits-long", "A_STRING_SECRET_AT_LEAST_256_BITS_LONG", "Selene-Selene-Selene-Selene-Selene-2026!",
		"qwertyuiopasdfghjklzxcvbnm1234567890", "administrator-administrator-administrator", "changemechangemechangemechangeme",
		"this is the secret key of the server", "correct horse battery staple correct horse battery staple",
		"404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970",
		hex.EncodeToString(counting[:32]), base64.StdEncoding.EncodeToString(counting[:32]), hex.EncodeToString(make([]byte, 32)),
		hex.EncodeToString([]byte(strings.Repeat("password", 4))), base64.StdEncoding.EncodeToString([]byte(strings.Repeat("secret", 8))),
		"20261127202611272026112720261127", "йцукенгшщзхъйцукенгшщзхъ",
	} {
		if _, err := Load(Config{Key: Secret(key), DataDir: t.TempDir()}); !errors.Is(err, ErrWeakKey) {
			t.Errorf("%q: %v", key, err)
		} else if len(key) > 8 && strings.Contains(err.Error(), key[:8]) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

// No random key of many is taken for a weak one.
func TestRandomKeysAreStrong(t *testing.T) {
	rest := rand.NewChaCha8([32]byte{8})
	for i := range 200 {
		b := make([]byte, 32)
		rest.Read(b)
		for _, key := range []string{
			string(b), hex.EncodeToString(b), hex.EncodeToString(b[:16]), base64.StdEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b[:24]),
		} {
			if err := weakness([]byte(key)); err != nil {
				t.Fatalf("key %d, %q: %v", i, key, err)
			}
		}
	}
}

var example = regexp.MustCompile(`SELENE_(?:JWT|PSEUDONYM)_KEY[=:]\s*"?([^\s"'` + "`" + `]+)`)

// What the pages show as a key is either made by a command or refused.
func TestKeysOfExamplesAreWeak(t *testing.T) {
	found := 0
	for _, page := range []string{"README.md", "SECURITY.md", "edge/README.md", "deploy/README.md", "deploy/compose.yaml"} {
		text, err := os.ReadFile(filepath.Join("../../..", page))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range example.FindAllStringSubmatch(string(text), -1) {
			found++
			if key := m[1]; !strings.HasPrefix(key, "$") && weakness([]byte(key)) == nil {
				t.Errorf("%s shows %q, which is accepted", page, key)
			}
		}
	}
	t.Logf("%d keys in pages", found)
}
