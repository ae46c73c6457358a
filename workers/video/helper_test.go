package video_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers/video"
	"github.com/selene-liveness/selene/workers/video/videotest"
)

// studio is a broker with a video worker and a folder shared with its encoders.
type studio struct {
	t      testing.TB
	broker *streams.Broker
	conn   *streams.Conn
	dir    string
	temp   string
}

func newStudio(t testing.TB, document string) *studio {
	t.Helper()
	b := streamstest.Broker(t, true)
	r := &studio{t: t, broker: b, conn: streamstest.Connect(t, b), dir: t.TempDir(), temp: t.TempDir()}
	if _, err := settings.New(r.conn).Put(r.ctx(), []byte(document)); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *studio) ctx() context.Context { return streamstest.Context(r.t) }

// work runs a worker until the test ends or stop is called.
func (r *studio) work() (stop func()) { return r.workFor(0) }

// workFor is work, with encoders that may stall for a time.
func (r *studio) workFor(stall time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	w := video.New(r.conn, video.Options{Threads: 1, Stall: stall, Encoder: encoder(r.t, r.dir), Temp: r.temp})
	go func() { done <- w.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
	}
	r.t.Cleanup(stop)
	return stop
}

// jetStream is for requests that only tests send to the broker.
func (r *studio) jetStream() jetstream.JetStream {
	r.t.Helper()
	nc, err := nats.Connect(r.broker.URL())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		r.t.Fatal(err)
	}
	return js
}

// waitFor waits until a consumer has the wanted state.
func (r *studio) waitFor(stream, consumer string, wanted func(*jetstream.ConsumerInfo) bool) {
	r.t.Helper()
	js := r.jetStream()
	streamstest.Eventually(r.t, func() error {
		c, err := js.Consumer(r.ctx(), stream, consumer)
		if err == nil && !wanted(c.CachedInfo()) {
			err = fmt.Errorf("consumer %s: %d pending, %d taken", consumer, c.CachedInfo().NumPending, c.CachedInfo().NumAckPending)
		}
		return err
	})
}

// put creates a file that encoders look for, and remove deletes it.
func (r *studio) put(name, content string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(content), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *studio) remove(name string) {
	r.t.Helper()
	if err := os.Remove(filepath.Join(r.dir, name)); err != nil {
		r.t.Fatal(err)
	}
}

// encoders returns the process IDs of all encoders that were started.
func (r *studio) encoders() (pids []string) {
	r.t.Helper()
	files, err := filepath.Glob(filepath.Join(r.dir, pidFile+"*"))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range files {
		pids = append(pids, strings.TrimPrefix(filepath.Base(f), pidFile))
	}
	return pids
}

// session is a session whose frames a test stores.
type session struct {
	*studio
	id     string
	frames int
	start  time.Time
	last   uint64 // decision
}

const (
	pace   = 100 * time.Millisecond
	width  = 320
	height = 240
)

func (r *studio) session() *session {
	return &session{studio: r, id: uuid.NewString(), start: time.Now().Truncate(time.Millisecond)}
}

// shoot stores n frames with marks, and a decision on each.
func (s *session) shoot(n int) *session {
	s.t.Helper()
	for range n {
		s.image(videotest.Marked(s.t, s.frames, width, height))
	}
	return s
}

