package media_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestStoredObjectsAreRead(t *testing.T) {
	const large = 17<<20 + 5 // more than two parts of an S3 upload
	every(t, func(t *testing.T, s subject) {
		for _, size := range []int{0, 1, 128<<10 - 1, 128 << 10, 128<<10 + 1, large} {
			for _, sized := range []bool{true, false} {
				name, data := fmt.Sprintf("video/2026-11-21/%d-%t.mp4", size, sized), noise(size)
				var r io.Reader = bytes.NewReader(data)
				if !sized {
					r = onlyReader{r}
				}
				before := time.Now()
				if err := s.store.Put(streamstest.Context(t), name, "video/mp4", r); err != nil {
					t.Fatal(err)
				}
				got, info := get(t, s.store, name)
				if sha256.Sum256(got) != sha256.Sum256(data) {
					t.Errorf("%s: %d bytes were read as %d others", name, size, len(got))
				}
				if info.Name != name || info.Size != int64(size) || info.MediaType != "video/mp4" || info.Digest == "" {
					t.Errorf("%s: described as %+v", name, info)
				}
				if age := before.Sub(info.Stored); age > 2*time.Second || age < -time.Minute {
					t.Errorf("%s: stored at %s, and it is %s", name, info.Stored, before)
				}
			}
		}
	})
}

func TestMediaTypes(t *testing.T) {
	every(t, func(t *testing.T, s subject) {
		for name, types := range map[string][]string{
			"bestshot/one": {"image/jpeg", "image/png"},
			"video/a.mp4":  {"video/mp4", "application/x-odd", "video/mp4"},
			"video/b.webm": {"video/webm"},
		} {
			for _, mediaType := range types {
				put(t, s.store, name, mediaType, []byte(mediaType))
				if data, info := get(t, s.store, name); info.MediaType != mediaType || string(data) != mediaType {
					t.Errorf("%s: stored as %s, read as %s: %q", name, mediaType, info.MediaType, data)
				}
			}
		}
	})
}

func TestReplaceDeleteAndMissing(t *testing.T) {
	every(t, func(t *testing.T, s subject) {
		ctx := streamstest.Context(t)
		const name = "export/job/one.mp4"
		put(t, s.store, name, "video/mp4", noise(300_000))
		_, old := get(t, s.store, name)
		put(t, s.store, name, "video/mp4", []byte("new"))
		data, info := get(t, s.store, name)
		if string(data) != "new" || info.Digest == old.Digest {
			t.Errorf("replaced: %d bytes, digest %s then %s", len(data), old.Digest, info.Digest)
		}
		for range 2 { // a second time too
			if err := s.store.Delete(ctx, name); err != nil {
				t.Fatal(err)
			}
		}
		for _, missing := range []string{name, "export/job", "export", "bestshot/nobody"} {
			if o, err := s.store.Open(ctx, missing); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v, %v", missing, o, err)
			}
		}
		if names := list(t, s.store, ""); len(names) > 0 {
			t.Errorf("left in the list: %v", names)
		}
	})
}

