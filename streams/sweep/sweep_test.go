package sweep_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/streams/sweep"
)

const (
	day    = 24 * time.Hour
	noTime = time.Duration(0)
)

// sweeping returns a connection whose media are in the store, and a JetStream context to inspect the broker with.
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
	if err := objects.New(c).Put(streamstest.Context(t), name, "video/mp4", bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
}

func isThere(t *testing.T, c *streams.Conn, name string) bool {
	t.Helper()
	o, err := objects.New(c).Open(streamstest.Context(t), name)
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

// sweepLater sweeps as if later had passed.
func sweepLater(t *testing.T, c *streams.Conn, later time.Duration) int {
	t.Helper()
	n, err := sweep.New(c).Sweep(streamstest.Context(t), time.Now().Add(later))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// frame returns the n-th frame of a session.
func frame(session string, n uint64) *schemas.Frame {
	return &schemas.Frame{Version: schemas.Version, Name: &schemas.FrameName{Session: session, Sequence: n, Nonce: "n"}, Image: []byte{1, 2, 3}, Decider: "d"}
}

func TestSweepByAge(t *testing.T) {
	everyStore(t, func(t *testing.T, store string) {
		c, _ := sweeping(t, store, func(m *media.Config) {
			m.TTL = media.TTL{Video: day, BestShot: 3 * day}
		})
		video, shot := objects.VideoName(uuid.NewString(), time.Now(), ".mp4"), objects.BestShotName(uuid.NewString())
		face, other := objects.ReferenceName(uuid.NewString()), "something/else"
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
			{1000 * day, 0, []string{face, other}}, // kept forever, and not ours
		} {
			if n := sweepLater(t, c, step.later); n != step.gone {
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

func TestSweepRemovesUnknownExports(t *testing.T) {
	everyStore(t, func(t *testing.T, store string) {
		c, js := sweeping(t, store, nil)
		known, forgotten := uuid.NewString(), uuid.NewString()
		names := map[string]string{known: objects.ExportName(known, "a", ".mp4"), forgotten: objects.ExportName(forgotten, "a", ".mp4")}
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
		if n := sweepLater(t, c, time.Minute); n != 0 {
			t.Errorf("swept %d just after they were stored", n)
		}
		if n := sweepLater(t, c, time.Hour); n != 1 || isThere(t, c, names[forgotten]) || !isThere(t, c, names[known]) {
			t.Errorf("swept %d; forgotten is there: %t, known is there: %t", n, isThere(t, c, names[forgotten]), isThere(t, c, names[known]))
		}
		if n := sweepLater(t, c, 1000*day); n != 0 {
			t.Errorf("swept %d of a job that is known", n)
		}
		if err := exports.Purge(ctx, known); err != nil {
			t.Fatal(err)
		}
		if n := sweepLater(t, c, time.Hour); n != 1 {
			t.Errorf("swept %d after the job was forgotten", n)
		}
	})
}

// The settings by which an imported session was judged stay as long as its decisions.
func TestSweepRemovesWhatImportedSessionsLeave(t *testing.T) {
	everyStore(t, func(t *testing.T, store string) {
		c, _ := sweeping(t, store, nil)
		ctx, id := streamstest.Context(t), uuid.NewString()
		d := &schemas.Decision{Version: schemas.Version, Name: &schemas.FrameName{Session: id, Sequence: 1, Nonce: "n"}}
		if err := sessions.New(c).StoreImported(ctx, d); err != nil {
			t.Fatal(err)
		}
		putObject(t, c, objects.ImportedName(id), []byte("{}"))
		sweepLater(t, c, day)
		if !isThere(t, c, objects.ImportedName(id)) {
			t.Fatal("it is gone while there are decisions")
		}
		if err := c.Stream(streams.Decisions).Purge(ctx, ">", 0); err != nil {
			t.Fatal(err)
		}
		sweepLater(t, c, 0)
		if !isThere(t, c, objects.ImportedName(id)) {
			t.Error("it is gone while the session may be being imported")
		}
		if sweepLater(t, c, day); isThere(t, c, objects.ImportedName(id)) {
			t.Error("it stays when the decisions are gone")
		}
	})
}

// filmed creates a session of four frames, the first three of them in its finished video.
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
	for _, err := range sessions.New(c).FramesOf(streamstest.Context(t), id) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func TestFramesAreRemovedAfterTheirVideo(t *testing.T) {
	c, _ := sweeping(t, media.StoreObjects, nil)
	ctx := streamstest.Context(t)
	byDefault, err := settings.New(c).Newest(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	document, err := json.Marshal(map[string]any{"video": map[string]any{"expires": 600}})
	if err != nil {
		t.Fatal(err)
	}
	expiring, err := settings.New(c).Put(ctx, document)
	if err != nil {
		t.Fatal(err)
	}
	ready, kept := filmed(t, c, expiring.Number), filmed(t, c, byDefault.Number)
	live, exporting, failed := filmed(t, c, expiring.Number), filmed(t, c, expiring.Number), filmed(t, c, expiring.Number)
	if _, err := sessions.New(c).Claim(ctx, live, "edge", time.Hour, nil); err != nil {
		t.Fatal(err)
	}
	film(t, c, &schemas.VideoStatus{Session: exporting, Job: "one", Status: schemas.VideoExporting})
	film(t, c, &schemas.VideoStatus{Session: exporting, Job: "two", Status: schemas.VideoSuccess})
	film(t, c, &schemas.VideoStatus{Session: failed, Status: schemas.VideoError})

	sweepLater(t, c, 9*time.Minute)
	if n := framesOf(t, c, ready); n != 4 {
		t.Errorf("too early: %d frames left", n)
	}
	sweepLater(t, c, 11*time.Minute)
	if n := framesOf(t, c, ready); n != 1 {
		t.Errorf("%d frames left, want the one that is not in the video", n)
	}
	sweepLater(t, c, 1000*day)
	for what, id := range map[string]string{"kept by default": kept, "going on": live, "being exported": exporting, "without a video": failed} {
		if n := framesOf(t, c, id); n != 4 {
			t.Errorf("session %s: %d frames left", what, n)
		}
	}
	film(t, c, &schemas.VideoStatus{Session: exporting, Job: "one", Status: schemas.VideoCanceled})
	sweepLater(t, c, 11*time.Minute)
	if n := framesOf(t, c, exporting); n != 1 {
		t.Errorf("after the export: %d frames left", n)
	}
}

func TestSweepKeepsReplacedObjects(t *testing.T) {
	everyStore(t, func(t *testing.T, store string) {
		c, _ := sweeping(t, store, nil)
		name := objects.VideoName(uuid.NewString(), time.Now(), ".mp4")
		putObject(t, c, name, []byte("made again"))
		listed := media.Info{Name: name, Stored: time.Now().Add(-100 * day)}
		gone, err := sweep.SweepObject(sweep.New(c), streamstest.Context(t), listed, time.Now())
		if gone || err != nil || !isThere(t, c, name) {
			t.Errorf("gone: %t, %v", gone, err)
		}
		gone, err = sweep.SweepObject(sweep.New(c), streamstest.Context(t), media.Info{Name: "video/none.mp4"}, time.Now())
		if gone || err != nil {
			t.Errorf("missing object: %t, %v", gone, err)
		}
	})
}
