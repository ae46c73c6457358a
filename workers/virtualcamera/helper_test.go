package virtualcamera_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/virtualcamera"
)

// played is a session whose frames are judged one after another.
type played struct {
	t        testing.TB
	conn     *streams.Conn
	worker   *virtualcamera.Worker
	settings *schemas.Settings
	session  string
	device   *schemas.Device
	own      []byte
	at       time.Time
	sequence uint64
	verdict  *schemas.Verdict // the last
}

var opened = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func open(t testing.TB, conn *streams.Conn, w *virtualcamera.Worker, s *schemas.Settings) *played {
	return &played{t: t, conn: conn, worker: w, settings: s, session: uuid.NewString(), at: opened}
}

// frame stores an image that arrived some time after the previous one, and judges it.
func (p *played) frame(image []byte, after time.Duration) *schemas.Verdict {
	p.t.Helper()
	p.sequence++
	p.at = p.at.Add(after)
	state := &schemas.SessionState{OpenedUnixNanos: opened.UnixNano(), Device: p.device}
	name := &schemas.FrameName{Session: p.session, Sequence: p.sequence, Nonce: "n"}
	ctx, cancel := context.WithTimeout(context.Background(), streamstest.Timeout)
	defer cancel()
	stored, err := p.conn.PublishFrame(ctx, &schemas.Frame{Version: schemas.Version, Name: name, MediaType: "image/jpeg", Image: image, State: state})
	if err != nil {
		p.t.Fatal(err)
	}
	f := &schemas.Face{Version: schemas.Version, Name: name, Frame: stored, ReceivedUnixNanos: p.at.UnixNano(), State: state}
	if p.verdict, err = p.worker.Judge(ctx, f, workers.State{Own: p.own, Settings: p.settings}); err != nil {
		p.t.Fatal(err)
	}
	if p.verdict.State != nil {
		p.own = p.verdict.State
	}
	return p.verdict
}

// jitter returns a gap between frames as a client has it: no two are equal to the millisecond.
func jitter(i int) time.Duration { return time.Duration(60+7*(i%5)+3*(i%7)) * time.Millisecond }

// play judges all images and returns the lowest score.
func (p *played) play(images [][]byte) (lowest float64) {
	p.t.Helper()
	lowest = 1
	for i, image := range images {
		lowest = min(lowest, p.frame(image, jitter(i)).GetEstimations().GetVirtualCamera().GetScore())
	}
	return lowest
}
