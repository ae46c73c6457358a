package sessions_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestReadBackAndErase(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	id, other := uuid.NewString(), uuid.NewString()
	for n := range uint64(150) {
		for _, s := range []string{id, other} {
			if _, err := c.PublishFrame(ctx, frame(s, n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	count := func(session string) (n uint64) {
		for f, err := range sessions.New(c).FramesOf(ctx, session) {
			if err != nil {
				t.Fatal(err)
			}
			if f.Message.GetName().GetSequence() != n {
				t.Fatalf("frame %d out of order: %d", n, f.Message.GetName().GetSequence())
			}
			n++
		}
		return n
	}
	if got := count(id); got != 150 {
		t.Fatalf("got %d frames", got)
	}
	if err := objects.New(c).Put(ctx, objects.VideoName(id, time.Unix(0, 0), ".mp4"), "video/mp4", bytes.NewReader([]byte("film"))); err != nil {
		t.Fatal(err)
	}
	o, err := objects.New(c).Open(ctx, objects.VideoName(id, time.Unix(0, 0), ".mp4"))
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(o); err != nil || string(data) != "film" || o.MediaType != "video/mp4" {
		t.Fatalf("got %q %v %q", data, err, o.MediaType)
	}
	for _, v := range []*schemas.VideoStatus{
		{Status: schemas.VideoSuccess, Object: objects.VideoName(id, time.Unix(0, 0), ".mp4"), Codec: "H264"},
		{Status: schemas.VideoExporting, Job: "j"},
		{Status: schemas.VideoCanceled, Job: "j"},
	} {
		v.Version, v.Session = schemas.Version, id
		if err := c.PublishVideo(ctx, v); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := sessions.New(c).LastVideo(ctx, id); err != nil || v.GetCodec() != "H264" {
		t.Fatalf("the session's own video, not its exports: %v, %v", v, err)
	}
	if err := c.PublishVerdict(ctx, &schemas.Verdict{Version: schemas.Version, Name: &schemas.FrameName{Session: id}, Decider: "d", Worker: "w"}); err != nil {
		t.Fatal(err)
	}
	if err := sessions.New(c).Erase(ctx, id, &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_ERASED}); err != nil {
		t.Fatal(err)
	}
	if count(id) != 0 || count(other) != 150 {
		t.Fatal("erase must remove the session, and no other")
	}
	for range sessions.New(c).VerdictsOf(ctx, id) {
		t.Fatal("a verdict is left")
	}
	if _, err := objects.New(c).Open(ctx, objects.VideoName(id, time.Unix(0, 0), ".mp4")); !errors.Is(err, streams.ErrNotFound) {
		t.Fatalf("got %v", err)
	}
}

func TestEraseWhereverMediaAre(t *testing.T) {
	for _, store := range []string{media.StoreObjects, media.StoreDirectory} {
		t.Run(store, func(t *testing.T) {
			m := media.DefaultConfig()
			m.Store, m.Dir = store, t.TempDir()
			ctx := streamstest.Context(t)
			c, err := streams.Connect(ctx, streams.Options{Broker: streamstest.Broker(t, false), Media: m})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.Close)
			eraseMedia(ctx, t, c)
		})
	}
}

func eraseMedia(ctx context.Context, t *testing.T, c *streams.Conn) {
	t.Helper()
	id, other := uuid.NewString(), uuid.NewString()
	names := func(id string) []string {
		return []string{objects.VideoName(id, time.Now(), ".mp4"), objects.ExportName("job", id, ".webm"), objects.BestShotName(id), objects.ReferenceName(id)}
	}
	for _, session := range []string{id, other} {
		for i, name := range names(session) {
			if err := objects.New(c).Put(ctx, name, "video/mp4", strings.NewReader("x")); err != nil {
				t.Fatal(err)
			}
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
	if err := sessions.New(c).Erase(ctx, id, &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_ERASED}); err != nil {
		t.Fatal(err)
	}
	stored := func(name string) bool {
		o, err := objects.New(c).Open(ctx, name)
		if errors.Is(err, streams.ErrNotFound) {
			return false
		}
		if err != nil {
			t.Fatal(err)
		}
		return o.Close() == nil
	}
	for i, name := range names(id) {
		if stored(name) || !stored(names(other)[i]) {
			t.Errorf("%s is there: %t; that of another session: %t", name, stored(name), stored(names(other)[i]))
		}
	}
}
