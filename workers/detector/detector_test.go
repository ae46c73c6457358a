package detector

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/pictures/picturestest"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// digest returns a hash of the detector's verdicts on some pictures, one after another in one session.
func digest(t *testing.T, m *vision.Models) string {
	t.Helper()
	l := newLens(m, pictures.Here())
	sum := sha256.New()
	var own []byte
	for _, name := range []string{"conditions/open_eyes_d9.jpg", "conditions/closed_eyes_d9.jpg", "conditions/profile_b_zub.jpg", "multi/bbt1.jpg", "match/bbt/amy1.png"} {
		f := frame(workertest.Picture(t, name), schemas.CodeEyesClosed)
		f.State.Workers = map[string][]byte{schemas.WorkerDetector: own}
		v, face, err := l.look(t.Context(), f, 42, schemas.DefaultSettings(), judged)
		if err != nil {
			t.Fatal(err)
		}
		if v.GetState() != nil {
			own = v.GetState()
		}
		a, err := schemas.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(a)
		if face != nil {
			b, err := schemas.Marshal(face)
			if err != nil {
				t.Fatal(err)
			}
			sum.Write(b)
		}
	}
	return fmt.Sprintf("digest:%x", sum.Sum(nil))
}

const childEnv = "SELENE_TEST_PACK"

// TestChild is the other process of TestVerdictsAreReproducible, and does nothing otherwise.
func TestChild(t *testing.T) {
	pack := os.Getenv(childEnv)
	if pack == "" {
		return
	}
	t.Log(digest(t, workertest.Models(t, pack)))
}

// Verdict and face are the same bytes however often and wherever a frame is judged.
func TestVerdictsAreReproducible(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		want := digest(t, m)
		if again := digest(t, m); again != want {
			t.Errorf("%s, then %s", want, again)
		}
		pack := strings.Fields(m.Name())[0]
		child := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
		child.Env = append(os.Environ(), childEnv+"="+pack)
		out, err := child.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("another process got a different digest than %s (%v):\n%s", want, err, out)
		}
	})
}

func TestForeignState(t *testing.T) {
	l := newLens(workertest.Models(t, "zoo"), pictures.Here())
	f := frame(workertest.Picture(t, "conditions/open_eyes_d9.jpg"))
	f.State.Workers = map[string][]byte{schemas.WorkerDetector: []byte("{")}
	if _, _, err := l.look(t.Context(), f, 1, schemas.DefaultSettings(), nil); streams.FaultOf(err) != streams.Input {
		t.Errorf("got %v, want the input's fault", err)
	}
}

// A frame without any measurements must still reach the decider with its state.
func TestBlankVerdict(t *testing.T) {
	f := frame(nil)
	if d := blank(f, 7).GetDetection(); d.GetFrame() != 7 || d.GetReceivedUnixNanos() != f.GetReceivedUnixNanos() || d.GetState() != f.GetState() {
		t.Errorf("got %v", d)
	}
}

func TestFakeSessionsAreNotSentToJudges(t *testing.T) {
	if wants := wants(nil, &schemas.SessionState{}, schemas.DefaultSettings()); len(wants) == 0 {
		t.Error("an ordinary session has no judges")
	}
	if wants := wants(nil, &schemas.SessionState{Fake: true}, schemas.DefaultSettings()); len(wants) != 0 {
		t.Errorf("a fake session has judges: %v", wants)
	}
}

func TestMain(m *testing.M) { picturestest.Main(m) }

