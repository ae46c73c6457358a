package eval

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/detector"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/vision"
)

const (
	judgeStart   = 30 * time.Second
	judgeTimeout = 60 * time.Second // for one frame, on a loaded machine
	instance     = "eval"
)

// judge runs the real detector, on a broker inside this process, so that the checks are those of sessions. Every check except the
// one for a face is waived: its failure is reported, and the next one runs.
type judge struct {
	conn     *streams.Conn
	revision uint64
	verdicts chan *schemas.Verdict
	done     <-chan struct{}
}

// withJudge calls work while the detector runs on models, on a temporary broker.
func withJudge(ctx context.Context, models *vision.Models, work func(context.Context, *judge) error) error {
	dir, err := os.MkdirTemp("", "selene-eval-")
	if err != nil {
		return fmt.Errorf("folder for the broker: %w", err)
	}
	defer os.RemoveAll(dir)
	broker, err := streams.NewBroker(streams.BrokerOptions{Dir: dir})
	if err != nil {
		return err
	}
	outer, stop := context.WithCancel(ctx)
	group, ctx := errgroup.WithContext(outer)
	group.Go(func() error { return broker.Run(ctx) })
	group.Go(func() error {
		defer stop()
		wait, cancel := context.WithTimeout(ctx, judgeStart)
		defer cancel()
		conn, err := streams.Connect(wait, streams.Options{Broker: broker, Name: "selene eval"})
		if err != nil {
			return err
		}
		defer conn.Close()
		settings, err := settings.New(conn).Put(ctx, []byte(`{"env": "development", "workers": []}`))
		if err != nil {
			return err
		}
		j := &judge{conn, settings.Number, make(chan *schemas.Verdict, 1), ctx.Done()}
		parts, ctx := errgroup.WithContext(ctx)
		parts.Go(func() error { return conn.ServeDecider(ctx, instance, j.receive) })
		parts.Go(func() error {
			return detector.New(conn, models, pictures.Here(), streams.NewRegistry(conn), workers.Options{Concurrency: 1}).Run(ctx)
		})
		parts.Go(func() error {
			defer stop()
			if err := j.ready(wait); err != nil {
				return err
			}
			return work(ctx, j)
		})
		return parts.Wait()
	})
	return group.Wait()
}

func (j *judge) receive(v *schemas.Verdict) {
	select {
	case j.verdicts <- v:
	case <-j.done:
	}
}

// ready waits until verdicts will be received.
func (j *judge) ready(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := j.conn.AskDecider(ctx)
		if !errors.Is(err, streams.ErrNoDecider) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the detector did not start: %w", err)
		case <-tick.C:
		}
	}
}

// clip is a row of frames that are judged like a session: what the detector learns about a person is passed on to the next frame.
type clip struct {
	judge   *judge
	session string
	number  uint64
	own     []byte
}

func (j *judge) open() *clip { return &clip{judge: j, session: uuid.NewString()} }

// look sends a JPEG or PNG image to the detector. It returns what was measured and the codes of the checks that failed.
func (c *clip) look(ctx context.Context, image []byte, mediaType string) (*schemas.Estimations, []int32, error) {
	ctx, cancel := context.WithTimeout(ctx, judgeTimeout)
	defer cancel()
	c.number++
	name := &schemas.FrameName{Session: c.session, Sequence: c.number, Nonce: instance}
	state := &schemas.SessionState{SettingsRevision: c.judge.revision, Waived: waived(), Sequence: c.number - 1}
	if c.own != nil {
		state.Workers = map[string][]byte{schemas.WorkerDetector: c.own}
	}
	frame := &schemas.Frame{
		Version: schemas.Version, Name: name, MediaType: mediaType, Image: image,
		ReceivedUnixNanos: time.Now().UnixNano(), Decider: instance, State: state,
	}
	if _, err := c.judge.conn.PublishFrame(ctx, frame); err != nil {
		return nil, nil, fmt.Errorf("send the image to the detector: %w", err)
	}
	for {
		select {
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("the detector did not answer: %w", ctx.Err())
		case v := <-c.judge.verdicts:
			if !v.GetName().Equal(name) {
				continue
			}
			if f := v.GetFailure(); f != nil {
				return nil, nil, fmt.Errorf("the detector cannot judge the image: %s", f.GetDetail())
			}
			if v.State != nil {
				c.own = v.State
			}
			return v.GetEstimations(), slices.Concat(v.GetErrors(), v.GetDetection().GetWaivedErrors()), nil
		}
	}
}

// waived returns all checks except the one whose failure leaves nothing to measure.
func waived() []int32 {
	var out []int32
	for _, c := range schemas.Codes {
		if c.Number != schemas.CodeNoFace {
			out = append(out, c.Number)
		}
	}
	return out
}
