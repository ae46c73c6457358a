package media_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// subject is a store to be tested, and how to leave something unfinished in it, as a killed writer does.
type subject struct {
	store media.Store
	leave func(t *testing.T)
	left  func(t *testing.T) int // pieces of unfinished objects

	folders bool // the service behind it fails on folders that come and go, which S3 does not have
}

func stores() map[string]func(testing.TB) subject {
	return map[string]func(testing.TB) subject{"objects": objects, "directory": directory, "s3": s3}
}

// every runs a test with each store.
func every(t *testing.T, test func(t *testing.T, s subject)) {
	for name, build := range stores() {
		t.Run(name, func(t *testing.T) { test(t, build(t)) })
	}
}

func objectStore(t testing.TB) (media.Store, jetstream.JetStream) {
	t.Helper()
	nc, err := nats.Connect(streamstest.Broker(t, true).URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx := streamstest.Context(t)
	if _, err := js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: "test"}); err != nil {
		t.Fatal(err)
	}
	store, err := media.Objects(ctx, js, "test")
	if err != nil {
		t.Fatal(err)
	}
	return store, js
}

func objects(t testing.TB) subject {
	store, js := objectStore(t)
	return subject{
		store: store,
		leave: func(t *testing.T) {
			if _, err := js.Publish(t.Context(), "$O.test.C.unfinished", []byte("a piece")); err != nil {
				t.Fatal(err)
			}
		},
		left: func(t *testing.T) int {
			stream, err := js.Stream(t.Context(), "OBJ_test")
			if err != nil {
				t.Fatal(err)
			}
			info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter("$O.test.C.*"))
			if err != nil {
				t.Fatal(err)
			}
			return len(info.State.Subjects) - len(list(t, store, "")) // an object has one
		},
	}
}

func open(t testing.TB, c media.Config) media.Store {
	t.Helper()
	store, err := media.Open(streamstest.Context(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func s3(t testing.TB) subject {
	c, _ := s3Service(t)
	c.Prefix = "some/folder"
	client := s3Client(t, c)
	return subject{
		folders: true,
		store:   open(t, media.Config{Store: media.StoreS3, S3: c}),
		leave: func(t *testing.T) {
			if _, err := client.NewMultipartUpload(t.Context(), c.Bucket, "some/folder/video/unfinished.mp4", putOptions); err != nil {
				t.Fatal(err)
			}
		},
		left: func(t *testing.T) (n int) {
			for u := range client.ListIncompleteUploads(t.Context(), c.Bucket, "", true) {
				if u.Err != nil {
					t.Fatal(u.Err)
				}
				n++
			}
			return n
		},
	}
}

func put(t testing.TB, s media.Store, name, mediaType string, data []byte) {
	t.Helper()
	if err := s.Put(streamstest.Context(t), name, mediaType, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, s media.Store, name string) (data []byte, info media.Info) {
	t.Helper()
	o, err := s.Open(streamstest.Context(t), name)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	data, err = io.ReadAll(o)
	if err != nil {
		t.Fatal(err)
	}
	return data, o.Info
}

func noise(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(data)
	return data
}

// onlyReader hides every other method of a reader.
type onlyReader struct{ io.Reader }

func list(t testing.TB, s media.Store, prefix string) (names []string) {
	t.Helper()
	for info, err := range s.List(streamstest.Context(t), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, info.Name)
	}
	slices.Sort(names)
	return names
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
