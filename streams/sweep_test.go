package streams_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/streamstest"
)

const (
	day    = 24 * time.Hour
	noTime = time.Duration(0)
)

// sweeping is a connection whose media are in the store, and a JetStream to look behind it.
func sweeping(t *testing.T, store string, change func(*media.Config)) (*streams.Conn, jetstream.JetStream) {
	t.Helper()
	b := streamstest.Broker(t, true)
	m := media.DefaultConfig()
	m.Store, m.Dir = store, t.TempDir()
	if change != nil {
		change(&m)
	}
	c, err := streams.Connect(streamstest.Context(t), streams.Options{Broker: b, Media: m})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	nc, err := nats.Connect(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return c, js
}

func everyStore(t *testing.T, test func(t *testing.T, store string)) {
	for _, store := range []string{media.StoreObjects, media.StoreDirectory} {
		t.Run(store, func(t *testing.T) { test(t, store) })
	}
}

func putObject(t *testing.T, c *streams.Conn, name string, data []byte) {
	t.Helper()
	if err := c.PutObject(streamstest.Context(t), name, "video/mp4", bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
}

func isThere(t *testing.T, c *streams.Conn, name string) bool {
	t.Helper()
	o, err := c.OpenObject(streamstest.Context(t), name)
	if errors.Is(err, streams.ErrNotFound) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	return true
}

// sweep sweeps as if later had passed.
func sweep(t *testing.T, c *streams.Conn, later time.Duration) int {
	t.Helper()
	n, err := c.Sweep(streamstest.Context(t), time.Now().Add(later))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSweepByAge(t *testing.T) {
	everyStore(t, func(t *testing.T, store string) {
		c, _ := sweeping(t, store, func(m *media.Config) {
			m.TTL = media.TTL{Video: day, BestShot: 3 * day}
		})
		video, shot := streams.VideoObject(uuid.NewString(), time.Now(), ".mp4"), streams.BestShotObject(uuid.NewString())
		face, other := streams.ReferenceObject(uuid.NewString()), "something/else"
		for _, name := range []string{video, shot, face, other} {
			putObject(t, c, name, []byte("x"))
		}
		for _, step := range []struct {
			later time.Duration
			gone  int
			left  []string
		}{
			{noTime, 0, []string{video, shot, face, other}},
			{day - time.Hour, 0, []string{video, shot, face, other}},
			{day + time.Hour, 1, []string{shot, face, other}},
			{3*day + time.Hour, 1, []string{face, other}},
			{1000 * day, 0, []string{face, other}}, // kept for ever, and none of ours
		} {
			if n := sweep(t, c, step.later); n != step.gone {
				t.Errorf("after %s: swept %d", step.later, n)
			}
			for _, name := range step.left {
				if !isThere(t, c, name) {
					t.Errorf("after %s: %s is gone", step.later, name)
				}
			}
		}
		if isThere(t, c, video) || isThere(t, c, shot) {
			t.Error("swept, and still there")
		}
	})
}

func TestSweepExportsNobodyKnows(t *testing.T) {
	everyStore(t, func(t *testing.T, store string) {
		c, js := sweeping(t, store, nil)
		known, forgotten := uuid.NewString(), uuid.NewString()
		names := map[string]string{known: streams.ExportObject(known, "a", ".mp4"), forgotten: streams.ExportObject(forgotten, "a", ".mp4")}
		for _, name := range names {
			putObject(t, c, name, []byte("x"))
		}
		ctx := streamstest.Context(t)
		exports, err := js.KeyValue(ctx, "exports")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := exports.Put(ctx, known, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		if n := sweep(t, c, time.Minute); n != 0 {
			t.Errorf("swept %d just after they were stored", n)
		}
		if n := sweep(t, c, time.Hour); n != 1 || isThere(t, c, names[forgotten]) || !isThere(t, c, names[known]) {
			t.Errorf("swept %d; forgotten is there: %t, known is there: %t", n, isThere(t, c, names[forgotten]), isThere(t, c, names[known]))
		}
		if n := sweep(t, c, 1000*day); n != 0 {
			t.Errorf("swept %d of a job that is known", n)
		}
		if err := exports.Purge(ctx, known); err != nil {
			t.Fatal(err)
		}
		if n := sweep(t, c, time.Hour); n != 1 {
			t.Errorf("swept %d after the job was forgotten", n)
		}
	})
}

// A reader that came first keeps the sweeper off, however slowly it reads.
func TestLongReadThroughSweeps(t *testing.T) {
	t.Parallel()
	everyStore(t, func(t *testing.T, store string) {
		c, js := sweeping(t, store, nil)
		c.SetReaderTTL(time.Second)
		name, data := streams.VideoObject(uuid.NewString(), time.Now(), ".mp4"), bytes.Repeat([]byte("film"), 100_000)
		putObject(t, c, name, data)
		o, err := c.OpenObject(streamstest.Context(t), name)
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
			if n := sweep(t, c, 1000*day); n != 0 {
				t.Fatalf("swept %d files that are read", n)
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
		if n := sweep(t, c, 1000*day); n != 1 {
			t.Errorf("swept %d after the reader was done", n)
		}
	})
}

func lastMark(t *testing.T, js jetstream.JetStream) (*jetstream.RawStreamMsg, error) {
	s, err := js.Stream(t.Context(), "KV_readers")
	if err != nil {
		return nil, err
	}
	return s.GetLastMsgForSubject(t.Context(), "$KV.readers.>")
}

// A sweeper that came first keeps readers, and other sweepers, off.
func TestSweeperComesFirst(t *testing.T) {
	c, _ := sweeping(t, media.StoreObjects, nil)
	name := streams.VideoObject(uuid.NewString(), time.Now(), ".mp4")
	putObject(t, c, name, []byte("film"))
	release, ok, err := streams.ClaimObject(c, streamstest.Context(t), name)
	if err != nil || !ok {
		t.Fatalf("claim: %t, %v", ok, err)
	}
	if isThere(t, c, name) {
		t.Error("read while it is swept")
	}
	if n := sweep(t, c, 1000*day); n != 0 {
		t.Errorf("two sweepers at one file, %d swept", n)
	}
	if other := streams.BestShotObject("a"); true { // and nothing else
		putObject(t, c, other, []byte("face"))
		if !isThere(t, c, other) {
			t.Error("another file is taken for the swept one")
		}
	}
	release()
	if !isThere(t, c, name) {
		t.Error("not there after the sweeper stepped back")
	}
	if n := sweep(t, c, 1000*day); n != 2 {
		t.Errorf("swept %d afterwards", n)
	}
}

// A writer that comes second waits; one that came first keeps the sweeper off.
func TestWritersAndSweepers(t *testing.T) {
	everyStore(t, func(t *testing.T, store string) {
		c, js := sweeping(t, store, func(m *media.Config) { m.TTL.Video = time.Hour })
		ctx := streamstest.Context(t)
		name := streams.VideoObject(uuid.NewString(), time.Now(), ".mp4")
		putObject(t, c, name, []byte("old"))
		release, ok, err := streams.ClaimObject(c, ctx, name)
		if err != nil || !ok {
			t.Fatalf("claim: %t, %v", ok, err)
		}
		before := lastMarkNumber(t, js)
		written := make(chan error, 1)
		go func() { written <- c.PutObject(ctx, name, "video/mp4", strings.NewReader("new")) }()
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
		if err := <-written; err != nil || read(t, c, name) != "new" {
			t.Errorf("after the sweeper: %q, %v", read(t, c, name), err)
		}

		content, pipe := io.Pipe()
		go func() { written <- c.PutObject(ctx, name, "video/mp4", content) }()
		if _, err := pipe.Write([]byte("newer")); err != nil {
			t.Fatal(err)
		}
		if n := sweep(t, c, 2*time.Hour); n != 0 {
			t.Errorf("swept %d while it was written", n)
		}
		pipe.Close()
		if err := <-written; err != nil || read(t, c, name) != "newer" {
			t.Errorf("after a sweeper stepped back: %q, %v", read(t, c, name), err)
		}
	})
}

func read(t *testing.T, c *streams.Conn, name string) string {
	t.Helper()
	o, err := c.OpenObject(streamstest.Context(t), name)
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
	s, err := js.Stream(t.Context(), "KV_readers")
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State.LastSeq
}

// Whoever dies with a mark set is forgotten.
func TestMarksOfTheDead(t *testing.T) {
	t.Parallel()
	c, _ := sweeping(t, media.StoreObjects, nil)
	c.SetReaderTTL(time.Second)
	name := streams.VideoObject(uuid.NewString(), time.Now(), ".mp4")
	putObject(t, c, name, []byte("film"))
	if _, ok, err := streams.ClaimObject(c, streamstest.Context(t), name); err != nil || !ok {
		t.Fatalf("claim: %t, %v", ok, err)
	}
	streamstest.Eventually(t, func() error {
		if !isThere(t, c, name) {
			return errors.New("a dead sweeper keeps readers off")
		}
		return nil
	})
	ctx, die := context.WithCancel(t.Context())
	if _, err := c.OpenObject(ctx, name); err != nil {
		t.Fatal(err)
	}
	die()
	streamstest.Eventually(t, func() error {
		if n := sweep(t, c, 1000*day); n != 1 {
			return errors.New("a dead reader keeps sweepers off")
		}
		return nil
	})
}

// However they meet, a reader reads all of it or finds nothing, and a file goes once.
func TestReadersAndSweepersAtOnce(t *testing.T) {
	c, _ := sweeping(t, media.StoreObjects, nil)
	data := bytes.Repeat([]byte("film"), 100_000)
	var read, missed, swept int
	for range 25 {
		name := streams.VideoObject(uuid.NewString(), time.Now(), ".mp4")
		putObject(t, c, name, data)
		var work sync.WaitGroup
		var mu sync.Mutex
		count := func(n *int, by int) {
			mu.Lock()
			defer mu.Unlock()
			*n += by
		}
		for range 2 {
			work.Go(func() {
				n, err := c.Sweep(t.Context(), time.Now().Add(1000*day))
				if err != nil {
					t.Errorf("sweep: %v", err)
				}
				count(&swept, n)
			})
			work.Go(func() {
				o, err := c.OpenObject(t.Context(), name)
				if errors.Is(err, streams.ErrNotFound) {
					count(&missed, 1)
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
				count(&read, 1)
			})
		}
		work.Wait()
	}
	t.Logf("read %d, missed %d, swept %d", read, missed, swept)
	if swept+sweep(t, c, 1000*day) != 25 {
		t.Errorf("25 files were swept %d times", swept)
	}
}

func TestSweepLeavesWhatWasReplaced(t *testing.T) {
	everyStore(t, func(t *testing.T, store string) {
		c, _ := sweeping(t, store, nil)
		name := streams.VideoObject(uuid.NewString(), time.Now(), ".mp4")
		putObject(t, c, name, []byte("made again"))
		listed := media.Info{Name: name, Stored: time.Now().Add(-100 * day)}
		gone, err := streams.SweepObject(c, streamstest.Context(t), listed, time.Now())
		if gone || err != nil || !isThere(t, c, name) {
			t.Errorf("gone: %t, %v", gone, err)
		}
		gone, err = streams.SweepObject(c, streamstest.Context(t), media.Info{Name: "video/none.mp4"}, time.Now())
		if gone || err != nil {
			t.Errorf("what is gone already: %t, %v", gone, err)
		}
	})
}

func TestEraseWhereverMediaAre(t *testing.T) {
	everyStore(t, func(t *testing.T, store string) {
		c, _ := sweeping(t, store, nil)
		ctx := streamstest.Context(t)
		id, other := uuid.NewString(), uuid.NewString()
		names := func(id string) []string {
			return []string{streams.VideoObject(id, time.Now(), ".mp4"), streams.ExportObject("job", id, ".webm"), streams.BestShotObject(id), streams.ReferenceObject(id)}
		}
		for _, session := range []string{id, other} {
			for i, name := range names(session) {
				putObject(t, c, name, []byte("x"))
				v := &schemas.VideoStatus{Version: schemas.Version, Session: session, Status: schemas.VideoSuccess, Object: name}
				if i == 1 {
					v.Job = "job"
				}
				if i < 2 {
					if err := c.PublishVideo(ctx, v); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		if err := c.Erase(ctx, id, &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_ERASED}); err != nil {
			t.Fatal(err)
		}
		for i, name := range names(id) {
			if isThere(t, c, name) || !isThere(t, c, names(other)[i]) {
				t.Errorf("%s is there: %t; that of another session: %t", name, isThere(t, c, name), isThere(t, c, names(other)[i]))
			}
		}
	})
}

func TestMediaThatCannotBe(t *testing.T) {
	b := streamstest.Broker(t, false)
	for says, m := range map[string]media.Config{
		"SELENE_MEDIA_STORE": {Store: "tape"},
		"SELENE_MEDIA_DIR":   {Store: media.StoreDirectory},
	} {
		c, err := streams.Connect(streamstest.Context(t), streams.Options{Broker: b, Media: m})
		if err == nil {
			c.Close()
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want an error about %s", err, says)
		}
	}
}

// filmed makes a session of four frames, the first three of them in its finished video.
func filmed(t *testing.T, c *streams.Conn, revision uint64) (id string) {
	t.Helper()
	ctx := streamstest.Context(t)
	id = uuid.NewString()
	var last uint64
	for n := range uint64(4) {
		seq, err := c.PublishFrame(ctx, frame(id, n))
		if err != nil {
			t.Fatal(err)
		}
		if n < 3 {
			last = seq
		}
	}
	err := c.PublishSessionEvent(ctx, &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_CLOSED, SettingsRevision: revision})
	if err != nil {
		t.Fatal(err)
	}
	film(t, c, &schemas.VideoStatus{Session: id, Status: schemas.VideoSuccess, LastFrame: last})
	return id
}

func film(t *testing.T, c *streams.Conn, v *schemas.VideoStatus) {
	t.Helper()
	v.Version, v.FinishedUnixNanos = schemas.Version, time.Now().UnixNano()
	if err := c.PublishVideo(streamstest.Context(t), v); err != nil {
		t.Fatal(err)
	}
}

func framesOf(t *testing.T, c *streams.Conn, id string) (n int) {
	t.Helper()
	for _, err := range c.FramesOf(streamstest.Context(t), id) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func TestFramesGoSomeTimeAfterTheirVideo(t *testing.T) {
	c, _ := sweeping(t, media.StoreObjects, nil)
	ctx := streamstest.Context(t)
	byDefault, err := c.Settings(ctx)
	if err != nil {
		t.Fatal(err)
	}
	document, err := json.Marshal(map[string]any{"video": map[string]any{"expires": 600}})
	if err != nil {
		t.Fatal(err)
	}
	expiring, err := c.PutSettings(ctx, document)
	if err != nil {
		t.Fatal(err)
	}
	ready, kept := filmed(t, c, expiring.Number), filmed(t, c, byDefault.Number)
	live, exporting, failed := filmed(t, c, expiring.Number), filmed(t, c, expiring.Number), filmed(t, c, expiring.Number)
	if _, err := c.Claim(ctx, live, "edge", time.Hour); err != nil {
		t.Fatal(err)
	}
	film(t, c, &schemas.VideoStatus{Session: exporting, Job: "one", Status: schemas.VideoExporting})
	film(t, c, &schemas.VideoStatus{Session: exporting, Job: "two", Status: schemas.VideoSuccess})
	film(t, c, &schemas.VideoStatus{Session: failed, Status: schemas.VideoError})

	sweep(t, c, 9*time.Minute)
	if n := framesOf(t, c, ready); n != 4 {
		t.Errorf("too early: %d frames left", n)
	}
	sweep(t, c, 11*time.Minute)
	if n := framesOf(t, c, ready); n != 1 {
		t.Errorf("%d frames left, want the one that is not in the video", n)
	}
	sweep(t, c, 1000*day)
	for what, id := range map[string]string{"kept by default": kept, "going on": live, "being exported": exporting, "without a video": failed} {
		if n := framesOf(t, c, id); n != 4 {
			t.Errorf("session %s: %d frames left", what, n)
		}
	}
	film(t, c, &schemas.VideoStatus{Session: exporting, Job: "one", Status: schemas.VideoCanceled})
	sweep(t, c, 11*time.Minute)
	if n := framesOf(t, c, exporting); n != 1 {
		t.Errorf("after the export: %d frames left", n)
	}
}