func TestList(t *testing.T) {
	every(t, func(t *testing.T, s subject) {
		ctx := streamstest.Context(t)
		var all []string
		for i := range 12 {
			all = append(all, fmt.Sprintf("video/2026-11-%02d/s.mp4", i+1))
		}
		all = append(all, "bestshot/a", "bestshot/b", "export/j1/a.mp4", "export/j10/a.mp4", "reference/a")
		slices.Sort(all)
		for _, name := range all {
			put(t, s.store, name, "x/y", []byte(name))
		}
		if got := list(t, s.store, ""); !slices.Equal(got, all) {
			t.Errorf("all: %v", got)
		}
		for prefix, want := range map[string]int{"video/": 12, "video/2026-11-0": 9, "bestshot/": 2, "export/j1": 2, "export/j1/": 1, "none/": 0, "../": 0} {
			if got := list(t, s.store, prefix); len(got) != want {
				t.Errorf("%s: %v, want %d", prefix, got, want)
			}
		}
		for info, err := range s.store.List(ctx, "bestshot/a") {
			if err != nil || info.Size != int64(len("bestshot/a")) || time.Since(info.Stored).Abs() > time.Minute {
				t.Errorf("listed as %+v, %v", info, err)
			}
		}
		for _, err := range s.store.List(ctx, "") { // ends when the loop does
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		n := 0
		for info, err := range s.store.List(ctx, "") { // while they go
			if err != nil {
				t.Fatal(err)
			}
			if err := s.store.Delete(ctx, info.Name); err != nil {
				t.Fatal(err)
			}
			n++
		}
		if left := list(t, s.store, ""); n != len(all) || len(left) > 0 {
			t.Errorf("deleted %d of %d while listing, left are %v", n, len(all), left)
		}
	})
}

func TestNames(t *testing.T) {
	every(t, func(t *testing.T, s subject) {
		ctx := streamstest.Context(t)
		for _, name := range []string{
			"", ".", "..", "/", "/etc/passwd", "../x", "video/../../x", "video//x", "video/", "/video", "video/.x", ".x",
			`video\..\x`, "video/\x00", "video/x\n", "video/ü", "video/a b", "*", "video/>", strings.Repeat("a", 201), strings.Repeat("a/", 300) + "a",
		} {
			if err := s.store.Put(ctx, name, "x/y", strings.NewReader("x")); !errors.Is(err, media.ErrName) {
				t.Errorf("put %q: %v", name, err)
			}
			if _, err := s.store.Open(ctx, name); !errors.Is(err, media.ErrName) {
				t.Errorf("open %q: %v", name, err)
			}
			if err := s.store.Delete(ctx, name); !errors.Is(err, media.ErrName) {
				t.Errorf("delete %q: %v", name, err)
			}
		}
		for _, name := range []string{"a", "a.b", "A-_", "-", "_", "x/a..b", "video/" + strings.Repeat("a", 200)} {
			put(t, s.store, name, "x/y", []byte(name))
			if data, _ := get(t, s.store, name); string(data) != name {
				t.Errorf("%s: %q", name, data)
			}
		}
	})
}

// A writer that fails, or is interrupted, leaves only the old object.
func TestUnfinishedPut(t *testing.T) {
	broken := errors.New("the disk is broken")
	every(t, func(t *testing.T, s subject) {
		put(t, s.store, "video/old.mp4", "video/mp4", []byte("old"))
		for _, size := range []int{0, 10, 500_000, 9 << 20} {
			for _, name := range []string{"video/old.mp4", "video/new.mp4"} {
				r := io.MultiReader(bytes.NewReader(noise(size)), readerFunc(func([]byte) (int, error) { return 0, broken }))
				if err := s.store.Put(streamstest.Context(t), name, "image/png", r); !errors.Is(err, broken) {
					t.Errorf("after %d bytes: %v", size, err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				r = io.MultiReader(bytes.NewReader(noise(size)), readerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }))
				if err := s.store.Put(ctx, name, "image/png", r); !errors.Is(err, context.Canceled) {
					t.Errorf("canceled after %d bytes: %v", size, err)
				}
			}
		}
		if data, info := get(t, s.store, "video/old.mp4"); string(data) != "old" || info.MediaType != "video/mp4" {
			t.Errorf("the old object is %q, %s", data, info.MediaType)
		}
		if names := list(t, s.store, ""); len(names) != 1 {
			t.Errorf("there are %v", names)
		}
		if n := s.left(t); n > 0 {
			t.Errorf("%d pieces left", n)
		}
	})
}

func TestClean(t *testing.T) {
	every(t, func(t *testing.T, s subject) {
		ctx := streamstest.Context(t)
		put(t, s.store, "bestshot/a", "image/png", noise(200_000))
		put(t, s.store, "video/a.mp4", "video/mp4", noise(10))
		s.leave(t)
		if n := s.left(t); n != 1 {
			t.Fatalf("%d pieces to begin with", n)
		}
		if err := s.store.Clean(ctx, time.Now().Add(-time.Hour)); err != nil || s.left(t) != 1 {
			t.Errorf("a writer that may be at work: %v, %d", err, s.left(t))
		}
		if err := s.store.Clean(ctx, time.Now().Add(time.Hour)); err != nil || s.left(t) != 0 {
			t.Errorf("a dead writer: %v, %d left", err, s.left(t))
		}
		if data, info := get(t, s.store, "bestshot/a"); !bytes.Equal(data, noise(200_000)) || info.MediaType != "image/png" {
			t.Errorf("cleaned away: %d bytes, %s", len(data), info.MediaType)
		}
		if names := list(t, s.store, ""); len(names) != 2 {
			t.Errorf("there are %v", names)
		}
	})
}

func TestSeek(t *testing.T) {
	every(t, func(t *testing.T, s subject) {
		data := noise(1 << 20)
		put(t, s.store, "video/a.mp4", "video/mp4", data)
		o, err := s.store.Open(streamstest.Context(t), "video/a.mp4")
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		buffer := make([]byte, 1000)
		random := rand.New(rand.NewPCG(1, 2))
		for i := range 60 {
			at := random.Int64N(int64(len(data)))
			from := map[int]int64{io.SeekStart: at, io.SeekEnd: at - int64(len(data))}
			whence := []int{io.SeekStart, io.SeekEnd}[i%2]
			if got, err := o.Seek(from[whence], whence); err != nil || got != at {
				t.Fatalf("seek to %d: %d, %v", at, got, err)
			}
			n, err := io.ReadFull(o, buffer)
			if !bytes.Equal(buffer[:n], data[at:min(int(at)+1000, len(data))]) {
				t.Fatalf("at %d: other bytes, %v", at, err)
			}
		}
		if at, err := o.Seek(0, io.SeekEnd); err != nil || at != int64(len(data)) {
			t.Fatalf("the end is %d, %v", at, err)
		}
		if n, err := o.Read(buffer); n > 0 || !errors.Is(err, io.EOF) {
			t.Errorf("read at the end: %d, %v", n, err)
		}
		if _, err := o.Seek(-1, io.SeekStart); err == nil {
			t.Error("seeked before the beginning")
		}
		if _, err := o.Seek(10, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if at, err := o.Seek(5, io.SeekCurrent); err != nil || at != 15 {
			t.Errorf("on by 5: %d, %v", at, err)
		}
		if _, err := io.ReadFull(o, buffer); err != nil || !bytes.Equal(buffer, data[15:1015]) {
			t.Errorf("back near the beginning: other bytes, %v", err)
		}
	})
}

// Objects serve HTTP ranges as files do.
func TestServed(t *testing.T) {
	every(t, func(t *testing.T, s subject) {
		data := noise(400_000)
		put(t, s.store, "video/a.mp4", "video/mp4", data)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			o, err := s.store.Open(r.Context(), "video/a.mp4")
			if err != nil {
				t.Error(err)
				return
			}
			defer o.Close()
			w.Header().Set("Content-Type", o.MediaType)
			http.ServeContent(w, r, "", o.Stored, o)
		}))
		defer server.Close()
		for ask, want := range map[string][]byte{
			"": data, "bytes=0-9": data[:10], "bytes=-10": data[len(data)-10:], "bytes=131000-132000": data[131000:132001], "bytes=399999-": data[399999:],
			"bytes=400000-": nil,
		} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			if ask != "" {
				request.Header.Set("Range", ask)
			}
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if want == nil {
				if answer.StatusCode != http.StatusRequestedRangeNotSatisfiable {
					t.Errorf("%s: %s", ask, answer.Status)
				}
				continue
			}
			if err != nil || !bytes.Equal(got, want) || answer.Header.Get("Content-Type") != "video/mp4" {
				t.Errorf("%s: %s, %d bytes, want %d; %v", ask, answer.Status, len(got), len(want), err)
			}
		}
	})
}

