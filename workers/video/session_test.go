package video_test

import (
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers/decider"
	"github.com/selene-liveness/selene/workers/video/videotest"
)

const plain = `{"video":{"codec":"H264"}}`

func TestVideoOfASession(t *testing.T) {
	t.Parallel()
	for codec, want := range map[string][2]string{"H264": {"h264", "avc1"}, "H265": {"hevc", "hvc1"}, "VP9": {"vp9", ""}} {
		t.Run(codec, func(t *testing.T) {
			t.Parallel()
			r := newStudio(t, fmt.Sprintf(`{"video":{"codec":%q}}`, codec))
			s := r.session().shoot(12)
			s.again(1)
			s.again(2)
			s.image([]byte("no image"))
			s.shoot(3)
			s.end()
			r.work()
			got := s.status(schemas.VideoSuccess)
			marks := append(upTo(12), 13, 14, 15)
			v := r.wantMarks(got.GetObject(), marks...)
			if v.Codec != want[0] || want[1] != "" && v.Tag != want[1] {
				t.Errorf("codec %s %s, want %v", v.Codec, v.Tag, want)
			}
			file := r.object(got.GetObject())
			if got.GetFrames() != 15 || got.GetSkipped() != 1 || got.GetBytes() != uint64(len(file)) || got.GetWidth() != width || got.GetHeight() != height || got.GetPercent() != 100 {
				t.Errorf("status %v", got)
			}
			if d := time.Duration(got.GetDurationNanos()); (d-v.Duration).Abs() > 5*time.Millisecond || (d-16*pace).Abs() > 10*time.Millisecond {
				t.Errorf("lasts %v, the file %v", d, v.Duration)
			}
			last, err := sessions.New(r.conn).LastFrame(r.ctx(), s.id)
			if err != nil || got.GetLastFrame() != last.Sequence {
				t.Errorf("last frame %d, want %d (%v)", got.GetLastFrame(), last.Sequence, err)
			}
		})
	}
}

func TestOptionsOfTheSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings string
		check    func(t *testing.T, r *studio, s *schemas.VideoStatus)
	}{
		"last frames": {`"frames_limit":4`, func(_ *testing.T, r *studio, s *schemas.VideoStatus) {
			r.wantMarks(s.GetObject(), 6, 7, 8, 9)
		}},
		"fewer frames than the limit": {`"frames_limit":40`, func(_ *testing.T, r *studio, s *schemas.VideoStatus) {
			r.wantMarks(s.GetObject(), upTo(10)...)
		}},
		"fragmented": {`"fragmented":true`, func(t *testing.T, r *studio, s *schemas.VideoStatus) {
			r.wantMarks(s.GetObject(), upTo(10)...)
			if !strings.Contains(string(r.object(s.GetObject())), "moof") {
				t.Error("no fragments")
			}
		}},
		"constant rate": {`"frame_rate":20`, func(t *testing.T, r *studio, s *schemas.VideoStatus) {
			if v := videotest.Read(t, r.object(s.GetObject())); len(v.PTS) != 20 || s.GetFrames() != 20 {
				t.Errorf("%d frames in a second at 20 a second", len(v.PTS))
			}
		}},
		"bitrate below the ladder": {`"bitrate":1`, func(_ *testing.T, r *studio, s *schemas.VideoStatus) {
			r.wantMarks(s.GetObject(), upTo(10)...)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newStudio(t, `{"video":{"codec":"H264",`+c.settings+`}}`)
			s := r.session().shoot(9)
			s.again(1)
			s.shoot(1).end()
			r.work()
			c.check(t, r, s.status(schemas.VideoSuccess))
		})
	}
}

func TestCanvasOfTheFirstOrTheLargestFrame(t *testing.T) {
	t.Parallel()
	for canvas, want := range map[string]struct {
		size  image.Point
		boxes [3]image.Rectangle
	}{
		"first":   {image.Pt(320, 240), [3]image.Rectangle{image.Rect(0, 0, 320, 240), image.Rect(0, 0, 320, 240), image.Rect(70, 0, 250, 240)}},
		"largest": {image.Pt(640, 480), [3]image.Rectangle{image.Rect(0, 0, 640, 480), image.Rect(0, 0, 640, 480), image.Rect(140, 0, 500, 480)}},
	} {
		t.Run(canvas, func(t *testing.T) {
			t.Parallel()
			r := newStudio(t, fmt.Sprintf(`{"video":{"codec":"H264","canvas":%q}}`, canvas))
			s := r.session()
			for n, size := range []image.Point{{320, 240}, {640, 480}, {240, 320}} {
				s.image(videotest.Marked(t, n, size.X, size.Y))
			}
			s.end()
			r.work()
			got := s.status(schemas.VideoSuccess)
			v := videotest.Read(t, r.object(got.GetObject()))
			if v.Width != want.size.X || v.Height != want.size.Y || got.GetWidth() != uint32(v.Width) {
				t.Fatalf("%dx%d, want %v", v.Width, v.Height, want.size)
			}
			for n, box := range want.boxes {
				if mark := v.MarkIn(n, box); mark != n {
					t.Errorf("frame %d: mark %d in %v", n, mark, box)
				}
			}
		})
	}
}

