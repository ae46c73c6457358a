package video_test

import (
	"errors"
	"fmt"
	"image"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/exports"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers/video/videotest"
)

// order queues an export, with defaults for sessions and codec.
func (r *studio) order(o schemas.ExportOrder, of ...*session) string {
	r.t.Helper()
	for _, s := range of {
		o.Sessions = append(o.Sessions, s.id)
	}
	if o.Codec == "" {
		o.Codec = schemas.CodecH264
	}
	if o.Resolution == "" {
		o.Resolution = "original"
	}
	if o.Name == "" {
		o.Name = "{name}"
	}
	e, err := exports.New(r.conn).Create(r.ctx(), o)
	if err != nil {
		r.t.Fatal(err)
	}
	return e.ID
}

// export waits until the export has the status.
func (r *studio) export(id, want string) *schemas.Export {
	r.t.Helper()
	var e *schemas.Export
	streamstest.Eventually(r.t, func() (err error) {
		if e, _, err = exports.New(r.conn).Get(r.ctx(), id); err == nil && e.Status != want {
			err = fmt.Errorf("the export is %q %s", e.Status, e.Reason)
		}
		return err
	})
	return e
}

// encoding waits until an encoder runs and returns its process ID.
func (r *studio) encoding() int {
	r.t.Helper()
	var pid int
	streamstest.Eventually(r.t, func() (err error) {
		all := r.encoders()
		if len(all) == 0 {
			return errors.New("no encoder yet")
		}
		pid, err = strconv.Atoi(all[0])
		return err
	})
	return pid
}

// wantQueueEmpty waits until no export is waiting to be made.
func (r *studio) wantQueueEmpty() {
	r.t.Helper()
	r.waitFor(streams.Exports, "video-export", func(c *jetstream.ConsumerInfo) bool { return c.NumPending == 0 && c.NumAckPending == 0 })
}