// image stores one frame.
func (s *session) image(file []byte) {
	s.t.Helper()
	name := &schemas.FrameName{Session: s.id, Sequence: uint64(s.frames + 1), Nonce: fmt.Sprint(s.frames)}
	at := s.start.Add(time.Duration(s.frames) * pace)
	seq, err := s.conn.PublishFrame(s.ctx(), &schemas.Frame{
		Version: schemas.Version, Name: name, MediaType: "image/jpeg", Image: file, ReceivedUnixNanos: at.UnixNano(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.frames++
	if err := s.conn.PublishVerdict(s.ctx(), &schemas.Verdict{
		Version: schemas.Version, Name: name, Worker: schemas.WorkerDetector, Decider: "d",
		Detection: &schemas.Detection{Frame: seq, Landmarks: []float32{400, 100}},
	}); err != nil {
		s.t.Fatal(err)
	}
	live := 0.875
	s.last, err = s.conn.PublishDecision(s.ctx(), &schemas.Decision{
		Version: schemas.Version, Name: name, Frame: seq, Errors: []int32{schemas.CodeBlurred},
		Estimations: &schemas.Estimations{
			Liveness: &live, FramePosition: &schemas.FramePosition{Face: &schemas.Rect{X: 100, Y: 60, Width: 120, Height: 120}},
		},
		State: &schemas.SessionState{Sequence: name.Sequence, SettingsRevision: s.revision()},
	}, s.last)
	if err != nil {
		s.t.Fatal(err)
	}
}

// again stores the last frame as an edge does that received no reply to it.
func (s *session) again(attempt uint32) {
	s.t.Helper()
	if _, err := s.conn.PublishFrame(s.ctx(), &schemas.Frame{
		Version: schemas.Version, Name: &schemas.FrameName{Session: s.id, Sequence: uint64(s.frames), Nonce: fmt.Sprint("again ", attempt)},
		MediaType: "image/jpeg", Image: videotest.Marked(s.t, s.frames-1, width, height), Attempt: attempt,
		ReceivedUnixNanos: s.start.Add(time.Duration(s.frames-1) * pace).UnixNano(),
	}); err != nil {
		s.t.Fatal(err)
	}
}

func (r *studio) revision() uint64 {
	r.t.Helper()
	rev, err := settings.New(r.conn).Newest(r.ctx(), "")
	if err != nil {
		r.t.Fatal(err)
	}
	return rev.Number
}

// end publishes that the session is over. Another edge than the previous one does so too.
func (s *session) end() {
	s.t.Helper()
	err := s.conn.PublishSessionEvent(s.ctx(), &schemas.SessionEvent{
		Version: schemas.Version, Session: s.id, Kind: schemas.SessionEventKind_SESSION_CLOSED,
		AtUnixNanos: time.Now().UnixNano(), SettingsRevision: s.revision(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// status waits until the session's own video has the status.
func (s *session) status(want string) *schemas.VideoStatus {
	s.t.Helper()
	var last *schemas.VideoStatus
	streamstest.Eventually(s.t, func() (err error) {
		if last, err = sessions.New(s.conn).LastVideo(s.ctx(), s.id); err == nil && last.GetStatus() != want {
			err = fmt.Errorf("the video is %q %s", last.GetStatus(), last.GetReason())
		}
		return err
	})
	return last
}

// statuses returns all statuses published for the session's own video.
func (s *session) statuses() (out []*schemas.VideoStatus) {
	s.t.Helper()
	for v, err := range sessions.New(s.conn).VideosOf(s.ctx(), s.id) {
		if err != nil {
			s.t.Fatal(err)
		}
		if v.Message.GetJob() == "" {
			out = append(out, v.Message)
		}
	}
	return out
}

// built returns the number of finished videos published for the session.
func (s *session) built() (n int) {
	s.t.Helper()
	for _, v := range s.statuses() {
		if v.GetStatus() == schemas.VideoSuccess {
			n++
		}
	}
	return n
}

// object reads a stored file.
func (r *studio) object(name string) []byte {
	r.t.Helper()
	o, err := objects.New(r.conn).Open(r.ctx(), name)
	if err != nil {
		r.t.Fatal(err)
	}
	defer o.Close()
	file, err := io.ReadAll(o)
	if err != nil {
		r.t.Fatal(err)
	}
	return file
}

// wantNoObject fails the test when the object exists.
func (r *studio) wantNoObject(name string) {
	r.t.Helper()
	o, err := objects.New(r.conn).Open(r.ctx(), name)
	if err == nil {
		o.Close()
	}
	if !errors.Is(err, streams.ErrNotFound) {
		r.t.Errorf("object %s is there (%v)", name, err)
	}
}

// wantMarks reads the video of a status: it must have exactly these marks, each at its time after the first.
func (r *studio) wantMarks(object string, marks ...int) videotest.Video {
	r.t.Helper()
	v := videotest.Read(r.t, r.object(object))
	if got := fmt.Sprint(v.Marks()); got != fmt.Sprint(marks) {
		r.t.Errorf("marks %s, want %v", got, marks)
		return v
	}
	for n, pts := range v.PTS {
		if want := time.Duration(marks[n]-marks[0]) * pace; (pts - want).Abs() > 2*time.Millisecond {
			r.t.Errorf("frame %d is shown at %v, arrived at %v", n, pts, want)
		}
	}
	return v
}

func upTo(n int) []int { return between(0, n) }

func between(from, to int) (out []int) {
	for n := from; n < to; n++ {
		out = append(out, n)
	}
	return out
}
