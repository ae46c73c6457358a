package seal_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/streams/seal"
)

func bytesOf(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func TestSealedMessagesOpenInTheirPlaceOnly(t *testing.T) {
	k, data := seal.NewKey(), []byte("a face")
	sealed := k.Seal(data, "pass.frame.a")
	if bytes.Contains(sealed, data) || len(sealed) != len(data)+seal.Overhead {
		t.Fatalf("got %d bytes: %q", len(sealed), sealed)
	}
	if got, err := k.Open(sealed, "pass.frame.a"); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("got %q, %v", got, err)
	}
	altered := bytes.Clone(sealed)
	altered[len(altered)-1] ^= 1
	for what, open := range map[string]func() ([]byte, error){
		"elsewhere":   func() ([]byte, error) { return k.Open(sealed, "pass.frame.b") },
		"another key": func() ([]byte, error) { return seal.NewKey().Open(sealed, "pass.frame.a") },
		"altered":     func() ([]byte, error) { return k.Open(altered, "pass.frame.a") },
		"cut off":     func() ([]byte, error) { return k.Open(sealed[:5], "pass.frame.a") },
	} {
		if got, err := open(); !errors.Is(err, seal.ErrAltered) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
}

func TestMasterKeysRotate(t *testing.T) {
	old, newest := bytesOf(seal.KeySize), bytesOf(seal.KeySize)
	k := seal.NewKey()
	wrapped := seal.NewMaster(old).Wrap(k, "a.frames")
	both := seal.NewMaster(newest, old)
	got, err := both.Unwrap(wrapped, "a.frames")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := got.Open(k.Seal([]byte("x"), "p"), "p"); err != nil || string(data) != "x" {
		t.Errorf("got %q, %v", data, err)
	}
	if both.IsNewest(wrapped) || !both.IsNewest(both.Wrap(k, "a.frames")) {
		t.Error("it does not tell by which master key a key is encrypted")
	}
	if _, err := both.Unwrap(wrapped, "b.frames"); !errors.Is(err, seal.ErrAltered) {
		t.Errorf("under another name: %v", err)
	}
	if _, err := seal.NewMaster(newest).Unwrap(wrapped, "a.frames"); !errors.Is(err, seal.ErrMaster) {
		t.Errorf("without its master key: %v", err)
	}
}

func TestSealedFiles(t *testing.T) {
	const chunk = 64 << 10
	for _, size := range []int{0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 3*chunk + 7} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			k, data := seal.NewKey(), bytesOf(size)
			r, err := k.SealFile(io.MultiReader(bytes.NewReader(data)), "video/x")
			if err != nil {
				t.Fatal(err)
			}
			sealed, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			if seal.FileSize(int64(len(sealed))) != int64(size) {
				t.Errorf("%d bytes sealed are said to hold %d", len(sealed), seal.FileSize(int64(len(sealed))))
			}
			if is, err := seal.IsFile(bytes.NewReader(sealed)); !is || err != nil {
				t.Errorf("not known as sealed: %v", err)
			}
			read := func(sealed []byte, name string, from int64) ([]byte, error) {
				f, err := k.OpenFile(bytes.NewReader(sealed), int64(len(sealed)), name)
				if err != nil {
					return nil, err
				}
				if _, err := f.Seek(from, io.SeekStart); err != nil {
					return nil, err
				}
				return io.ReadAll(f)
			}
			for _, from := range []int64{0, int64(size) / 3, int64(size) - 1, int64(size)} {
				if from < 0 {
					continue
				}
				if got, err := read(sealed, "video/x", from); err != nil || !bytes.Equal(got, data[from:]) {
					t.Errorf("from %d: %d bytes, %v", from, len(got), err)
				}
			}
			attacks := map[string][]byte{"cut by a byte": sealed[:len(sealed)-1]}
			for at := 0; at < len(sealed); at += 1 + len(sealed)/50 {
				altered := bytes.Clone(sealed)
				altered[at] ^= 1
				attacks[fmt.Sprintf("byte %d altered", at)] = altered
			}
			if size > chunk {
				first := 40 + chunk + 16
				attacks["last chunk cut off"] = sealed[:first]
				attacks["first chunk left out"] = append(bytes.Clone(sealed[:40]), sealed[first:]...)
			}
			for what, sealed := range attacks {
				if _, err := read(sealed, "video/x", 0); !errors.Is(err, seal.ErrAltered) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if _, err := read(sealed, "video/y", 0); !errors.Is(err, seal.ErrAltered) {
				t.Errorf("under another name: %v", err)
			}
		})
	}
}

func TestSourcesOfTheMasterKey(t *testing.T) {
	key := bytesOf(seal.KeySize)
	text, file := hex.EncodeToString(key), filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wrapped := seal.NewMaster(key).Wrap(seal.NewKey(), "a")
	for what, s := range map[string]seal.Source{
		"hexadecimal": {MasterKey: seal.Secret(text)},
		"base64":      {MasterKey: seal.Secret(base64.StdEncoding.EncodeToString(key))},
		"file":        {MasterKeyFile: file},
		"command":     {MasterKeyCommand: "cat " + file},
		"old":         {MasterKey: seal.Secret(strings.Repeat("0", 64)), MasterKeysOld: []seal.Secret{seal.Secret(text)}},
	} {
		m, err := s.Load(t.Context(), t.TempDir(), false)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if _, err := m.Unwrap(wrapped, "a"); err != nil {
			t.Errorf("%s: another key: %v", what, err)
		}
	}
	for what, s := range map[string]seal.Source{
		"short":          {MasterKey: "abcd"},
		"two":            {MasterKey: seal.Secret(text), MasterKeyFile: file},
		"no file":        {MasterKeyFile: file + "x"},
		"failed command": {MasterKeyCommand: "echo denied >&2; exit 3"},
		"mute command":   {MasterKeyCommand: "true"},
	} {
		if _, err := s.Load(t.Context(), t.TempDir(), true); err == nil || errors.Is(err, seal.ErrNoMaster) {
			t.Errorf("%s: %v", what, err)
		} else if strings.Contains(err.Error(), text) {
			t.Errorf("%s: the error shows the key", what)
		}
	}

	dir := t.TempDir()
	if _, err := (seal.Source{}).Load(t.Context(), dir, false); !errors.Is(err, seal.ErrNoMaster) {
		t.Errorf("none: %v", err)
	}
	made, err := seal.Source{}.Load(t.Context(), dir, true)
	if err != nil {
		t.Fatal(err)
	}
	again, err := seal.Source{}.Load(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Unwrap(made.Wrap(seal.NewKey(), "a"), "a"); err != nil {
		t.Errorf("the key that was kept is another one: %v", err)
	}
	if s := fmt.Sprintf("%v %+v %#v", seal.Source{MasterKey: "very-secret"}, seal.Source{MasterKey: "very-secret"}, seal.Source{MasterKey: "very-secret"}); strings.Contains(s, "very-secret") {
		t.Errorf("printed: %s", s)
	}
}

// What a frame of 60 KB costs, without the broker.
func BenchmarkSealAndOpen(b *testing.B) {
	k, frame := seal.NewKey(), bytesOf(60_000)
	b.SetBytes(int64(len(frame)))
	for b.Loop() {
		if _, err := k.Open(k.Seal(frame, "pass.frame.a"), "pass.frame.a"); err != nil {
			b.Fatal(err)
		}
	}
}