// TestOverTheStreams sends frames through a running worker. Those that no decoder survives end alone.
func TestOverTheStreams(t *testing.T) {
	models := workertest.Models(t, "zoo")
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	rev, err := settings.New(conn).Put(ctx, []byte(`{"virtual_camera_checker":{"is_enabled":false},"workers":[{"name":"hats"},{"name":"matcher","required":true}],"session":{"previous_face_similarity":0},
		"thresholds":{"liveness":0},"active_liveness":{"is_enabled":false}}`))
	if err != nil {
		t.Fatal(err)
	}
	// Only the first of these judges this session: the second is not in the settings, and the third is switched off.
	crop := schemas.CropSpec{Name: "head", Kind: schemas.CropSquare, Scale: 1, Width: 8, Height: 8, Color: "rgb"}
	for _, name := range []string{"hats", "stranger", schemas.WorkerMatcher} {
		streamstest.Go(t, func(ctx context.Context) error {
			return conn.Register(ctx, schemas.Registration{Name: name, Crops: []schemas.CropSpec{crop}})
		})
	}
	registry := streams.NewRegistry(conn)
	streamstest.Go(t, registry.Run)
	streamstest.Eventually(t, func() error {
		if len(registry.All()) < 3 {
			return fmt.Errorf("%d workers registered", len(registry.All()))
		}
		return nil
	})
	streamstest.Go(t, New(conn, models, picturestest.Processes(t, 2), registry, workers.Options{Concurrency: 2}).Run)
	faces := make(chan *schemas.Face, 10)
	streamstest.Go(t, func(ctx context.Context) error {
		return conn.Consume(ctx, streams.Work{Stream: streams.Faces, Durable: "test", Concurrency: 1, AckWait: time.Minute}, func(_ context.Context, d *streams.Delivery) error {
			f, err := streams.Decode(d, &schemas.Face{})
			faces <- f
			return err
		})
	})
	send := func(session string, f *schemas.Frame) uint64 {
		t.Helper()
		f.Name = &schemas.FrameName{Session: session, Sequence: 1, Nonce: "n"}
		f.State.SettingsRevision = rev.Number
		seq, err := conn.PublishFrame(ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		return seq
	}
	verdict := func(session string) (v *schemas.Verdict) {
		t.Helper()
		streamstest.Eventually(t, func() error {
			v = nil
			for stored, err := range sessions.New(conn).VerdictsOf(ctx, session) {
				if err != nil {
					return err
				}
				if v != nil {
					return errors.New("a second verdict")
				}
				v = stored.Message
			}
			if v == nil {
				return errors.New("no verdict")
			}
			return nil
		})
		return v
	}
	good := func(t *testing.T) {
		id := uuid.NewString()
		seq := send(id, frame(workertest.Picture(t, "conditions/open_eyes_d9.jpg")))
		v := verdict(id)
		if v.GetDetection().GetFrame() != seq || !slices.Equal(v.GetDetection().GetJudges(), []string{"hats"}) || v.GetPack() != models.Digest() {
			t.Errorf("verdict %v of frame %d", v, seq)
		}
		f := <-faces
		if len(f.GetCrops()) != 1 || f.GetCrops()[0].GetName() != "hats/head" || f.GetFrame() != seq || f.GetName().GetSession() != id {
			t.Errorf("%d crops in the face of frame %d", len(f.GetCrops()), f.GetFrame())
		}
	}
	t.Run("a good frame", good)
	whole := workertest.Picture(t, "conditions/open_eyes_d9.jpg")
	for name, image := range map[string][]byte{
		"no image": []byte("selene"), "half an image": whole[:len(whole)/2], "nothing": nil,
		"one that crashes its decoder": picturestest.In(whole, picturestest.Crash), "a bomb": picturestest.In(whole, picturestest.Memory),
		"one that never ends": picturestest.In(whole, picturestest.Spin),
	} {
		t.Run(name, func(t *testing.T) {
			id := uuid.NewString()
			send(id, frame(image))
			v := verdict(id)
			if v.GetFailure().GetCode() != schemas.SystemUndecodable || len(v.GetDetection().GetJudges()) != 0 || string(v.GetDetection().GetState().GetSeed()) != "seed" {
				t.Errorf("verdict %v, want failure %d with the state it came with", v, schemas.SystemUndecodable)
			}
		})
	}
	t.Run("a good frame after them", good)
	if len(faces) != 0 {
		t.Errorf("%d more faces", len(faces))
	}
}
