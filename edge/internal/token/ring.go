package token

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/selene-liveness/selene/streams/kept"
)

// Publish is how long a new key is published before it signs, if there is another one: by then every edge has it, and every
// verifier that follows the Cache-Control of the key set has seen it.
const Publish = 10 * time.Minute

// source is where the keys of one purpose come from: a text, a file, or a file in the data folder that is created if it does not
// exist.
type source struct {
	purpose   string // token or evidence
	variable  string // of the environment that holds the text; its file is in the one with the suffix _FILE
	text      Secret
	file      string
	kept      string   // path of the file in the data folder
	generates string   // algorithm of a new key
	allows    []string // algorithms
}

// path returns the file of the keys, and "" if the text of the keys is given.
func (s *source) path() (string, error) {
	switch {
	case s.text != "" && s.file != "":
		return "", fmt.Errorf("both %s and %s_FILE are set: keep one", s.variable, s.variable)
	case s.text != "":
		return "", nil
	case s.file != "":
		return s.file, nil
	}
	return s.kept, nil
}

// state is what a ring has read.
type state struct {
	keys     []*key
	changed  time.Time // the file
	weakness error
}

// ring is the keys of one purpose. One signs, all of them verify. It is safe for concurrent use.
type ring struct {
	source
	now   func() time.Time
	state atomic.Pointer[state]
}

// load reads the keys, and creates the file in the data folder if there is none.
func (r *ring) load() error {
	path, err := r.path()
	if err != nil {
		return err
	}
	if path == r.kept && path != "" {
		if err := r.create(); err != nil {
			return err
		}
	}
	s, err := r.read()
	if err == nil {
		r.state.Store(s)
	}
	return err
}

func (r *ring) create() error {
	if _, err := os.Stat(r.kept); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	k, err := generateKey(r.generates)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(r.kept), 0o700); err != nil {
		return fmt.Errorf("create the data folder: %w", err)
	}
	if err := kept.WriteOnce(r.kept, string(formatKeys([]*key{k}))); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("store a new %s key in %s: %w (is the data folder writable?)", r.purpose, r.kept, err)
	}
	return nil
}

func (r *ring) read() (*state, error) {
	path, err := r.path()
	if err != nil {
		return nil, err
	}
	s, text := &state{}, []byte(r.text)
	if path != "" {
		info, err := os.Stat(path)
		if err == nil {
			text, err = os.ReadFile(path) //nolint:gosec // the operator's own file
		}
		if err != nil {
			return nil, fmt.Errorf("read the %s keys (%s_FILE): %w", r.purpose, r.variable, err)
		}
		s.changed = info.ModTime()
		text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	}
	if path == r.kept && path != "" && !bytes.HasPrefix(text, []byte(pemStart)) {
		secret, err := kept.Read(path) // of earlier versions
		if err != nil {
			return nil, err
		}
		text = []byte(secret)
	}
	if s.keys, err = parseKeys(text); err != nil {
		return nil, fmt.Errorf("the %s keys: %w", r.purpose, err)
	}
	for _, k := range s.keys {
		if !slices.Contains(r.allows, k.method.Alg()) {
			return nil, fmt.Errorf(
				"the %s keys have one for %s: use %s (%s)", r.purpose, k.method.Alg(), strings.Join(r.allows, " or "), r.variable,
			)
		}
		if secret, ok := k.private.([]byte); ok && s.weakness == nil {
			s.weakness = weakness(secret)
		}
	}
	return s, nil
}

// follow reads the file again if it has changed. After an error the ring stays as it was, until the next change.
func (r *ring) follow() error {
	path, err := r.path()
	if err != nil || path == "" {
		return err
	}
	before := r.state.Load()
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read the %s keys: %w", r.purpose, err)
	}
	if info.ModTime().Equal(before.changed) {
		return nil
	}
	s, err := r.read()
	if err != nil {
		stale := *before
		stale.changed = info.ModTime()
		r.state.Store(&stale)
		return err
	}
	r.state.Store(s)
	return nil
}

// signing returns the key that signs: the first one. While it is new, the next one that can.
func (s *state) signing(now time.Time) *key {
	if now.Sub(s.changed) < Publish {
		for _, k := range s.keys[1:] {
			if k.signs() {
				return k
			}
		}
	}
	return s.keys[0]
}

func (r *ring) sign(c jwt.Claims) (string, error) {
	k := r.state.Load().signing(r.now())
	t := jwt.NewWithClaims(k.method, c)
	t.Header["kid"] = k.id
	return t.SignedString(k.private)
}

func (r *ring) has(id string) bool {
	return slices.ContainsFunc(r.state.Load().keys, func(k *key) bool { return k.id == id })
}

// public returns the public key with an ID, or nil.
func (r *ring) public(id string) crypto.PublicKey {
	for _, k := range r.state.Load().keys {
		if k.id == id && k.public != nil {
			return k.public
		}
	}
	return nil
}

func (r *ring) jwks() (keys []JWK) {
	for _, k := range r.state.Load().keys {
		if k.public != nil {
			keys = append(keys, k.jwk)
		}
	}
	return keys
}
