package modelstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// fileDigest returns the SHA-256 of a file in hex.
func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// hasDigest reports whether the file exists with that content.
func hasDigest(path, want string) bool {
	got, err := fileDigest(path)
	return err == nil && got == want
}

// writeChecked copies r to path if, and only if, its sha256 is want. The file appears only when it is complete.
// The error is a digestError for any other content.
func writeChecked(path, want string, r io.Reader) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already once renamed
	defer tmp.Close()
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(tmp, h), r); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		return digestError{want: want, got: got}
	}
	if err := tmp.Chmod(0o644); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// digestError is the error of content with another digest than the expected one.
type digestError struct{ want, got string }

func (e digestError) Error() string {
	return fmt.Sprintf("sha256 is %s, expected %s", e.got, e.want)
}

// writePackJSON writes pack.json, unless it exists with the same content.
func (d *description) writePackJSON(dir string) error {
	var b bytes.Buffer
	if err := json.Indent(&b, d.Pack, "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	sum := sha256.Sum256(b.Bytes())
	want, path := hex.EncodeToString(sum[:]), filepath.Join(dir, "pack.json")
	if hasDigest(path, want) {
		return nil
	}
	return writeChecked(path, want, &b)
}