func TestExports(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	a, b := r.session().shoot(12), r.session().shoot(4)
	at := func(n int) *time.Time { t := a.start.Add(time.Duration(n) * pace); return &t }
	r.work()
	for name, c := range map[string]struct {
		order schemas.ExportOrder
		of    []*session
		check func(t *testing.T, e *schemas.Export)
	}{
		"two sessions": {schemas.ExportOrder{}, []*session{a, b}, func(t *testing.T, e *schemas.Export) {
			r.wantMarks(e.Files[0].Object, upTo(12)...)
			r.wantMarks(e.Files[1].Object, upTo(4)...)
			for n, s := range []*session{a, b} {
				f := e.Files[n]
				if f.Session != s.id || f.Object != objects.ExportName(e.ID, s.id, ".mp4") || f.Name != s.id+".mp4" || f.Frames != s.frames ||
					f.Bytes != int64(len(r.object(f.Object))) || f.Width != width || f.Height != height || f.MediaType != "video/mp4" || !f.Start.Equal(s.start) {
					t.Errorf("file %+v", f)
				}
			}
			if e.Percent != 100 || e.Finished == nil || e.Expires == nil || e.Started == nil {
				t.Errorf("export %+v", e)
			}
		}},
		"from and to": {schemas.ExportOrder{From: at(3), To: at(7)}, []*session{a}, func(_ *testing.T, e *schemas.Export) {
			r.wantMarks(e.Files[0].Object, 3, 4, 5, 6)
		}},
		"duration": {schemas.ExportOrder{Duration: 0.5}, []*session{a}, func(_ *testing.T, e *schemas.Export) {
			r.wantMarks(e.Files[0].Object, upTo(5)...)
		}},
		"from and duration": {schemas.ExportOrder{From: at(8), Duration: 0.2}, []*session{a}, func(_ *testing.T, e *schemas.Export) {
			r.wantMarks(e.Files[0].Object, 8, 9)
		}},
		"another codec, size and rate": {
			schemas.ExportOrder{Codec: schemas.CodecVP9, Resolution: "640x480", FrameRate: 5, Bitrate: 400},
			[]*session{a},
			func(t *testing.T, e *schemas.Export) {
				v := videotest.Read(t, r.object(e.Files[0].Object))
				if v.Codec != "vp9" || v.Width != 640 || v.Height != 480 || len(v.PTS) < 6 || len(v.PTS) > 7 || !strings.HasSuffix(e.Files[0].Name, ".webm") {
					t.Errorf("%s of %dx%d, %d frames, %s", v.Codec, v.Width, v.Height, len(v.PTS), e.Files[0].Name)
				}
			},
		},
		"turned": {schemas.ExportOrder{Rotate: 90}, []*session{b}, func(t *testing.T, e *schemas.Export) {
			if v := videotest.Read(t, r.object(e.Files[0].Object)); v.Width != height || v.Height != width {
				t.Errorf("%dx%d", v.Width, v.Height)
			}
		}},
		"fragmented": {schemas.ExportOrder{Fragmented: true}, []*session{b}, func(t *testing.T, e *schemas.Export) {
			if !strings.Contains(string(r.object(e.Files[0].Object)), "moof") {
				t.Error("no fragments")
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := r.order(c.order, c.of...)
			e := r.export(id, schemas.VideoSuccess)
			if len(e.Files) != len(c.of) {
				t.Fatalf("%d files of %d sessions", len(e.Files), len(c.of))
			}
			c.check(t, e)
			var steps []string
			for v, err := range sessions.New(r.conn).VideosOf(r.ctx(), c.of[0].id) {
				if err != nil {
					t.Fatal(err)
				}
				if v.Message.GetJob() == id {
					steps = append(steps, v.Message.GetStatus())
				}
			}
			if got := fmt.Sprint(slices.Compact(steps)); got != "[in_queue exporting success]" {
				t.Errorf("states %s", got)
			}
		})
	}
	r.wantQueueEmpty()
}

// Drawings appear, and only where they belong: the upper left part of a black picture becomes bright, and the box is at the
// face of the decision.
func TestWatermarks(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	s := r.session()
	for range 3 {
		s.image(videotest.Marked(t, 0, 640, 480)) // dark but for one block at the bottom
	}
	r.work()
	bright := func(v videotest.Video, r image.Rectangle) (n int) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if v.Luma[1][y*v.Width+x] > 100 {
					n++
				}
			}
		}
		return n
	}
	corner, ring, inner := image.Rect(0, 0, 60, 50), image.Rect(94, 54, 226, 186), image.Rect(130, 90, 190, 150)
	point := image.Rect(395, 95, 406, 106)
	for name, c := range map[string]struct {
		mark                schemas.Watermark
		corner, ring, point bool
	}{
		"none":      {schemas.Watermark{}, false, false, false},
		"time":      {schemas.Watermark{Time: &schemas.TimeMark{Corner: 1, Zone: "Europe/Berlin"}}, true, false, false},
		"session":   {schemas.Watermark{Session: &schemas.CornerMark{}}, true, false, false},
		"box":       {schemas.Watermark{Figures: &schemas.Figures{FaceBox: true, Corner: 4}}, false, true, false},
		"landmarks": {schemas.Watermark{Figures: &schemas.Figures{Landmarks: true}}, false, false, true},
		"scores":    {schemas.Watermark{Figures: &schemas.Figures{Scores: true, Codes: true, Corner: 1}}, true, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := r.export(r.order(schemas.ExportOrder{Watermark: c.mark}, s), schemas.VideoSuccess)
			v := videotest.Read(t, r.object(e.Files[0].Object))
			for part, want := range map[image.Rectangle]bool{corner: c.corner, point: c.point, inner: false} {
				if n := bright(v, part); n > 0 != want {
					t.Errorf("%d bright points in %v", n, part)
				}
			}
			if n := bright(v, ring); n > 200 != c.ring {
				t.Errorf("%d bright points round the face", n)
			}
		})
	}
}

func TestExportWithoutFramesNamesTheReason(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	s, empty := r.session().shoot(2), r.session()
	late := s.start.Add(time.Hour)
	r.work()
	for name, id := range map[string]string{
		"none":         r.order(schemas.ExportOrder{}, s, empty),
		"out of range": r.order(schemas.ExportOrder{From: &late}, s),
	} {
		e := r.export(id, schemas.VideoError)
		if !strings.Contains(e.Reason, "kept for 24h") || len(e.Files) != 0 {
			t.Errorf("%s: %q, files %v", name, e.Reason, e.Files)
		}
		r.wantNoObject(objects.ExportName(id, s.id, ".mp4"))
	}
	r.wantQueueEmpty()
}

func TestCancelKillsTheEncoderAndLeavesNothing(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	r.put(holdFile, "")
	s := r.session().shoot(40)
	id := r.order(schemas.ExportOrder{}, s)
	r.work()
	pid := r.encoding()
	// As if a worker had died after it had stored the file.
	object := objects.ExportName(id, s.id, ".mp4")
	if err := objects.New(r.conn).Put(r.ctx(), object, "video/mp4", strings.NewReader("whole")); err != nil {
		t.Fatal(err)
	}
	if _, err := exports.New(r.conn).Cancel(r.ctx(), id); err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		if err := syscall.Kill(pid, 0); err == nil {
			return fmt.Errorf("encoder %d lives", pid)
		}
		return nil
	})
	r.remove(holdFile)
	next := r.export(r.order(schemas.ExportOrder{}, s), schemas.VideoSuccess) // the slot is free again
	r.wantMarks(next.Files[0].Object, upTo(40)...)
	if e := r.export(id, schemas.VideoCanceled); len(e.Files) != 0 {
		t.Errorf("canceled with files %v", e.Files)
	}
	r.wantNoObject(object)
	r.wantNoJobs()
}

