package seal

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
)

// Master encrypts the keys of sessions with the newest of the master keys, and decrypts them with any of them. It is safe for
// concurrent use.
type Master struct {
	keys []masterKey // the newest first
}

type masterKey struct {
	id  []byte
	key *Key
}

// wrappedVersion begins every wrapped key, before the ID of the master key.
const (
	wrappedVersion = 1
	idSize         = 8
	wrappedSize    = 1 + idSize + KeySize + Overhead
)

// ErrMaster is returned for a key that none of the master keys decrypts.
var ErrMaster = errors.New("the master key is another one than that by which the data were stored")

// NewMaster returns the master of keys of KeySize bytes each, the newest first.
func NewMaster(newest []byte, older ...[]byte) *Master {
	m := &Master{}
	for _, secret := range append([][]byte{newest}, older...) {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte("selene: ID of a master key, 1"))
		m.keys = append(m.keys, masterKey{mac.Sum(nil)[:idSize], newKey(secret)})
	}
	return m
}

// Wrap returns a key encrypted under a name.
func (m *Master) Wrap(k *Key, name string) []byte {
	by := m.keys[0]
	return append(append([]byte{wrappedVersion}, by.id...), by.key.Seal(k.secret, name)...)
}

// Unwrap returns the key that Wrap encrypted under the same name. It returns ErrMaster for one of another master key, and
// ErrAltered for anything else.
func (m *Master) Unwrap(wrapped []byte, name string) (*Key, error) {
	if len(wrapped) != wrappedSize || wrapped[0] != wrappedVersion {
		return nil, fmt.Errorf("key %s: %w", name, ErrAltered)
	}
	id, sealed := wrapped[1:1+idSize], wrapped[1+idSize:]
	for _, by := range m.keys {
		if !bytes.Equal(by.id, id) {
			continue
		}
		secret, err := by.key.Open(sealed, name)
		if err != nil {
			return nil, err
		}
		return newKey(secret), nil
	}
	return nil, fmt.Errorf("key %s, encrypted by master key %x: %w", name, id, ErrMaster)
}

// IsNewest reports whether the newest master key encrypted a key.
func (m *Master) IsNewest(wrapped []byte) bool {
	return len(wrapped) == wrappedSize && bytes.Equal(wrapped[1:1+idSize], m.keys[0].id)
}

// Authenticate returns the HMAC-SHA256 of a text by a key that is derived from each of the master keys for a purpose, that of the
// newest first.
func (m *Master) Authenticate(purpose, text string) (macs [][]byte) {
	for _, by := range m.keys {
		derive := hmac.New(sha256.New, by.key.secret)
		derive.Write([]byte("selene: " + purpose + ", 1"))
		mac := hmac.New(sha256.New, derive.Sum(nil))
		mac.Write([]byte(text))
		macs = append(macs, mac.Sum(nil))
	}
	return macs
}
