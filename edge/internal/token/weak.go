package token

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/selene-liveness/selene/edge/internal/strength"
)

// ErrWeakKey is returned for an HS256 key that is easy to guess.
var ErrWeakKey = errors.New("the key is weak")

const (
	// minKey is the size of a SHA-256 digest, the minimum of RFC 7518 section 3.2.
	minKey = 32
	// minBits is the least entropy of the bytes, and of their differences, in bits per byte. Of 32 random bytes it is 4.9, of 32
	// random digits 3.1.
	minBits = 2.5
	// minGuesses of a text, as zxcvbn counts them: 96 bits. 32 random characters have 106 or more.
	minGuesses = 1 << 96
)

// wellKnownList holds keys of examples in documentation, libraries and tools: of JWT, and of Selene.
//
//go:embed wellknown.txt
var wellKnownList string

var wellKnown = func() map[string]bool {
	known := map[string]bool{}
	for _, k := range strings.Fields(wellKnownList) {
		known[plain(k)] = true
	}
	return known
}()

// plain returns the letters and digits of a text in lower case.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// weakness returns an ErrWeakKey with the reason, without any part of the key, or nil. What a key in hexadecimal or base64 stands
// for is rated too.
func weakness(key []byte) error {
	if len(key) < minKey {
		return fmt.Errorf("%w: it has %d bytes, HS256 needs %d", ErrWeakKey, len(key), minKey)
	}
	forms := [][]byte{key}
	text := strings.TrimRight(strings.TrimSpace(string(key)), "=")
	if b, err := hex.DecodeString(text); err == nil {
		forms = append(forms, b)
	} else {
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if b, err := e.DecodeString(text); err == nil {
				forms = append(forms, b)
				break
			}
		}
	}
	for _, form := range forms {
		if reason := easy(form); reason != "" {
			return fmt.Errorf("%w: %s", ErrWeakKey, reason)
		}
	}
	return nil
}

// hexadecimal is a text whose bytes are rated instead: it has letters, and no others than those of digits.
var hexadecimal = regexp.MustCompile(`^(?:[0-9]*[a-f][0-9a-f]*|[0-9]*[A-F][0-9A-F]*)$`)

// easy returns why bytes are easy to guess, or "".
func easy(b []byte) string {
	differences := make([]byte, 0, len(b))
	for i := range b[1:] {
		differences = append(differences, b[i+1]-b[i])
	}
	switch {
	case wellKnown[plain(string(b))]:
		return "it is well known"
	case entropy(b) < minBits:
		return "it has few different bytes"
	case entropy(differences) < minBits:
		return "its bytes are a sequence"
	case period(b) <= len(b)/2 && period(b) < minKey/2:
		return "it is a repetition"
	}
	if text := string(b); utf8.Valid(b) && strings.IndexFunc(text, unicode.IsControl) < 0 && !hexadecimal.Match(b) {
		if guesses, _ := strength.Guesses(text, ""); guesses < minGuesses || strength.Common(text, "") {
			return "it is made of common words, names, rows of keys, repetitions or dates"
		}
	}
	return ""
}

// entropy returns the entropy of the distribution of bytes, in bits per byte.
func entropy(b []byte) float64 {
	var counts [256]float64
	for _, v := range b {
		counts[v]++
	}
	sum := 0.0
	for _, n := range counts {
		if n > 0 {
			p := n / float64(len(b))
			sum -= p * math.Log2(p)
		}
	}
	return sum
}

// period returns the length of the shortest start of b whose repetition begins with b.
func period(b []byte) int {
	for p := 1; p < len(b); p++ {
		if bytes.Equal(b[p:], b[:len(b)-p]) {
			return p
		}
	}
	return len(b)
}
