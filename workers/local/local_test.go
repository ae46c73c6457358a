package local_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/activeliveness"
	"github.com/selene-liveness/selene/workers/decider"
	"github.com/selene-liveness/selene/workers/detector"
	"github.com/selene-liveness/selene/workers/imagemodification"
	"github.com/selene-liveness/selene/workers/liveness"
	"github.com/selene-liveness/selene/workers/local"
	"github.com/selene-liveness/selene/workers/matcher"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/virtualcamera"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// Decisions wait for all judges, so that those of the distributed system do not depend on which verdict comes first.
const allJudges = `{"session":{"aggregate_frames":3},"active_liveness":{"interaction_list":["yaw_left","yaw_right","blink"]},
"thresholds":{"image_modification":0.1},"workers":[{"name":"liveness","required":true,"timeout":60},
{"name":"matcher","required":true,"timeout":60},{"name":"active-liveness","required":true,"timeout":60},
{"name":"virtual-camera","required":true,"timeout":60},{"name":"image-modification","required":true,"timeout":60}]}`

var (
	opened = time.Unix(1_700_000_000, 0)
	seed   = []byte("sixteen bytes...")
)

const id = "0b6d7a0e-8f0f-4a66-9c63-6a5ce0a5c5f1"

// distributed returns a function that judges frames by the workers on a broker.
func distributed(t *testing.T, m *vision.Models, document string) func(n int, image []byte, at time.Time) *schemas.Decision {
	t.Helper()
	ctx := streamstest.Context(t)
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	rev, err := settings.New(conn).Put(ctx, []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	registry, o := streams.NewRegistry(conn), workers.Options{Concurrency: 1}
	stored := sessions.New(conn)
	runs := []func(context.Context) error{registry.Run, detector.New(conn, m, pictures.Here(), registry, o).Run, decider.New(conn).Run}
	for _, w := range []workers.Worker{
		liveness.New(m), matcher.New(m), activeliveness.New(), virtualcamera.New(stored, pictures.Here(), nil), imagemodification.New(stored, pictures.Here()),
	} {
		runs = append(runs, func(ctx context.Context) error { return workers.Run(ctx, conn, w, o) })
	}
	streamstest.Go(t, func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		for _, run := range runs {
			group.Go(func() error { return run(ctx) })
		}
		return group.Wait()
	})
	var to string
	streamstest.Eventually(t, func() error {
		if n := len(registry.All()); n != len(runs)-1 {
			return fmt.Errorf("%d of %d workers are there", n, len(runs)-1)
		}
		to, err = conn.AskDecider(ctx)
		return err
	})
	inbox, err := conn.OpenInbox(id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(inbox.Close)
	state := &schemas.SessionState{Seed: seed, OpenedUnixNanos: opened.UnixNano(), SettingsRevision: rev.Number}
	return func(n int, image []byte, at time.Time) *schemas.Decision {
		_, err := conn.PublishFrame(ctx, &schemas.Frame{
			Version: schemas.Version, Name: &schemas.FrameName{Session: id, Sequence: uint64(n), Nonce: "local"}, MediaType: "image/jpeg",
			Image: image, ReceivedUnixNanos: at.UnixNano(), Decider: to, State: state,
		})
		if err != nil {
			t.Fatal(err)
		}
		d, err := inbox.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		state = proto.CloneOf(d.GetState())
		return d
	}
}

func TestDecisionsEqualThoseOfTheDistributedSystem(t *testing.T) {
	clip := workertest.Clip(t, "real_lp_d_d3.mp4", 5, 24)
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		pipeline, err := local.New(m, workertest.Settings(t, allJudges))
		if err != nil {
			t.Fatal(err)
		}
		session, judge := pipeline.Open(id, seed, opened, nil), distributed(t, m, allJudges)
		for i, image := range clip {
			if i == 5 {
				image = image[:len(image)/3] // decodes in part or not at all
			}
			at := opened.Add(time.Duration(i) * 200 * time.Millisecond)
			now, err := session.Judge(image, at)
			if err != nil && i == 5 {
				continue // the edge would refuse it
			}
			if err != nil {
				t.Fatal(err)
			}
			want := judge(int(now.GetName().GetSequence()), image, at)
			want.DecidedUnixNanos, now.DecidedUnixNanos = 0, 0
			want.State.SettingsRevision = 0
			// The chain of evidence is about stored messages, which this pipeline has not.
			want.Name.Sha256, want.State.Chain, want.Chain, want.Verdicts = nil, nil, nil, nil
			if !bytes.Equal(encode(t, now), encode(t, want)) {
				t.Fatalf("frame %d: got\n%v, the distributed system decided\n%v", i+1, now, want)
			}
			if want.GetOutcome().Terminal() {
				if _, err := session.Judge(image, at); err == nil {
					t.Error("a frame after the end was judged")
				}
				return
			}
		}
	})
}

func encode(t *testing.T, d *schemas.Decision) []byte {
	t.Helper()
	b, err := schemas.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A session gives the same decisions when others are judged at the same time.
func TestSessionsRunInParallel(t *testing.T) {
	clip := workertest.Clip(t, "real_lp_d_d3.mp4", 3, 6)
	pipeline, err := local.New(workertest.Models(t, "zoo"), workertest.Settings(t, `{}`))
	if err != nil {
		t.Fatal(err)
	}
	results := make([][]byte, 3)
	var group errgroup.Group
	for n := range results {
		group.Go(func() error {
			s := pipeline.Open(id, seed, opened, nil)
			for i, image := range clip {
				d, err := s.Judge(image, opened.Add(time.Duration(i)*time.Second/3))
				if err != nil {
					return err
				}
				b, err := schemas.Marshal(d)
				results[n] = append(results[n], b...)
				if err != nil || d.GetOutcome().Terminal() {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(results[0], results[1]) || !bytes.Equal(results[0], results[2]) {
		t.Error("the same session came out differently")
	}
}

func TestPluginsAreNamed(t *testing.T) {
	s := workertest.Settings(t, `{"workers":[{"name":"hats"}]}`)
	if _, err := local.New(workertest.Models(t, "zoo"), s); err == nil {
		t.Error("settings with a plugin were accepted")
	}
}
