// Package seal encrypts what is stored about sessions: messages and values as a whole, files in chunks that can be read in any
// order. Each session has random keys of its own, which are stored encrypted with the master key of the installation. Who destroys
// the stored key of a session has erased what it encrypted, wherever copies of that are.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
)

// KeySize is the size of every key in bytes.
const KeySize = 32

// Overhead is the number of bytes by which Seal makes data longer.
const Overhead = 12 + 16 // nonce and tag

// ErrAltered is returned for data that do not open: they were altered, moved, or sealed with another key.
var ErrAltered = errors.New("the stored data cannot be opened: they were altered, or belong elsewhere")

// Key encrypts messages and files of one session. It is safe for concurrent use.
type Key struct {
	secret []byte
	aead   cipher.AEAD
}

// NewKey returns a random key.
func NewKey() *Key {
	secret := make([]byte, KeySize)
	rand.Read(secret) // never fails: without random numbers the program ends
	return newKey(secret)
}

func newKey(secret []byte) *Key {
	block, err := aes.NewCipher(secret)
	if err != nil {
		panic(err) // a key of another size
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // not AES
	}
	return &Key{secret, aead}
}

// Seal returns the data encrypted with AES-256-GCM (NIST SP 800-38D), as nonce, ciphertext and tag. Open returns them for the same
// place only, such as a subject.
func (k *Key) Seal(data []byte, place string) []byte {
	return k.aead.Seal(make([]byte, 0, len(data)+Overhead), nil, data, []byte(place)) //nolint:gosec // the AEAD draws the nonce
}

// Open returns the data that Seal encrypted. It returns ErrAltered for anything else.
func (k *Key) Open(sealed []byte, place string) ([]byte, error) {
	data, err := k.aead.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, ErrAltered)
	}
	return data, nil
}