func TestNoVideoWithoutDecodableFrames(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	broken, empty := r.session(), r.session()
	broken.image([]byte("no image"))
	broken.end()
	empty.end()
	// An empty session without a decision would look erased.
	if _, err := r.conn.PublishDecision(r.ctx(), &schemas.Decision{Version: schemas.Version, Name: &schemas.FrameName{Session: empty.id}}, 0); err != nil {
		t.Fatal(err)
	}
	r.work()
	if got := broken.status(schemas.VideoError); got.GetReason() == "" || got.GetSkipped() != 1 || got.GetObject() != "" {
		t.Errorf("status %v", got)
	}
	if got := empty.status(schemas.VideoError); !strings.Contains(got.GetReason(), "24h") {
		t.Errorf("reason %q does not state how long frames are kept", got.GetReason())
	}
}

// The encoder is killed midway, from outside and twice by itself: the third try has every frame.
func TestKilledEncoderIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	r.put(holdFile, "")
	s := r.session().shoot(40)
	s.end()
	r.work()
	var pid int
	streamstest.Eventually(t, func() (err error) {
		all := r.encoders()
		if len(all) == 0 {
			return fmt.Errorf("no encoder yet")
		}
		pid, err = strconv.Atoi(all[0])
		return err
	})
	r.put(dieFile, "1")
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r.remove(holdFile)
	r.wantMarks(s.status(schemas.VideoSuccess).GetObject(), upTo(40)...)
	if n := len(r.encoders()); n != 3 {
		t.Errorf("%d encoders, want 3", n)
	}
}

// While no slot is free the video is in the queue. The earlier video of a resumed session stays until it has more frames.
func TestVideoWaitsInTheQueue(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	done := r.session().shoot(3)
	done.end()
	r.work()
	done.status(schemas.VideoSuccess)
	r.put(holdFile, "")
	busy, waiting := r.session().shoot(40), r.session().shoot(3)
	busy.end()
	busy.status(schemas.VideoExporting)
	waiting.end()
	done.endAgain()
	waiting.status(schemas.VideoInQueue)
	r.waitFor(streams.Sessions, "video-queue", func(c *jetstream.ConsumerInfo) bool { return c.NumPending == 0 && c.NumAckPending == 0 })
	done.status(schemas.VideoSuccess)
	r.remove(holdFile)
	waiting.status(schemas.VideoSuccess)
	if states := waiting.statuses(); len(states) != 3 || states[1].GetStatus() != schemas.VideoExporting {
		t.Errorf("states %v", states)
	}
}

// An encoder that hangs is killed, and does not keep the slot from other sessions for ever.
func TestHangingEncoderEndsInError(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	r.put(holdFile, "")
	s := r.session().shoot(40)
	s.end()
	r.workFor(time.Second)
	got := s.status(schemas.VideoError)
	if n := len(r.encoders()); n != 3 || !strings.Contains(got.GetReason(), "did not take a frame") {
		t.Errorf("after %d encoders: %q", n, got.GetReason())
	}
	r.remove(holdFile)
	other := r.session().shoot(2)
	other.end()
	r.wantMarks(other.status(schemas.VideoSuccess).GetObject(), 0, 1)
}

func TestCrashingEncoderEndsInError(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	r.put(dieFile, "100")
	s := r.session().shoot(40)
	s.end()
	other := r.session().shoot(2) // too few to be interrupted before the end
	r.work()
	got := s.status(schemas.VideoError)
	if n := len(r.encoders()); n != 3 || !strings.Contains(got.GetReason(), "signal 9") {
		t.Errorf("after %d encoders: %q", n, got.GetReason())
	}
	r.remove(dieFile)
	other.end()
	r.wantMarks(other.status(schemas.VideoSuccess).GetObject(), 0, 1)
}

// Frames that arrive while the file is made are in the file.
func TestResumedSessionIsBuiltAgain(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	r.put(holdFile, "")
	s := r.session().shoot(40)
	s.end()
	r.work()
	streamstest.Eventually(t, func() error {
		if len(r.encoders()) == 0 {
			return fmt.Errorf("no encoder yet")
		}
		return nil
	})
	s.shoot(5)
	r.remove(holdFile)
	r.wantMarks(s.status(schemas.VideoSuccess).GetObject(), upTo(45)...)
	if told := s.built(); told != 1 {
		t.Errorf("%d videos were announced, want only the last", told)
	}
	if n := len(r.encoders()); n != 2 {
		t.Errorf("%d encoders, want 2", n)
	}
}

