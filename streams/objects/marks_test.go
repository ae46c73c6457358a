package objects_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// A reader that came first keeps the sweeper away, even if it reads slowly.
func TestLongReadThroughSweeps(t *testing.T) {
	t.Parallel()
	everyStore(t, func(t *testing.T, store string) {
		s, js := connect(t, store)
		s.SetMarkTTL(time.Second)
		name, data := objects.VideoName(uuid.NewString(), time.Now(), ".mp4"), bytes.Repeat([]byte("film"), 100_000)
		putObject(t, s, name, data)
		o, err := s.Open(streamstest.Context(t), name)
		if err != nil {
			t.Fatal(err)
		}
		half := make([]byte, len(data)/2)
		if _, err := io.ReadFull(o, half); err != nil {
			t.Fatal(err)
		}
		started := time.Now()
		streamstest.Eventually(t, func() error { // three of the mark's lives, by the broker's clock
			msg, err := lastMark(t, js)
			if err != nil {
				return err
			}
			if removeUnread(t, s, name) {
				t.Fatal("swept a file that is read")
			}
			if lived := msg.Time.Sub(started); lived < 3*time.Second {
				return fmt.Errorf("the mark is from %s later", lived)
			}
			return nil
		})
		rest, err := io.ReadAll(o)
		if err != nil || !bytes.Equal(append(half, rest...), data) {
			t.Errorf("read %d bytes of %d: %v", len(half)+len(rest), len(data), err)
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
		if !removeUnread(t, s, name) {
			t.Error("not swept after the reader was done")
		}
	})
}

func lastMark(t *testing.T, js jetstream.JetStream) (*jetstream.RawStreamMsg, error) {
	stream, err := js.Stream(t.Context(), "KV_readers")
	if err != nil {
		return nil, err
	}
	return stream.GetLastMsgForSubject(t.Context(), "$KV.readers.>")
}

// A sweeper that came first keeps readers and other sweepers away.
func TestSweeperComesFirst(t *testing.T) {
	s, _ := connect(t, media.StoreObjects)
	name := objects.VideoName(uuid.NewString(), time.Now(), ".mp4")
	putObject(t, s, name, []byte("film"))
	release, ok, err := objects.Claim(s, streamstest.Context(t), name)
	if err != nil || !ok {
		t.Fatalf("claim: %t, %v", ok, err)
	}
	if isThere(t, s, name) {
		t.Error("read while it is swept")
	}
	if removeUnread(t, s, name) {
		t.Error("two sweepers at one file")
	}
	other := objects.BestShotName("a")
	putObject(t, s, other, []byte("face"))
	if !isThere(t, s, other) {
		t.Error("another file is mistaken for the swept one")
	}
	release()
	if !isThere(t, s, name) {
		t.Error("not there after the sweeper stepped back")
	}
	if !removeUnread(t, s, name) || !removeUnread(t, s, other) {
		t.Error("not swept afterwards")
	}
}

// A writer that comes second waits; one that comes first blocks the sweeper.
func TestWritersAndSweepers(t *testing.T) {
	everyStore(t, func(t *testing.T, store string) {
		s, js := connect(t, store)
		ctx := streamstest.Context(t)
		name := objects.VideoName(uuid.NewString(), time.Now(), ".mp4")
		putObject(t, s, name, []byte("old"))
		release, ok, err := objects.Claim(s, ctx, name)
		if err != nil || !ok {
			t.Fatalf("claim: %t, %v", ok, err)
		}
		before := lastMarkNumber(t, js)
		written := make(chan error, 1)
		go func() { written <- s.Put(ctx, name, "video/mp4", strings.NewReader("new")) }()
		streamstest.Eventually(t, func() error {
			if lastMarkNumber(t, js) < before+3 {
				return errors.New("the writer has not tried three times")
			}
			return nil
		})
		select {
		case err := <-written:
			t.Errorf("written while it was swept: %v", err)
		default:
		}
		release()
		if err := <-written; err != nil || read(t, s, name) != "new" {
			t.Errorf("after the sweeper: %q, %v", read(t, s, name), err)
		}

		content, pipe := io.Pipe()
		go func() { written <- s.Put(ctx, name, "video/mp4", content) }()
		if _, err := pipe.Write([]byte("newer")); err != nil {
			t.Fatal(err)
		}
		if removeUnread(t, s, name) {
			t.Error("swept while it was written")
		}
		pipe.Close()
		if err := <-written; err != nil || read(t, s, name) != "newer" {
			t.Errorf("after a sweeper stepped back: %q, %v", read(t, s, name), err)
		}
	})
}

func read(t *testing.T, s *objects.Store, name string) string {
	t.Helper()
	o, err := s.Open(streamstest.Context(t), name)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	data, err := io.ReadAll(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// lastMarkNumber grows with every mark.
func lastMarkNumber(t *testing.T, js jetstream.JetStream) uint64 {
	t.Helper()
	stream, err := js.Stream(t.Context(), "KV_readers")
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().State.LastSeq
}

// The mark of a process that died expires.
func TestMarksOfDeadProcesses(t *testing.T) {
	t.Parallel()
	s, _ := connect(t, media.StoreObjects)
	s.SetMarkTTL(time.Second)
	name := objects.VideoName(uuid.NewString(), time.Now(), ".mp4")
	putObject(t, s, name, []byte("film"))
	if _, ok, err := objects.Claim(s, streamstest.Context(t), name); err != nil || !ok {
		t.Fatalf("claim: %t, %v", ok, err)
	}
	streamstest.Eventually(t, func() error {
		if !isThere(t, s, name) {
			return errors.New("a dead sweeper keeps readers away")
		}
		return nil
	})
	ctx, die := context.WithCancel(t.Context())
	if _, err := s.Open(ctx, name); err != nil {
		t.Fatal(err)
	}
	die()
	streamstest.Eventually(t, func() error {
		if !removeUnread(t, s, name) {
			return errors.New("a dead reader keeps sweepers away")
		}
		return nil
	})
}

// Whichever comes first, a reader reads all of a file or finds nothing, and a file is removed once.
func TestReadersAndSweepersAtOnce(t *testing.T) {
	s, _ := connect(t, media.StoreObjects)
	data := bytes.Repeat([]byte("film"), 100_000)
	var read, missed, swept int
	for range 25 {
		name := objects.VideoName(uuid.NewString(), time.Now(), ".mp4")
		putObject(t, s, name, data)
		var work sync.WaitGroup
		var mu sync.Mutex
		count := func(n *int) {
			mu.Lock()
			defer mu.Unlock()
			*n++
		}
		for range 2 {
			work.Go(func() {
				removed, err := s.RemoveUnread(t.Context(), name, always)
				if err != nil {
					t.Errorf("sweep: %v", err)
				}
				if removed {
					count(&swept)
				}
			})
			work.Go(func() {
				o, err := s.Open(t.Context(), name)
				if errors.Is(err, streams.ErrNotFound) {
					count(&missed)
					return
				}
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				defer o.Close()
				if got, err := io.ReadAll(o); err != nil || !bytes.Equal(got, data) {
					t.Errorf("read %d bytes of %d: %v", len(got), len(data), err)
				}
				count(&read)
			})
		}
		work.Wait()
		if removeUnread(t, s, name) {
			swept++
		}
	}
	t.Logf("read %d, missed %d, swept %d", read, missed, swept)
	if swept != 25 {
		t.Errorf("25 files were swept %d times", swept)
	}
}

// The decision to remove an object depends on the object as it is stored, not on an older listing.
func TestRemoveChecksTheStoredObject(t *testing.T) {
	everyStore(t, func(t *testing.T, store string) {
		s, _ := connect(t, store)
		name, before := objects.VideoName(uuid.NewString(), time.Now(), ".mp4"), time.Now().Add(-time.Minute)
		putObject(t, s, name, []byte("film"))
		removed, err := s.RemoveUnread(streamstest.Context(t), name, func(o media.Info) (bool, error) { return o.Stored.Before(before), nil })
		if removed || err != nil || !isThere(t, s, name) {
			t.Errorf("removed: %t, %v", removed, err)
		}
		if removeUnread(t, s, objects.VideoName(uuid.NewString(), time.Now(), ".mp4")) {
			t.Error("removed what does not exist")
		}
	})
}
