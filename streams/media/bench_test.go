package media_test

import (
	"bytes"
	"io"
	"testing"
)

// BenchmarkStores writes a video of 64 MB, reads it, and reads its last kilobyte. What it allocates includes the broker.
func BenchmarkStores(b *testing.B) {
	data := noise(64 << 20)
	for name, build := range stores() {
		b.Run(name, func(b *testing.B) {
			s := build(b).store
			b.Run("put", func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					if err := s.Put(b.Context(), "video/a.mp4", "video/mp4", bytes.NewReader(data)); err != nil {
						b.Fatal(err)
					}
				}
			})
			read := func(from int64) func(b *testing.B) {
				return func(b *testing.B) {
					b.ReportAllocs()
					b.SetBytes(int64(len(data)) - from)
					for b.Loop() {
						o, err := s.Open(b.Context(), "video/a.mp4")
						if err != nil {
							b.Fatal(err)
						}
						_, err = o.Seek(from, io.SeekStart)
						n := int64(0)
						if err == nil {
							n, err = io.Copy(io.Discard, struct{ io.Reader }{o})
						}
						if err != nil || n != int64(len(data))-from {
							b.Fatal(n, err)
						}
						o.Close()
					}
				}
			}
			b.Run("get", read(0))
			b.Run("end", read(int64(len(data))-1024))
		})
	}
}

// FuzzNames checks that any accepted name stays below the folder and can be read back.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"video/a.mp4", "../a", "a//b", "a/./b", "a/.b", "\x00", "a/", "-", "a\\b", "ä", "con/a..b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		s := directory(t)
		if err := s.store.Put(t.Context(), name, "x/y", bytes.NewReader([]byte(name))); err != nil {
			if left := list(t, s.store, ""); len(left) > 0 {
				t.Fatalf("%q: %v, and there are %v", name, err, left)
			}
			return
		}
		if data, info := get(t, s.store, name); string(data) != name || info.Name != name {
			t.Fatalf("%q came back as %q", name, info.Name)
		}
		if names := list(t, s.store, ""); len(names) != 1 || names[0] != name {
			t.Fatalf("%q is listed as %v", name, names)
		}
		if err := s.store.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	})
}