// A second end builds the video again only if there are new frames, and deletes the replaced file.
func TestSecondEnd(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	s := r.session().shoot(5)
	s.end()
	stop := r.work()
	first := s.status(schemas.VideoSuccess)
	stop()

	marker := r.session().shoot(1)
	s.endAgain()
	marker.end() // handled after it
	stop = r.work()
	marker.status(schemas.VideoSuccess)
	stop()
	if n := s.built(); n != 1 {
		t.Errorf("a video with nothing new was built %d times", n)
	}

	s.shoot(2)
	if _, err := settings.New(r.conn).Put(r.ctx(), []byte(`{"video":{"codec":"VP9"}}`)); err != nil {
		t.Fatal(err)
	}
	s.endAgain()
	r.work()
	var second *schemas.VideoStatus
	streamstest.Eventually(t, func() error {
		if second = s.status(schemas.VideoSuccess); second.GetCodec() != "VP9" {
			return fmt.Errorf("still %s", second.GetCodec())
		}
		return nil
	})
	r.wantMarks(second.GetObject(), upTo(7)...)
	streamstest.Eventually(t, func() error {
		o, err := objects.New(r.conn).Open(r.ctx(), first.GetObject())
		if err == nil {
			o.Close()
			return fmt.Errorf("%s is still there", first.GetObject())
		}
		return nil
	})
}

// No edge reports that the session is over: its key expires.
func TestSessionWhoseEdgeDied(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	s := r.session().shoot(6)
	if _, err := sessions.New(r.conn).Claim(r.ctx(), s.id, "a dead edge", time.Second, nil); err != nil {
		t.Fatal(err)
	}
	streamstest.Go(t, decider.New(r.conn).Run)
	r.work()
	r.wantMarks(s.status(schemas.VideoSuccess).GetObject(), upTo(6)...)
}

// Folders of dead processes are gone after a start, and nothing is left after work; the folder of a live process stays.
func TestNoUnfinishedFilesRemain(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	dead := filepath.Join(r.temp, "selene-video-dead")
	if err := errors.Join(os.Mkdir(dead, 0o700), os.WriteFile(filepath.Join(dead, "lock"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	s := r.session().shoot(40)
	r.put(dieFile, "1")
	s.end()
	stop := r.work()
	other := r.work() // sweeps while the first one is alive
	s.status(schemas.VideoSuccess)
	other()
	stop()
	left, err := os.ReadDir(r.temp)
	if err != nil || len(left) != 0 {
		t.Errorf("left over: %v (%v)", left, err)
	}
}

func TestErasedWhileBeingBuilt(t *testing.T) {
	t.Parallel()
	r := newStudio(t, plain)
	r.put(holdFile, "")
	s := r.session().shoot(40)
	s.end()
	r.work()
	streamstest.Eventually(t, func() error {
		if len(r.encoders()) == 0 {
			return fmt.Errorf("no encoder yet")
		}
		return nil
	})
	erased := &schemas.SessionEvent{Version: schemas.Version, Session: s.id, Kind: schemas.SessionEventKind_SESSION_ERASED}
	if err := sessions.New(r.conn).Erase(r.ctx(), s.id, erased); err != nil {
		t.Fatal(err)
	}
	r.remove(holdFile)
	name := objects.VideoName(s.id, s.start, ".mp4")
	marker := r.session().shoot(1)
	marker.end() // one job at a time: it is handled after the erased one
	marker.status(schemas.VideoSuccess)
	r.wantNoObject(name)
	if n := len(s.statuses()); n != 0 {
		t.Errorf("%d states of the video of an erased session", n)
	}
}

// endAgain publishes the end of a session again, which the broker would drop as a duplicate within two minutes.
func (s *session) endAgain() {
	s.t.Helper()
	js, t := s.jetStream(), s.t
	events, err := js.Stream(s.ctx(), streams.Sessions)
	if err != nil {
		t.Fatal(err)
	}
	for seq := range events.CachedInfo().State.LastSeq {
		msg, err := events.GetMsg(s.ctx(), seq+1)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(msg.Subject, s.id) {
			continue
		}
		event := &schemas.SessionEvent{Version: schemas.Version, Session: s.id, Kind: schemas.SessionEventKind_SESSION_CLOSED, SettingsRevision: s.revision()}
		data, err := schemas.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.Publish(s.ctx(), msg.Subject, data); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatal("the session never ended")
}
