package exports_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/exports"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// installation is the exports of an installation, and its connection.
type installation struct {
	*exports.Store
	conn *streams.Conn
}

func newInstallation(t *testing.T) installation {
	t.Helper()
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	return installation{exports.New(conn), conn}
}

func exportOrder(sessions ...string) schemas.ExportOrder {
	return schemas.ExportOrder{Sessions: sessions, Codec: schemas.CodecH264, Resolution: "original", Name: "{name}"}
}

// videoSteps returns the statuses of a job that were published for a session, as "status percent".
func videoSteps(t *testing.T, c installation, session, job string) (steps []string) {
	t.Helper()
	for v, err := range sessions.New(c.conn).VideosOf(streamstest.Context(t), session) {
		if err != nil {
			t.Fatal(err)
		}
		if v.Message.GetJob() == job {
			steps = append(steps, fmt.Sprintf("%s %d", v.Message.GetStatus(), v.Message.GetPercent()))
		}
	}
	return steps
}

func TestLifecycle(t *testing.T) {
	c := newInstallation(t)
	ctx := streamstest.Context(t)
	one, two := uuid.NewString(), uuid.NewString()
	made, err := c.Create(ctx, exportOrder(one, two))
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	watched := make(chan error, 1)
	started := make(chan struct{}, 1)
	go func() {
		for e, err := range c.Watch(ctx, made.ID) {
			if err != nil {
				watched <- err
				return
			}
			seen = append(seen, e.Status)
			if len(seen) == 1 {
				started <- struct{}{}
			}
		}
		watched <- nil
	}()
	<-started

	// A worker takes the job and does it.
	jobs := make(chan string, 1)
	streamstest.Go(t, func(ctx context.Context) error {
		return c.conn.Consume(ctx, streams.Work{Stream: streams.Exports, Durable: "test", Concurrency: 1}, func(_ context.Context, d *streams.Delivery) error {
			job, err := streams.Decode(d, &schemas.ExportJob{})
			jobs <- job.GetJob()
			return err
		})
	})
	if job := <-jobs; job != made.ID {
		t.Fatalf("got job %s, want %s", job, made.ID)
	}
	e, revision, err := c.Get(ctx, made.ID)
	if err != nil || e.Status != schemas.VideoInQueue || e.Over() {
		t.Fatalf("got %+v %v", e, err)
	}
	now := time.Now().UTC()
	e.Status, e.Percent, e.Started = schemas.VideoExporting, 50, &now
	stale := revision
	if revision, err = c.Update(ctx, e, revision); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Update(ctx, e, stale); !errors.Is(err, streams.ErrChanged) {
		t.Fatalf("got %v, want ErrChanged", err)
	}
	e.Status, e.Percent = schemas.VideoSuccess, 100
	e.Files = []schemas.ExportFile{{
		Session: two, Name: two + ".mp4", Object: objects.ExportName(e.ID, two, ".mp4"), MediaType: "video/mp4", Codec: "H264",
		Bytes: 5, Frames: 7, Skipped: 1, Width: 320, Height: 240, Start: now, Duration: 1.5,
	}}
	if revision, err = c.Update(ctx, e, revision); err != nil {
		t.Fatal(err)
	}
	if e.Finished == nil || e.Expires == nil || e.Expires.Sub(*e.Finished) != 24*time.Hour {
		t.Errorf("finished %v, expires %v", e.Finished, e.Expires)
	}
	if err := <-watched; err != nil || seen[0] != schemas.VideoInQueue || seen[len(seen)-1] != schemas.VideoSuccess {
		t.Errorf("watched %v %v", seen, err)
	}
	// Reported once more, as by a worker that does not know whether the first report arrived.
	if _, err = c.Update(ctx, e, revision); err != nil {
		t.Fatal(err)
	}
	for _, session := range []string{one, two} {
		if got := videoSteps(t, c, session, e.ID); !slices.Equal(got, []string{"in_queue 0", "exporting 50", "success 100"}) {
			t.Errorf("video states %v", got)
		}
	}
	for v, err := range sessions.New(c.conn).VideosOf(ctx, two) {
		if err != nil {
			t.Fatal(err)
		}
		if m := v.Message; m.GetStatus() == schemas.VideoSuccess && (m.GetObject() != e.Files[0].Object || m.GetFileName() != two+".mp4" || m.GetBytes() != 5 ||
			m.GetFrames() != 7 || m.GetSkipped() != 1 || m.GetWidth() != 320 || m.GetHeight() != 240 || m.GetDurationNanos() != 1.5e9 || m.GetStartedUnixNanos() != now.UnixNano()) {
			t.Errorf("video state %v", m)
		}
	}
	// Over is over.
	if e, err := c.Cancel(ctx, e.ID); err != nil || e.Status != schemas.VideoSuccess || len(e.Files) != 1 {
		t.Errorf("canceled afterwards: %+v %v", e, err)
	}
	if err := objects.New(c.conn).Put(ctx, e.Files[0].Object, "video/mp4", bytes.NewReader([]byte("movie"))); err != nil {
		t.Fatal(err)
	}
	if err := c.Remove(ctx, e); err != nil {
		t.Fatal(err)
	}
	if _, err := objects.New(c.conn).Open(ctx, e.Files[0].Object); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("its file: %v", err)
	}
	if _, _, err := c.Get(ctx, e.ID); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestUnknownExports(t *testing.T) {
	c := newInstallation(t)
	ctx := streamstest.Context(t)
	for _, id := range []string{uuid.NewString(), "", "*", ">", "a b", "../x"} {
		if _, _, err := c.Get(ctx, id); !errors.Is(err, streams.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
		if _, err := c.Cancel(ctx, id); !errors.Is(err, streams.ErrNotFound) {
			t.Errorf("cancel %q: %v", id, err)
		}
		for _, err := range c.Watch(ctx, id) {
			if !errors.Is(err, streams.ErrNotFound) {
				t.Errorf("watch %q: %v", id, err)
			}
		}
	}
	if all, err := c.All(ctx); err != nil || all == nil || len(all) != 0 {
		t.Errorf("got %v %v", all, err)
	}
}

func TestCanceledExportLeavesTheQueue(t *testing.T) {
	c := newInstallation(t)
	ctx := streamstest.Context(t)
	session := uuid.NewString()
	var ids []string
	for range 3 {
		e, err := c.Create(ctx, exportOrder(session))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.ID)
	}
	e, revision, err := c.Get(ctx, ids[1])
	if err != nil {
		t.Fatal(err)
	}
	canceled, err := c.Cancel(ctx, ids[1])
	if err != nil || canceled.Status != schemas.VideoCanceled || canceled.Finished == nil || canceled.Expires == nil {
		t.Fatalf("got %+v %v", canceled, err)
	}
	e.Status = schemas.VideoExporting
	if _, err := c.Update(ctx, e, revision); !errors.Is(err, streams.ErrChanged) {
		t.Errorf("the worker's update: %v", err)
	}
	if again, err := c.Cancel(ctx, ids[1]); err != nil || again.Status != schemas.VideoCanceled {
		t.Errorf("canceled again: %+v %v", again, err)
	}
	if got := videoSteps(t, c, session, ids[1]); !slices.Equal(got, []string{"in_queue 0", "canceled 0"}) {
		t.Errorf("video states %v", got)
	}
	all, err := c.All(ctx)
	if err != nil || len(all) != 3 || all[0].ID != ids[2] || all[1].ID != ids[1] || all[2].ID != ids[0] {
		t.Errorf("got %+v %v", all, err)
	}
	jobs := make(chan string, 3)
	streamstest.Go(t, func(ctx context.Context) error {
		return c.conn.Consume(ctx, streams.Work{Stream: streams.Exports, Durable: "test", Concurrency: 1}, func(_ context.Context, d *streams.Delivery) error {
			job, err := streams.Decode(d, &schemas.ExportJob{})
			jobs <- job.GetJob()
			return err
		})
	})
	if a, b := <-jobs, <-jobs; a != ids[0] || b != ids[2] {
		t.Errorf("the queue held %s and %s", a, b)
	}
}

