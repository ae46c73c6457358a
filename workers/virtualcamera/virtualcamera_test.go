package virtualcamera_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/hashes"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/virtualcamera"
	"github.com/selene-liveness/selene/workers/workertest"
)

var realClips = []string{
	"real_intel_male.gif", "real_lp_d_d0.mp4", "real_lp_d_d3.mp4", "real_lp_d_d9.mp4", "real_lp_d_d10.mp4", "real_lp_d_d18.mp4",
	"real_lp_s_s18.mp4", "real_zub_webcam_turns.webm",
}

// again returns the picture, recompressed at another quality.
func again(t testing.TB, image []byte, quality int) []byte {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(image))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestClipsPlayedOnceAndLooped(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	s := workertest.Settings(t, `{}`)
	for _, name := range realClips {
		t.Run(name, func(t *testing.T) {
			once := workertest.Clip(t, name, 6, 30)
			alone := virtualcamera.New(sessions.New(conn), pictures.Here(), nil)

			p := open(t, conn, alone, s)
			if lowest := p.play(once); lowest < 0.5 {
				t.Errorf("played once: %.2f for %v", lowest, p.verdict.GetEstimations().GetVirtualCamera().GetSignals())
			}
			p = open(t, conn, alone, s)
			p.play(once)
			if lowest := p.play(once[:len(once)/2]); lowest >= 0.5 {
				t.Errorf("played in a loop: %.2f", lowest)
			}
			if len(p.own) > 4096 {
				t.Errorf("the state has %d bytes", len(p.own))
			}
			var fresh [][]byte
			for _, image := range once {
				fresh = append(fresh, again(t, image, 70))
			}
			p = open(t, conn, alone, s)
			p.play(once)
			lowest := p.play(fresh)
			t.Logf("looped with new compression: %.2f %v", lowest, p.verdict.GetEstimations().GetVirtualCamera().GetSignals())
		})
	}
}

func TestRecompressedLoop(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	once := workertest.Clip(t, "real_lp_d_d3.mp4", 6, 30)
	p := open(t, conn, virtualcamera.New(sessions.New(conn), pictures.Here(), nil), workertest.Settings(t, `{}`))
	p.play(once)
	for i, image := range once {
		once[i] = again(t, image, 70)
	}
	if lowest := p.play(once); lowest >= 0.7 || !slices.Contains(p.verdict.GetEstimations().GetVirtualCamera().GetSignals(), "repeated_motion") {
		t.Errorf("score %.2f, signals %v", lowest, p.verdict.GetEstimations().GetVirtualCamera().GetSignals())
	}
}

func TestSlowCamera(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	frames := workertest.Clip(t, "real_lp_d_d10.mp4", 6, 20)
	p := open(t, conn, virtualcamera.New(sessions.New(conn), pictures.Here(), nil), workertest.Settings(t, `{}`))
	var doubled [][]byte
	for _, f := range frames {
		doubled = append(doubled, f, f, f)
	}
	if lowest := p.play(doubled); lowest < 0.5 {
		t.Errorf("a page that sends each picture three times: %.2f %v", lowest, p.verdict.GetEstimations().GetVirtualCamera().GetSignals())
	}
}

func TestStillPhoto(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	photo := workertest.Picture(t, "conditions/frontal_zub.jpg")
	p := open(t, conn, virtualcamera.New(sessions.New(conn), pictures.Here(), nil), workertest.Settings(t, `{"virtual_camera_checker":{"policy":"reject"}}`))
	for range 10 { // a camera that stalls does the same
		if v := p.frame(photo, 300*time.Millisecond); len(v.GetErrors()) > 0 || v.GetMarksFake() {
			t.Fatalf("rejected after %s: %v", p.at.Sub(opened), v)
		}
	}
	v := p.frame(photo, 300*time.Millisecond)
	if !slices.Equal(v.GetErrors(), []int32{schemas.CodeVirtualCamera}) || !v.GetMarksFake() {
		t.Errorf("after %s: %v", p.at.Sub(opened), v)
	}
	if got := v.GetEstimations().GetVirtualCamera().GetSignals(); !slices.Equal(got, []string{"frozen_picture"}) {
		t.Errorf("signals %v", got)
	}
}