// wantNoJobs fails the test when unfinished files exist.
func (r *studio) wantNoJobs() {
	r.t.Helper()
	streamstest.Eventually(r.t, func() error {
		left, err := os.ReadDir(r.temp)
		for _, dir := range left {
			inside, err := os.ReadDir(r.temp + "/" + dir.Name())
			if err != nil || len(inside) != 1 {
				return fmt.Errorf("%v in %s (%w)", inside, dir, err)
			}
		}
		return err
	})
}

// An export that is canceled or removed before a worker has it is not started.
func TestCanceledInTheQueue(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	s := r.session().shoot(2)
	canceled := r.order(schemas.ExportOrder{}, s)
	if _, err := exports.New(r.conn).Cancel(r.ctx(), canceled); err != nil {
		t.Fatal(err)
	}
	r.work()
	r.export(r.order(schemas.ExportOrder{}, s), schemas.VideoSuccess)
	if n := len(r.encoders()); n != 1 {
		t.Errorf("%d encoders, want 1", n)
	}
	r.export(canceled, schemas.VideoCanceled)
}

func TestExportWhoseEncoderDies(t *testing.T) {
	t.Parallel()
	for deaths, want := range map[int]string{2: schemas.VideoSuccess, 100: schemas.VideoError} {
		r := newStudio(t, plain)
		r.put(dieFile, strconv.Itoa(deaths))
		s := r.session().shoot(40)
		id := r.order(schemas.ExportOrder{}, s)
		r.work()
		e := r.export(id, want)
		if n := len(r.encoders()); n != 3 {
			t.Errorf("%d encoders, want 3", n)
		}
		if want == schemas.VideoSuccess {
			r.wantMarks(e.Files[0].Object, upTo(40)...)
		} else if !strings.Contains(e.Reason, "signal 9") {
			t.Errorf("reason %q", e.Reason)
		}
		r.wantQueueEmpty()
	}
}

// When a worker stops, the next one builds its export from the beginning.
func TestExportIsTakenOver(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	r.put(holdFile, "")
	s := r.session().shoot(40)
	id := r.order(schemas.ExportOrder{}, s)
	stop := r.work()
	r.encoding()
	stop()
	r.remove(holdFile)
	r.work()
	r.wantMarks(r.export(id, schemas.VideoSuccess).Files[0].Object, upTo(40)...)
	r.wantQueueEmpty()
}

// A worker that was taken for dead, and whose export another one has started, abandons it without a result.
func TestTakenOverExportIsLeftAlone(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	r.put(holdFile, "")
	s := r.session().shoot(40)
	id := r.order(schemas.ExportOrder{}, s)
	r.work()
	pid := r.encoding()
	e, revision, err := exports.New(r.conn).Get(r.ctx(), id)
	if err != nil {
		t.Fatal(err)
	}
	heir := time.Now().UTC()
	e.Started = &heir
	if revision, err = exports.New(r.conn).Update(r.ctx(), e, revision); err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		if err := syscall.Kill(pid, 0); err == nil {
			return fmt.Errorf("encoder %d lives", pid)
		}
		return nil
	})
	s.end() // there is a slot for a session's video again
	r.remove(holdFile)
	s.status(schemas.VideoSuccess)
	if _, now, err := exports.New(r.conn).Get(r.ctx(), id); err != nil || now != revision {
		t.Errorf("the new owner's export was changed: revision %d, not %d (%v)", now, revision, err)
	}
	r.waitFor(streams.Exports, "video-export", func(c *jetstream.ConsumerInfo) bool { return c.NumAckPending == 1 })
}

// Exports wait while sessions end.
func TestSessionVideosGoBeforeExports(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	r.put(holdFile, "")
	s := r.session().shoot(40)
	first, second := r.order(schemas.ExportOrder{}, s), r.order(schemas.ExportOrder{}, s)
	r.work()
	r.encoding()
	s.end()
	r.remove(holdFile)
	r.export(first, schemas.VideoSuccess)
	video, export := s.status(schemas.VideoSuccess), r.export(second, schemas.VideoSuccess)
	if done := time.Unix(0, video.GetFinishedUnixNanos()); export.Started.Before(done) {
		t.Errorf("the second export began at %v, the session's video was done at %v", export.Started, done)
	}
}
