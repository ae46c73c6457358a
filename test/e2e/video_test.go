package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
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
	"github.com/selene-liveness/selene/workers/video/videotest"
)

const (
	framePace  = 100 * time.Millisecond
	frameBytes = 40_000 // 10,000 of them are 400 MB
	// Memory limits, regardless of the number of frames, for the video worker and for the encoder with frames of this size.
	workerBound  = 192 << 20
	encoderBound = 192 << 20
)

// manyFrames returns how many frames a long session has: enough for its video to be interrupted.
func manyFrames() int {
	if testing.Short() {
		return 3_000
	}
	return 10_000
}

// The worker that stitches a long session is killed half-way: another one makes the whole video, in bounded memory.
func TestKilledVideoWorkerAndManyFrames(t *testing.T) {
	t.Parallel()
	addr, data := freeAddr(t), t.TempDir()
	start(t, nil, "broker", "--addr", addr, "--data", data)
	conn := asAdmin(t, addr, data)
	ctx := streamstest.Context(t)
	if _, err := settings.New(conn).Put(ctx, []byte(`{"video":{"codec":"H264"}}`)); err != nil {
		t.Fatal(err)
	}
	session := longSession(t, conn)
	state := func() (last *schemas.VideoStatus) {
		last, err := sessions.New(conn).LastVideo(ctx, session)
		if err != nil && !errors.Is(err, streams.ErrNotFound) {
			t.Fatal(err)
		}
		return last
	}

	temp := t.TempDir()
	env := []string{"SELENE_NATS_URL=nats://" + addr, credentials(data), streamstest.MasterKey, "TMPDIR=" + temp}
	first := start(t, env, "video")
	streamstest.Eventually(t, func() error {
		if s := state(); s.GetStatus() != schemas.VideoExporting || s.GetPercent() < 10 {
			return fmt.Errorf("the video is %s, %d %%", s.GetStatus(), s.GetPercent())
		}
		return nil
	})
	encoder := encoderOf(t, first.cmd.Process.Pid)
	if n := niceness(t, encoder); n != 10 {
		t.Errorf("the encoder's niceness is %d, want 10", n)
	}
	metrics := freeAddr(t)
	second := start(t, append(env, "SELENE_METRICS_ADDR="+metrics), "video")
	first.kill()
	streamstest.Eventually(t, func() error {
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", encoder)); err == nil {
			return errors.New("the encoder outlives its worker")
		}
		return nil
	})
	if s := state(); s.GetStatus() != schemas.VideoExporting {
		t.Fatalf("the video was %s before its worker was killed", s.GetStatus())
	}
	streamstest.Eventually(t, func() error {
		if s := state(); s.GetStatus() != schemas.VideoSuccess {
			return fmt.Errorf("the video is %s, %d %%", s.GetStatus(), s.GetPercent())
		}
		return nil
	})
	s := state()
	if off := time.Duration(s.GetDurationNanos()) - time.Duration(manyFrames())*framePace; off.Abs() > 50*time.Millisecond || int(s.GetFrames()) != manyFrames() {
		t.Errorf("%d frames, %v too long", s.GetFrames(), off)
	}
	checkMarks(t, conn, s.GetObject())

	worker, encoding := memoryPeak(t, second.cmd.Process.Pid), metric(t, metrics, "selene_video_encoder_peak_bytes_sum")
	t.Logf("peak memory: worker %d MiB, encoder %d MiB", worker>>20, int(encoding)>>20)
	if worker > workerBound || encoding > encoderBound || encoding == 0 {
		t.Errorf("peak memory: worker %d, encoder %.0f", worker, encoding)
	}
	if n := metric(t, metrics, `selene_video_jobs_total{kind="session",result="success"}`); n != 1 {
		t.Errorf("%v videos counted", n)
	}
	cancelExport(t, conn, session, second.cmd.Process.Pid)
	start(t, env, "video") // sweeps what the killed one left
	streamstest.Eventually(t, func() error {
		left, err := os.ReadDir(temp)
		if err == nil && len(left) != 2 {
			err = fmt.Errorf("%d folders of two workers: %v", len(left), left)
		}
		return err
	})
}

// The edge is killed during a session: once the session has been silent for long enough, its video is made.
func TestKilledEdgeLeavesAVideo(t *testing.T) {
	t.Parallel()
	clip := shared(t, "faces/video/real_zub_webcam_turns.webm")
	needPack(t, "base")
	broker, data := freeAddr(t), t.TempDir()
	start(t, nil, "broker", "--addr", broker, "--data", data)
	conn := asAdmin(t, broker, data)
	ctx := streamstest.Context(t)
	document := `{"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":40,"max_attempts":-1},"video":{"codec":"VP9","session_timeout":2}}`
	if _, err := settings.New(conn).Put(ctx, []byte(document)); err != nil {
		t.Fatal(err)
	}
	env := []string{"SELENE_NATS_URL=nats://" + broker, credentials(data), streamstest.MasterKey, "SELENE_PACK=base", "SELENE_SESSION_TOKENS=optional"}
	i := &installation{t, freeAddr(t)}
	edge := start(t, env, "edge", "--addr", i.addr, "--data", t.TempDir())
	start(t, env, "worker", "detector", "liveness", "matcher", "active-liveness", "virtual-camera", "decider")
	start(t, env, "video")
	i.waitReady(edge)
	const killedAt = 5
	p := i.replay(clip, func(l line) {
		if l.Seq == killedAt {
			edge.kill()
		}
	})
	session := p.lines[0].Session
	streamstest.Eventually(t, func() error {
		s, err := sessions.New(conn).LastVideo(ctx, session)
		if err == nil && (s.GetStatus() != schemas.VideoSuccess || s.GetFrames() < killedAt) {
			err = fmt.Errorf("the video is %s with %d frames", s.GetStatus(), s.GetFrames())
		}
		return err
	})
}

