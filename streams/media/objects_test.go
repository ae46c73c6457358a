package media_test

import (
	"bytes"
	"io"
	"sync"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// The layout is that of the NATS clients: they can read what is stored here, and the reverse.
func TestObjectsOfOtherClients(t *testing.T) {
	store, js := objectStore(t)
	ctx := streamstest.Context(t)
	client, err := js.ObjectStore(ctx, "test")
	if err != nil {
		t.Fatal(err)
	}
	data := noise(700_000)
	put(t, store, "video/a.mp4", "video/mp4", data)
	if got, err := client.GetBytes(ctx, "video/a.mp4"); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the client reads %d bytes, %v", len(got), err)
	}
	if _, err := client.Put(ctx, jetstream.ObjectMeta{Name: "video/b.mp4"}, halfReads{bytes.NewReader(data)}); err != nil {
		t.Fatal(err)
	}
	if got, info := get(t, store, "video/b.mp4"); !bytes.Equal(got, data) || info.Size != int64(len(data)) {
		t.Errorf("read %d bytes of the client's", len(got))
	}
	readsAnywhere(t, store, "video/b.mp4", data)
	if err := client.Delete(ctx, "video/a.mp4"); err != nil {
		t.Fatal(err)
	}
	if names := list(t, store, ""); len(names) != 1 || names[0] != "video/b.mp4" {
		t.Errorf("after the client deleted one there are %v", names)
	}
	put(t, store, "video/a.mp4", "video/mp4", []byte("again"))
	if err := store.Delete(ctx, "video/b.mp4"); err != nil {
		t.Fatal(err)
	}
	if list, err := client.List(ctx); err != nil || len(list) != 1 || list[0].Name != "video/a.mp4" {
		t.Errorf("the client lists %v, %v", list, err)
	}
}

// halfReads returns data in chunks of all sizes.
type halfReads struct{ io.Reader }

func (r halfReads) Read(p []byte) (int, error) { return r.Reader.Read(p[:(len(p)+1)/3]) }

// readsAnywhere reads pieces of the object at several positions, opening it for each.
func readsAnywhere(t *testing.T, s media.Store, name string, data []byte) {
	t.Helper()
	for at := len(data) - 1; at >= 0; at -= len(data)/7 - 3 {
		o, err := s.Open(streamstest.Context(t), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Seek(int64(at), io.SeekStart); err != nil {
			t.Fatal(err)
		}
		piece := data[at:min(at+200_000, len(data))]
		got := make([]byte, len(piece))
		if _, err := io.ReadFull(o, got); err != nil || !bytes.Equal(got, piece) {
			t.Errorf("%s at %d: other bytes, %v", name, at, err)
		}
		o.Close()
	}
}

// The chunks of objects that are stored at the same time are mixed.
func TestObjectsAmongOthers(t *testing.T) {
	store, _ := objectStore(t)
	names := []string{"video/a.mp4", "video/b.mp4", "video/c.mp4"}
	var work sync.WaitGroup
	for i, name := range names {
		work.Go(func() { put(t, store, name, "video/mp4", noise((i+1)*3_000_000)) })
	}
	work.Wait()
	for i, name := range names {
		readsAnywhere(t, store, name, noise((i+1)*3_000_000))
	}
}
