package account

import (
	"fmt"
	"unicode/utf8"

	"github.com/selene-liveness/selene/edge/internal/strength"
)

// Lengths of passwords, in characters and in bytes.
const (
	minPassword = 12
	maxPassword = 1024
)

const minRating = 3 // of 0 to 4: 100 million guesses or more

// checkPassword refuses passwords that are too easy to guess: short ones, and those that consist of common words and passwords, the
// user's own name, rows of keys, repetitions, sequences and dates.
func checkPassword(user, password string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return invalid("password", fmt.Sprintf("must have at least %d characters", minPassword))
	case len(password) > maxPassword:
		return invalid("password", fmt.Sprintf("must have at most %d bytes", maxPassword))
	case !utf8.ValidString(password):
		return invalid("password", "must be UTF-8")
	}
	if _, score := strength.Guesses(password, user); score < minRating || strength.Common(password, user) {
		return invalid("password", "is too easy to guess: it is common, or made of common words, names, rows of keys, repetitions or dates; "+
			"use a few words that have nothing to do with each other, or a password manager")
	}
	return nil
}