// The last writer wins, and no reader sees a mixture.
func TestConcurrentPuts(t *testing.T) {
	every(t, func(t *testing.T, s subject) {
		ctx := streamstest.Context(t)
		const name = "reference/a"
		put(t, s.store, name, "x/y", bytes.Repeat([]byte{0}, 200_000))
		want := []string{name}
		if s.folders {
			want = []string{"export/job/stays", name}
			put(t, s.store, want[0], "x/y", nil)
		}
		var work sync.WaitGroup
		for n := range 3 {
			work.Go(func() {
				for range 5 {
					if err := s.store.Put(ctx, name, "x/y", bytes.NewReader(bytes.Repeat([]byte{byte(n + 1)}, 200_000))); err != nil {
						t.Errorf("write: %v", err)
					}
				}
			})
			work.Go(func() {
				for range 5 {
					o, err := s.store.Open(ctx, name)
					if err != nil {
						t.Errorf("open: %v", err)
						return
					}
					data, err := io.ReadAll(o)
					o.Close()
					// It may be replaced while it is read, and then the reader gets an error.
					if err == nil && (len(data) != 200_000 || len(bytes.Trim(data, string(data[:1]))) > 0) {
						t.Errorf("a mixture of %d bytes", len(data))
					}
				}
			})
			work.Go(func() { // folders come and go
				for i := range 5 {
					other := fmt.Sprintf("export/job/%d-%d", n, i)
					if err := s.store.Put(ctx, other, "x/y", strings.NewReader("x")); err != nil {
						t.Errorf("write: %v", err)
					}
					if err := s.store.Delete(ctx, other); err != nil {
						t.Errorf("delete: %v", err)
					}
				}
			})
		}
		work.Wait()
		if names := list(t, s.store, ""); !slices.Equal(names, want) || s.left(t) > 0 {
			t.Errorf("there are %v and %d pieces", names, s.left(t))
		}
	})
}
