// Package kept keeps generated secrets in files of the data folder.
package kept

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Size is the number of random bytes of a kept secret.
const Size = 32

// Keep returns the secret in the file name in dir, as 64 hexadecimal digits, and whether this call generated it. Only the owner
// can read the file. Several processes that start at the same time get the same secret.
func Keep(dir, name string) (secret string, generated bool, err error) {
	path := filepath.Join(dir, name)
	if secret, err = Read(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return secret, false, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", false, fmt.Errorf("create the data directory: %w", err)
	}
	secret = hex.EncodeToString(Random(Size))
	switch err := WriteOnce(path, secret+"\n"); {
	case errors.Is(err, fs.ErrExist):
		secret, err = Read(path)
		return secret, false, err
	case err != nil:
		return "", false, fmt.Errorf("store a secret in %s: %w (is the data directory writable?)", path, err)
	}
	return secret, true, nil
}

// Read returns the secret in a file.
func Read(path string) (string, error) {
	text, err := os.ReadFile(path) //nolint:gosec // a file of the data folder with a fixed name
	if err != nil {
		return "", fmt.Errorf("read the secret in %s: %w", path, err)
	}
	secret := strings.TrimSpace(string(text))
	if key, err := hex.DecodeString(secret); err != nil || len(key) < Size {
		return "", fmt.Errorf(
			"%s does not contain %d hexadecimal digits: restore them, or delete the file to generate a new secret",
			path,
			2*Size,
		)
	}
	return secret, nil
}

// WriteOnce creates the file completely or not at all. The error is fs.ErrExist if it exists already.
func WriteOnce(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

// Random returns so many random bytes.
func Random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: without random numbers the program ends
	return b
}
