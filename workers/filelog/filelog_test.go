package filelog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/filelog"
	"github.com/selene-liveness/selene/workers/workertest"
)

// bench is a running file logger with a broker of its own.
type bench struct {
	t        testing.TB
	conn     *streams.Conn
	dir      string
	revision uint64
	opened   time.Time
	last     map[string]uint64 // stream sequence of each session's last decision
	count    map[string]uint64
}

func start(t testing.TB, document string, c filelog.Config) *bench {
	t.Helper()
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	if _, err := settings.New(conn).Put(ctx, []byte(document)); err != nil {
		t.Fatal(err)
	}
	r, err := settings.New(conn).Newest(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	c.Dir = filepath.Join(t.TempDir(), "filelog")
	if c.Bytes == 0 {
		c.Bytes = 1 << 30
	}
	if c.Age == 0 {
		c.Age = 30 * 24 * time.Hour
	}
	streamstest.Go(t, filelog.New(conn, c, workers.Options{}).Run)
	return &bench{t, conn, c.Dir, r.Number, time.Now().UTC(), map[string]uint64{}, map[string]uint64{}}
}

// decide stores a frame of the session and a decision about it.
func (b *bench) decide(session string, image []byte, outcome schemas.Outcome, errs ...int32) {
	b.t.Helper()
	ctx := streamstest.Context(b.t)
	b.count[session]++
	name := &schemas.FrameName{Session: session, Sequence: b.count[session], Nonce: "n"}
	state := &schemas.SessionState{
		SettingsRevision: b.revision, OpenedUnixNanos: b.opened.UnixNano(), Attempts: uint32(b.count[session]), Seed: []byte("secret"),
		Device: &schemas.Device{Camera: "c920"},
	}
	frame, err := b.conn.PublishFrame(ctx, &schemas.Frame{
		Version: schemas.Version, Name: name, MediaType: "image/jpeg", Image: image, State: state, ReceivedUnixNanos: b.opened.UnixNano() + 5e6,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	live := 0.75
	b.last[session], err = b.conn.PublishDecision(ctx, &schemas.Decision{
		Version: schemas.Version, Name: name, Frame: frame, Outcome: outcome, Errors: errs, State: state, DecidedUnixNanos: b.opened.UnixNano() + 9e6,
		Estimations: &schemas.Estimations{Liveness: &live}, Workers: []string{"detector", "liveness"},
	}, b.last[session])
	if err != nil {
		b.t.Fatal(err)
	}
}

// files returns all files in the folder, by path.
func (b *bench) files() map[string][]byte {
	b.t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(b.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(b.dir, path)
		out[name] = data
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil // it is being changed
	}
	return out
}

func (b *bench) dirOf(session string) string {
	return filepath.Join("LOGS", b.opened.Format(time.DateOnly), session)
}

// has waits until a session's folder holds the summary with an outcome.
func (b *bench) has(session string, outcome schemas.Outcome) {
	b.t.Helper()
	streamstest.Eventually(b.t, func() error {
		var s struct{ Outcome string }
		text := b.files()[filepath.Join(b.dirOf(session), "session.json")]
		if err := json.Unmarshal(text, &s); err != nil || s.Outcome != outcome.String() {
			return fmt.Errorf("session.json is %q (%w)", text, err)
		}
		return nil
	})
}

func TestLayout(t *testing.T) {
	b := start(t, `{"file_logger":{"is_enabled":true}}`, filelog.Config{})
	photo := workertest.Picture(t, "conditions/frontal_zub.jpg")
	session := uuid.NewString()
	b.decide(session, photo, schemas.Outcome_OUTCOME_CONTINUE, schemas.CodeMoreFrames)
	b.decide(session, photo, schemas.Outcome_OUTCOME_PASSED)
	b.has(session, schemas.Outcome_OUTCOME_PASSED)
	files := b.files()
	stem := filepath.Join(b.dirOf(session), fmt.Sprintf("000001_%d", b.opened.Add(5*time.Millisecond).UnixMilli()))
	if !bytes.Equal(files[stem+".jpg"], photo) {
		t.Errorf("%s.jpg is not the image as received", stem)
	}
	var r struct {
		Errors      []int32
		Estimations struct{ Liveness float64 }
		MediaType   string `json:"media_type"`
	}
	if err := json.Unmarshal(files[stem+".json"], &r); err != nil || !slices.Equal(r.Errors, []int32{schemas.CodeMoreFrames}) || r.Estimations.Liveness != 0.75 || r.MediaType != "image/jpeg" {
		t.Errorf("record %s: %v", files[stem+".json"], err)
	}
	if len(files) != 5 {
		t.Errorf("%d files, want two frames, two records and the summary", len(files))
	}
	for name, data := range files {
		if bytes.Contains(data, []byte("secret")) || filepath.Ext(name) == ".part" {
			t.Errorf("%s should not be there, or holds the session's seed", name)
		}
	}
}

func TestOffByDefault(t *testing.T) {
	b := start(t, `{}`, filelog.Config{})
	session := uuid.NewString()
	b.decide(session, []byte("image"), schemas.Outcome_OUTCOME_PASSED)
	done := uuid.NewString()
	// Once the second session is logged, the first one has been handled and must have left nothing.
	ctx := streamstest.Context(t)
	if _, err := settings.New(b.conn).Put(ctx, []byte(`{"file_logger":{"is_enabled":true}}`)); err != nil {
		t.Fatal(err)
	}
	r, err := settings.New(b.conn).Newest(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	b.revision = r.Number
	b.decide(done, []byte("image"), schemas.Outcome_OUTCOME_PASSED)
	b.has(done, schemas.Outcome_OUTCOME_PASSED)
	for name := range b.files() {
		if filepath.Dir(name) != b.dirOf(done) {
			t.Errorf("%s was written", name)
		}
	}
}

func TestErasedSessionsLeaveNothing(t *testing.T) {
	b := start(t, `{"file_logger":{"is_enabled":true,"path":"some/where"}}`, filelog.Config{})
	session := uuid.NewString()
	b.decide(session, []byte("image"), schemas.Outcome_OUTCOME_PASSED)
	streamstest.Eventually(t, func() error {
		if len(b.files()) != 3 {
			return fmt.Errorf("%d files", len(b.files()))
		}
		return nil
	})
	erased := &schemas.SessionEvent{Version: schemas.Version, Session: session, Kind: schemas.SessionEventKind_SESSION_ERASED}
	if err := sessions.New(b.conn).Erase(streamstest.Context(t), session, erased); err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		if n := len(b.files()); n > 0 {
			return fmt.Errorf("%d files are left", n)
		}
		return nil
	})
}

func TestTotalSizeIsBounded(t *testing.T) {
	const bound = 200_000
	b := start(t, `{"file_logger":{"is_enabled":true}}`, filelog.Config{Bytes: bound})
	image := bytes.Repeat([]byte("x"), 40_000)
	var last string
	for range 8 {
		last = uuid.NewString()
		b.decide(last, image, schemas.Outcome_OUTCOME_PASSED)
		b.has(last, schemas.Outcome_OUTCOME_PASSED)
		streamstest.Eventually(t, func() error {
			total := 0
			for _, data := range b.files() {
				total += len(data)
			}
			if total > bound {
				return fmt.Errorf("%d bytes, the limit is %d", total, bound)
			}
			return nil
		})
	}
	if n := len(b.files()); n < 3*3 {
		t.Errorf("only %d files are left: more were removed than necessary", n)
	}
}
