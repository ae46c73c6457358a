// Package strength rates how easy a text is to guess.
package strength

import (
	"cmp"
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
)

// rated is the number of characters whose strength is rated: the time grows with the square.
const rated = 64

// commonList holds words that people choose where Selene runs. It adds to the lists of zxcvbn, which are in English and in Latin
// letters.
//
//go:embed common.txt
var commonList string

// common has the letters of the list, longer words first.
var common = func() []string {
	words := strings.Split(strings.TrimSpace(commonList), "\n")
	for i, w := range words {
		words[i] = letters(w)
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return words
}()

// ownLetters is the number of letters that a text has to have besides common words, if it has any.
const ownLetters = 4

// letters returns the letters of a text in lower case.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// Common reports whether a text consists of common words and own, such as the user's name, whatever digits and signs are between
// them.
func Common(text, own string) bool {
	left := letters(text)
	all := len(left)
	for _, w := range append([]string{letters(own)}, common...) {
		if w != "" {
			left = strings.ReplaceAll(left, w, "")
		}
	}
	return len(left) < all && utf8.RuneCountInString(left) < ownLetters
}

// Guesses returns how many guesses it takes to find the first 64 characters of a text, and a score from 0 to 4, as the estimator of
// Wheeler (zxcvbn, USENIX Security 2016) rates common words and passwords, rows of keys, repetitions, sequences and dates. own is
// known to whoever guesses.
func Guesses(text, own string) (guesses float64, score int) {
	start := []rune(text)
	start = start[:min(len(start), rated)]
	r := zxcvbn.PasswordStrength(string(start), []string{own})
	return r.Guesses, r.Score
}