// cancelExport orders an export of the session and cancels it while it is running.
func cancelExport(t *testing.T, conn *streams.Conn, session string, worker int) {
	t.Helper()
	ctx := streamstest.Context(t)
	e, err := exports.New(conn).Create(ctx, schemas.ExportOrder{Sessions: []string{session}, Codec: schemas.CodecH264, Resolution: "1280x720", Name: "{name}"})
	if err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		now, _, err := exports.New(conn).Get(ctx, e.ID)
		if err == nil && now.Percent < 10 {
			err = fmt.Errorf("the export is %s, %d %%", now.Status, now.Percent)
		}
		return err
	})
	encoder := encoderOf(t, worker)
	if e, err = exports.New(conn).Cancel(ctx, e.ID); err != nil || e.Status != schemas.VideoCanceled || e.Percent == 100 {
		t.Fatalf("canceled: %+v, %v", e, err)
	}
	streamstest.Eventually(t, func() error {
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", encoder)); err == nil {
			return errors.New("the encoder of a canceled export lives")
		}
		return nil
	})
	if _, err := objects.New(conn).Open(ctx, objects.ExportName(e.ID, session, ".mp4")); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("a canceled export left a file: %v", err)
	}
}

// longSession stores a session's frames, with repeating marks, and its end.
func longSession(t *testing.T, conn *streams.Conn) string {
	t.Helper()
	ctx := streamstest.Context(t)
	id, begun := uuid.NewString(), time.Now()
	images := make([][]byte, 16)
	for n := range images {
		images[n] = padded(videotest.Marked(t, n, 96, 72), frameBytes)
	}
	name := &schemas.FrameName{Session: id, Nonce: "e2e"}
	for n := range manyFrames() {
		name.Sequence = uint64(n + 1)
		if _, err := conn.PublishFrame(ctx, &schemas.Frame{
			Version: schemas.Version, Name: name, MediaType: "image/jpeg", Image: images[n%len(images)],
			ReceivedUnixNanos: begun.Add(time.Duration(n) * framePace).UnixNano(),
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.PublishDecision(ctx, &schemas.Decision{Version: schemas.Version, Name: name}, 0); err != nil {
		t.Fatal(err)
	}
	revision, err := settings.New(conn).Newest(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.PublishSessionEvent(ctx, &schemas.SessionEvent{
		Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_CLOSED, SettingsRevision: revision.Number,
	}); err != nil {
		t.Fatal(err)
	}
	return id
}

// padded enlarges a JPEG with a comment segment.
func padded(file []byte, size int) []byte {
	n := size - len(file) - 2
	comment := append([]byte{0xff, 0xfe, byte(n >> 8), byte(n)}, bytes.Repeat([]byte{'-'}, n-2)...)
	return append(append(append([]byte{}, file[:2]...), comment...), file[2:]...)
}

func checkMarks(t *testing.T, conn *streams.Conn, object string) {
	t.Helper()
	o, err := objects.New(conn).Open(streamstest.Context(t), object)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	file, err := io.ReadAll(o)
	if err != nil {
		t.Fatal(err)
	}
	v := videotest.Read(t, file)
	wrong := 0
	for n, mark := range v.Marks() {
		if at := time.Duration(n) * framePace; mark != n%16 || (v.PTS[n]-at).Abs() > 2*time.Millisecond {
			if wrong++; wrong < 5 {
				t.Errorf("frame %d has mark %d and is shown at %v", n, mark, v.PTS[n])
			}
		}
	}
	if len(v.PTS) != manyFrames() || wrong > 0 {
		t.Errorf("%d frames, %d of them wrong", len(v.PTS), wrong)
	}
}

// encoderOf returns the PID of a worker's encoder process.
func encoderOf(t *testing.T, worker int) int {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range all {
		command, err := os.ReadFile(dir + "/cmdline")
		if err != nil || !strings.HasSuffix(string(command), "\x00stitch\x00") || parent(dir) != worker {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	t.Fatalf("process %d has no encoder", worker)
	return 0
}

// stat returns the fields of /proc/PID/stat from the state, which is field 3.
func stat(dir string) []string {
	data, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return nil
	}
	return strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
}

func parent(dir string) int {
	fields := stat(dir)
	if len(fields) < 2 {
		return 0
	}
	pid, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return pid
}

func niceness(t *testing.T, pid int) int {
	t.Helper()
	fields := stat(fmt.Sprintf("/proc/%d", pid))
	if len(fields) < 17 {
		t.Fatalf("process %d is gone", pid)
	}
	n, err := strconv.Atoi(fields[16])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// memoryPeak returns the peak resident memory of a process in bytes.
func memoryPeak(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// metric returns a value of /metrics.
func metric(t *testing.T, addr, name string) float64 {
	t.Helper()
	answer, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Split(string(body), "\n") {
		if value, ok := strings.CutPrefix(l, name+" "); ok {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("no %s in %s", name, body)
	return 0
}