func TestDevice(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	photo := workertest.Picture(t, "conditions/frontal_zub.jpg") // 960 x 540
	for _, c := range []struct {
		device  *schemas.Device
		policy  string
		signals []string
		rejects bool
	}{
		{nil, "reject", nil, false},
		{&schemas.Device{Camera: "HD Pro Webcam C920"}, "reject", nil, false},
		{&schemas.Device{Camera: "obs virtual camera"}, "reject", []string{"camera_label"}, true},
		{&schemas.Device{Camera: "OBS Virtual Camera"}, "log", []string{"camera_label"}, false},
		{&schemas.Device{Camera: "c920", Capabilities: `{"width":{"min":1,"max":1920},"height":{"max":1080},"frameRate":{"max":30}}`}, "reject", nil, false},
		{&schemas.Device{Camera: "turned", Capabilities: `{"width":{"max":720},"height":{"max":1280}}`}, "reject", nil, false},
		{&schemas.Device{Camera: "c920", Capabilities: `{"width":{"max":640},"height":{"max":480}}`}, "reject", []string{"capabilities"}, false},
		{&schemas.Device{Camera: "c920", Capabilities: `{"frameRate":{"max":0}}`}, "reject", []string{"capabilities"}, false},
		{&schemas.Device{Camera: "c920", Capabilities: `no JSON`}, "reject", []string{"capabilities"}, false},
		{&schemas.Device{Camera: "ManyCam", Capabilities: `[]`}, "reject", []string{"camera_label", "capabilities"}, true},
	} {
		p := open(t, conn, virtualcamera.New(sessions.New(conn), pictures.Here(), nil), workertest.Settings(t, fmt.Sprintf(`{"virtual_camera_checker":{"policy":%q}}`, c.policy)))
		p.device = c.device
		v := p.frame(photo, 0)
		if got := v.GetEstimations().GetVirtualCamera(); !slices.Equal(got.GetSignals(), c.signals) || (got.GetScore() < 1) != (len(c.signals) > 0) {
			t.Errorf("%v: score %v, signals %v, want %v", c.device, got.GetScore(), got.GetSignals(), c.signals)
		}
		if rejected := v.GetMarksFake() && slices.Contains(v.GetErrors(), schemas.CodeVirtualCamera); rejected != c.rejects || len(v.GetErrors()) > 0 != c.rejects {
			t.Errorf("%v, policy %s: errors %v, fake %v", c.device, c.policy, v.GetErrors(), v.GetMarksFake())
		}
	}
	off := open(t, conn, virtualcamera.New(sessions.New(conn), pictures.Here(), nil), workertest.Settings(t, `{"virtual_camera_checker":{"is_enabled":false}}`))
	off.device = &schemas.Device{Camera: "OBS"}
	if v := off.frame(photo, 0); v.GetEstimations().GetVirtualCamera() != nil {
		t.Errorf("switched off: %v", v)
	}
}

func TestEarlierSessions(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	s := workertest.Settings(t, `{}`)
	w := virtualcamera.New(sessions.New(conn), pictures.Here(), hashes.New(conn))
	frames := workertest.Clip(t, "real_lp_d_d10.mp4", 6, 30)
	signals := func(w *virtualcamera.Worker, images [][]byte) ([]string, float64) {
		p := open(t, conn, w, s)
		lowest := p.play(images)
		return p.verdict.GetEstimations().GetVirtualCamera().GetSignals(), lowest
	}
	if got, lowest := signals(w, frames[:15]); len(got) > 0 || lowest < 1 {
		t.Errorf("the first session: %.2f %v", lowest, got)
	}
	if got, _ := signals(w, frames[15:]); slices.Contains(got, "earlier_session") {
		t.Errorf("the same person a moment later: %v", got)
	}
	want := []string{"earlier_session"}
	if got, lowest := signals(w, frames[:3]); !slices.Equal(got, want) || lowest >= 0.5 {
		t.Errorf("the same images: %.2f %v", lowest, got)
	}
	var copies [][]byte
	for _, f := range frames {
		copies = append(copies, again(t, f, 70))
	}
	if got, lowest := signals(w, copies); !slices.Equal(got, []string{"earlier_pictures"}) || lowest < 0.5 || lowest > 0.7 {
		t.Errorf("the same pictures, compressed again: %.2f %v", lowest, got)
	}
	if got, _ := signals(virtualcamera.New(sessions.New(conn), pictures.Here(), nil), frames[:3]); len(got) > 0 {
		t.Errorf("without earlier sessions: %v", got)
	}
}