func TestExportExpires(t *testing.T) {
	t.Parallel()
	c := newInstallation(t)
	ctx := streamstest.Context(t)
	if _, err := settings.New(c.conn).Put(ctx, []byte(`{"video":{"result_ttl":2}}`)); err != nil {
		t.Fatal(err)
	}
	e, err := c.Create(ctx, exportOrder(uuid.NewString()))
	if err != nil {
		t.Fatal(err)
	}
	if e, err = c.Cancel(ctx, e.ID); err != nil || e.Expires.Sub(*e.Finished) != 2*time.Second {
		t.Fatalf("got %+v %v", e, err)
	}
	streamstest.Eventually(t, func() error {
		if _, _, err := c.Get(ctx, e.ID); !errors.Is(err, streams.ErrNotFound) {
			return fmt.Errorf("got %w", err)
		}
		return nil
	})
	if time.Now().Before(e.Finished.Add(time.Second)) {
		t.Error("forgotten at once")
	}
	if all, err := c.All(ctx); err != nil || len(all) != 0 {
		t.Errorf("got %v %v", all, err)
	}
}

func TestExportsWithoutTTLAreKeptLikeVideoStates(t *testing.T) {
	c := newInstallation(t)
	ctx := streamstest.Context(t)
	if _, err := settings.New(c.conn).Put(ctx, []byte(`{"video":{"result_ttl":0}}`)); err != nil {
		t.Fatal(err)
	}
	e, err := c.Create(ctx, exportOrder(uuid.NewString()))
	if err != nil {
		t.Fatal(err)
	}
	if e, err = c.Cancel(ctx, e.ID); err != nil || e.Expires.Sub(*e.Finished) != streams.DefaultLimits().DecisionsAge {
		t.Errorf("got %+v %v", e, err)
	}
}

