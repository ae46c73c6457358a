package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// Info describes a key.
type Info struct {
	Purpose   string // ForTokens or ForEvidence
	ID        string // in the header kid of what it signs
	Algorithm string
	Use       string // signs, signs from TIME, or verifies
	File      string // "" if the key is in the environment
}

// ErrNoFile is returned for keys that are not in a file.
var ErrNoFile = errors.New("the keys are in the environment: put them into a file, and name it in the variable with the suffix _FILE")

// Keys returns what is known of the keys that c describes. It creates none.
func (c Config) Keys() ([]Info, error) {
	var all []Info
	for _, s := range []source{c.tokens(), c.evidence()} {
		r := ring{source: s, now: time.Now}
		path, err := r.path()
		if err != nil {
			return nil, err
		}
		read, err := r.read()
		if err != nil {
			return nil, err
		}
		signs := read.signing(time.Now())
		for i, k := range read.keys {
			use := "verifies"
			switch {
			case k == signs:
				use = "signs"
			case i == 0:
				use = "signs from " + read.changed.Add(Publish).UTC().Format(time.RFC3339)
			}
			all = append(all, Info{s.purpose, k.id, k.method.Alg(), use, path})
		}
	}
	return all, nil
}

func (c Config) source(purpose string) (source, error) {
	switch purpose {
	case ForTokens:
		return c.tokens(), nil
	case ForEvidence:
		return c.evidence(), nil
	}
	return source{}, fmt.Errorf("the purpose of keys is %.40q: use %s or %s", purpose, ForTokens, ForEvidence)
}

// change replaces the keys of a purpose in their file, at once and completely.
func (c Config) change(purpose string, work func(keys []*key) ([]*key, error)) error {
	s, err := c.source(purpose)
	if err != nil {
		return err
	}
	path, err := s.path()
	if err != nil {
		return err
	}
	if path == "" {
		return fmt.Errorf("%s: %w", s.variable, ErrNoFile)
	}
	r := ring{source: s, now: time.Now}
	before, err := r.read()
	if err != nil {
		return err
	}
	keys, err := work(before.keys)
	if err != nil {
		return err
	}
	return replace(path, formatKeys(keys))
}

// Rotate puts a new key before the others of a purpose. It is published at once and signs after Publish; the others go on verifying.
// algorithm is "" for that of the key that signs now. secret is the new key itself if verifiers need it: of HS256.
func (c Config) Rotate(purpose, algorithm string) (added Info, secret Secret, err error) {
	err = c.change(purpose, func(keys []*key) ([]*key, error) {
		s, err := c.source(purpose)
		if err != nil {
			return nil, err
		}
		if algorithm == "" {
			algorithm = keys[0].method.Alg()
		}
		if !slices.Contains(s.allows, algorithm) {
			return nil, fmt.Errorf("%s keys cannot be for %.20q: use one of %v", purpose, algorithm, s.allows)
		}
		k, err := generateKey(algorithm)
		if err != nil {
			return nil, err
		}
		if b, ok := k.private.([]byte); ok {
			secret = Secret(b)
		}
		path, err := s.path()
		added = Info{purpose, k.id, algorithm, "signs from " + time.Now().Add(Publish).UTC().Format(time.RFC3339), path}
		return append([]*key{k}, keys...), err
	})
	return added, secret, err
}

// Remove removes a key: what it signed is refused from then on.
func (c Config) Remove(purpose, id string) error {
	return c.change(purpose, func(keys []*key) ([]*key, error) {
		left := slices.DeleteFunc(slices.Clone(keys), func(k *key) bool { return k.id == id })
		switch {
		case len(left) == len(keys):
			return nil, fmt.Errorf("there is no %s key %.80q: `selene keys list` lists them", purpose, id)
		case len(left) == 0 || !left[0].signs():
			return nil, fmt.Errorf("%s key %s is the only one that signs: add another one first with `selene keys rotate %s`", purpose, id, purpose)
		}
		return left, nil
	})
}

// AddDerived adds, to verify only, the keys that signed recordings before evidence had keys of its own: they were derived from the
// token keys. Whoever has an HS256 token key can sign recordings that they verify.
func (c Config) AddDerived() (added []string, err error) {
	tokens := ring{source: c.tokens(), now: time.Now}
	of, err := tokens.read()
	if err != nil {
		return nil, err
	}
	err = c.change(ForEvidence, func(keys []*key) ([]*key, error) {
		for _, k := range of.keys {
			d, err := derived(k)
			if err != nil {
				return nil, err
			}
			if d != nil && !slices.ContainsFunc(keys, func(k *key) bool { return k.id == d.id }) {
				keys, added = append(keys, d), append(added, d.id)
			}
		}
		return keys, nil
	})
	return added, err
}

// derived returns the public key of the recordings of earlier versions.
func derived(k *key) (*key, error) {
	var secret []byte
	switch private := k.private.(type) {
	case []byte:
		secret = private
	case *ecdsa.PrivateKey:
		var err error
		if secret, err = private.Bytes(); err != nil {
			return nil, fmt.Errorf("read token key %s: %w", k.id, err)
		}
	default:
		return nil, nil //nolint:nilnil // a public key: nothing was derived from it
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("selene: key of recordings, 1"))
	public := ed25519.NewKeyFromSeed(mac.Sum(nil)).Public()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("encode the key of old recordings: %w", err)
	}
	return newKey(public, &pem.Block{Type: blockPublic, Bytes: der})
}

// replace writes a file that others read at the same time. Mode and owner stay.
func replace(path string, text []byte) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	old, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("replace the keys: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*")
	if err != nil {
		return fmt.Errorf("replace the keys: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(old.Mode().Perm()))
	if owner, ok := old.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		err = errors.Join(err, f.Chown(int(owner.Uid), int(owner.Gid)))
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("replace the keys in %s: %w", path, err)
	}
	return nil
}