func TestPictureWithoutNoise(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	photo, err := jpeg.Decode(bytes.NewReader(workertest.Picture(t, "conditions/frontal_zub.jpg")))
	if err != nil {
		t.Fatal(err)
	}
	p := open(t, conn, virtualcamera.New(sessions.New(conn), pictures.Here(), nil), workertest.Settings(t, `{}`))
	for i := range 15 { // something small moves over a photo
		canvas := image.NewRGBA(photo.Bounds())
		draw.Draw(canvas, canvas.Bounds(), photo, image.Point{}, draw.Src)
		draw.Draw(canvas, image.Rect(0, 8*i, 24, 8*i+24), image.White, image.Point{}, draw.Src)
		var out bytes.Buffer
		if err := jpeg.Encode(&out, canvas, &jpeg.Options{Quality: 92}); err != nil {
			t.Fatal(err)
		}
		p.frame(out.Bytes(), jitter(i))
	}
	got := p.verdict.GetEstimations().GetVirtualCamera()
	if !slices.Equal(got.GetSignals(), []string{"no_noise"}) || got.GetScore() < 0.5 || got.GetScore() >= 1 {
		t.Errorf("score %.2f, signals %v: it must count without raising the signal", got.GetScore(), got.GetSignals())
	}
}

// Nobody is refused for signals that a person in front of a camera can raise.
func TestUncertainSignalsNeverReject(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	p := open(t, conn, virtualcamera.New(sessions.New(conn), pictures.Here(), nil), workertest.Settings(t, `{}`))
	p.device = &schemas.Device{Camera: "c920", Capabilities: `no JSON`}
	once := workertest.Clip(t, "real_lp_d_d3.mp4", 6, 30)
	var images [][]byte
	for _, quality := range []int{90, 70} {
		for _, image := range once {
			images = append(images, again(t, image, quality))
		}
	}
	var v *schemas.Verdict
	for _, image := range images {
		v = p.frame(image, 100*time.Millisecond) // a clockwork
	}
	want := []string{"capabilities", "repeated_motion", "timing"}
	if got := v.GetEstimations().GetVirtualCamera(); !slices.Equal(got.GetSignals(), want) || len(v.GetErrors()) > 0 || v.GetMarksFake() {
		t.Errorf("signals %v, want %v; errors %v, fake %v", got.GetSignals(), want, v.GetErrors(), v.GetMarksFake())
	}
}

// The verdict of the running worker equals that of Judge, and is repeated when the face is.
func TestRun(t *testing.T) {
	broker := streamstest.Broker(t, false)
	conn := streamstest.Connect(t, broker)
	ctx := streamstest.Context(t)
	if _, err := settings.New(conn).Put(ctx, []byte(`{"virtual_camera_checker":{"policy":"reject"}}`)); err != nil {
		t.Fatal(err)
	}
	revision, err := settings.New(conn).Newest(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	streamstest.Go(t, func(ctx context.Context) error {
		return workers.Run(ctx, conn, virtualcamera.New(sessions.New(conn), pictures.Here(), hashes.New(conn)), workers.Options{})
	})
	name := &schemas.FrameName{Session: uuid.NewString(), Sequence: 1, Nonce: "n"}
	state := &schemas.SessionState{SettingsRevision: revision.Number, Device: &schemas.Device{Camera: "OBS Virtual Camera"}}
	stored, err := conn.PublishFrame(ctx, &schemas.Frame{Version: schemas.Version, Name: name, Image: workertest.Picture(t, "conditions/frontal_zub.jpg"), State: state})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.PublishFace(ctx, &schemas.Face{Version: schemas.Version, Name: name, Decider: "d", Frame: stored, State: state}); err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		for v, err := range sessions.New(conn).VerdictsOf(ctx, name.GetSession()) {
			if err != nil {
				return err
			}
			if v.Message.GetWorker() == schemas.WorkerVirtualCamera && v.Message.GetMarksFake() && v.Message.GetFailure() == nil {
				return nil
			}
		}
		return errors.New("no verdict that marks the session")
	})
}
