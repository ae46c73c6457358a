package account

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
)

// Lengths of passwords, in characters and in bytes.
const (
	minPassword = 12
	maxPassword = 1024
)

const (
	rated     = 64 // characters whose strength is rated: the time grows with the square
	minRating = 3  // of 0 to 4: 100 million guesses or more
)

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

// ownLetters is the number of letters that a password has to have besides common words, if it has any.
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

// isCommon reports whether a password consists of common words and the user's name, whatever digits and signs are between them.
func isCommon(user, password string) bool {
	left := letters(password)
	all := len(left)
	for _, w := range append([]string{letters(user)}, common...) {
		if w != "" {
			left = strings.ReplaceAll(left, w, "")
		}
	}
	return len(left) < all && utf8.RuneCountInString(left) < ownLetters
}

// checkPassword refuses passwords that are too easy to guess: short ones, and those that consist of common words and passwords, the
// user's own name, rows of keys, repetitions, sequences and dates, as the estimator of Wheeler (zxcvbn, USENIX Security 2016) rates
// them.
func checkPassword(user, password string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return invalid("password", fmt.Sprintf("must have at least %d characters", minPassword))
	case len(password) > maxPassword:
		return invalid("password", fmt.Sprintf("must have at most %d bytes", maxPassword))
	case !utf8.ValidString(password):
		return invalid("password", "must be UTF-8")
	}
	start := []rune(password)
	start = start[:min(len(start), rated)]
	if isCommon(user, password) || zxcvbn.PasswordStrength(string(start), []string{user}).Score < minRating {
		return invalid("password", "is too easy to guess: it is common, or made of common words, names, rows of keys, repetitions or dates; "+
			"use a few words that have nothing to do with each other, or a password manager")
	}
	return nil
}