func TestExportQueueIsBounded(t *testing.T) {
	c := newInstallation(t)
	ctx := streamstest.Context(t)
	order := exportOrder(uuid.NewString())
	const room = 5
	for n := range streams.MaxExports - room {
		if _, err := c.Create(ctx, order); err != nil {
			t.Fatalf("%d: %v", n, err)
		}
	}
	// Many at the same time find room and then some do not.
	hurried := uuid.NewString()
	refused := make(chan error, 4*room)
	for range cap(refused) {
		go func() {
			_, err := c.Create(ctx, exportOrder(hurried))
			refused <- err
		}()
	}
	taken := 0
	for range cap(refused) {
		switch err := <-refused; {
		case err == nil:
			taken++
		case !errors.Is(err, exports.ErrQueueFull):
			t.Error(err)
		}
	}
	told := 0
	for _, err := range sessions.New(c.conn).VideosOf(ctx, hurried) {
		if err != nil {
			t.Fatal(err)
		}
		told++
	}
	if taken != room || told != room {
		t.Errorf("%d of %d concurrent orders were accepted, %d failed, want %d accepted", taken, cap(refused), told, room)
	}
	before, err := c.All(ctx)
	if err != nil || len(before) != streams.MaxExports {
		t.Fatalf("%d stored, %v", len(before), err)
	}
	late := uuid.NewString()
	if _, err := c.Create(ctx, exportOrder(late)); !errors.Is(err, exports.ErrQueueFull) {
		t.Fatalf("got %v", err)
	}
	for v, err := range sessions.New(c.conn).VideosOf(ctx, late) {
		t.Errorf("left behind %v %v", v.Message, err)
	}
	after, err := c.All(ctx)
	if err != nil || len(after) != len(before) {
		t.Errorf("%d stored, %v", len(after), err)
	}
	if _, err := c.Cancel(ctx, before[500].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(ctx, exportOrder(late)); err != nil {
		t.Errorf("no place in the queue after one was canceled: %v", err)
	}
}

func TestErasedSessionIsForgottenInExports(t *testing.T) {
	c := newInstallation(t)
	ctx := streamstest.Context(t)
	gone, stays := uuid.NewString(), uuid.NewString()
	create := func(sessions ...string) string {
		e, err := c.Create(ctx, exportOrder(sessions...))
		if err != nil {
			t.Fatal(err)
		}
		return e.ID
	}
	alone, waits, other, done, failed := create(gone), create(gone, stays), create(stays), create(stays, gone), create(gone, stays)
	f, revision, err := c.Get(ctx, failed)
	if err != nil {
		t.Fatal(err)
	}
	f.Status, f.Reason = schemas.VideoError, "session "+gone+": no frames"
	if _, err := c.Update(ctx, f, revision); err != nil {
		t.Fatal(err)
	}
	e, revision, err := c.Get(ctx, done)
	if err != nil {
		t.Fatal(err)
	}
	e.Status = schemas.VideoSuccess
	for _, session := range e.Order.Sessions {
		f := schemas.ExportFile{Session: session, Name: session + ".mp4", Object: objects.ExportName(done, session, ".mp4")}
		if err := objects.New(c.conn).Put(ctx, f.Object, "video/mp4", bytes.NewReader([]byte("movie"))); err != nil {
			t.Fatal(err)
		}
		e.Files = append(e.Files, f)
	}
	if _, err := c.Update(ctx, e, revision); err != nil {
		t.Fatal(err)
	}
	if err := sessions.New(c.conn).Erase(ctx, gone, &schemas.SessionEvent{Version: schemas.Version, Session: gone, Kind: schemas.SessionEventKind_SESSION_ERASED}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Get(ctx, alone); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("its own: %v", err)
	}
	for id, status := range map[string]string{waits: schemas.VideoCanceled, other: schemas.VideoInQueue, done: schemas.VideoSuccess, failed: schemas.VideoError} {
		e, _, err := c.Get(ctx, id)
		if err != nil || strings.Contains(e.Reason, gone) || e.Status != status || !slices.Equal(e.Order.Sessions, []string{stays}) {
			t.Errorf("got %+v %v, want %s", e, err, status)
		}
	}
	if e, _, err := c.Get(ctx, done); err != nil || len(e.Files) != 1 || e.Files[0].Session != stays || e.Expires == nil {
		t.Errorf("got %+v %v", e, err)
	}
	if _, err := objects.New(c.conn).Open(ctx, objects.ExportName(done, gone, ".mp4")); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("its file: %v", err)
	}
	if o, err := objects.New(c.conn).Open(ctx, objects.ExportName(done, stays, ".mp4")); err != nil {
		t.Errorf("the other's file: %v", err)
	} else {
		_ = o.Close()
	}
	if got := videoSteps(t, c, stays, done); !slices.Equal(got, []string{"in_queue 0", "success 0"}) {
		t.Errorf("the other watcher received %v", got)
	}
	for v, err := range sessions.New(c.conn).VideosOf(ctx, gone) {
		t.Errorf("left behind %v %v", v.Message, err)
	}
	for v, err := range sessions.New(c.conn).VideosOf(ctx, stays) {
		if err != nil || strings.Contains(v.Message.GetReason(), gone) {
			t.Errorf("left with the other %v %v", v.Message, err)
		}
	}
}

func TestForgottenExportEndsItsWatch(t *testing.T) {
	c := newInstallation(t)
	ctx := streamstest.Context(t)
	session := uuid.NewString()
	e, err := c.Create(ctx, exportOrder(session))
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for now, err := range c.Watch(ctx, e.ID) {
		if err != nil {
			if !errors.Is(err, streams.ErrNotFound) {
				t.Error(err)
			}
			seen = append(seen, "forgotten")
			continue
		}
		seen = append(seen, now.Status)
		if err := c.Forget(ctx, session); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(seen, []string{"in_queue", "forgotten"}) {
		t.Errorf("saw %v", seen)
	}
	stopped, stop := context.WithCancel(ctx)
	defer stop()
	if e, err = c.Create(ctx, exportOrder(session)); err != nil {
		t.Fatal(err)
	}
	for _, err := range c.Watch(stopped, e.ID) {
		stop()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}
