// Package virtualcamera is the worker that judges whether frames come from a camera or from software that plays
// something.
package virtualcamera

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/vision"
)

// Frames returns the image that a face was found in, or streams.ErrNotFound.
type Frames interface {
	FrameOf(ctx context.Context, f *schemas.Face) (*schemas.Frame, error)
}

// Sessions returns the session that showed an image first, of all that ask.
type Sessions interface {
	FirstSight(ctx context.Context, name *schemas.FrameName, hash string) (string, error)
}

// Worker scores the cameras of sessions. It is safe for concurrent use.
type Worker struct {
	frames  Frames
	earlier Sessions
	decoder pictures.Decoder
	images  sync.Pool // of *vision.Image
}

// New returns the worker, which decodes frames with decoder.
//
// With earlier, a verdict also depends on what other sessions showed before; such a verdict has the
// signal earlier_session or earlier_pictures. With nil, verdicts follow from the frames of the session alone, which judging a
// recording again requires.
func New(frames Frames, decoder pictures.Decoder, earlier Sessions) *Worker {
	return &Worker{frames: frames, decoder: decoder, earlier: earlier, images: sync.Pool{New: func() any { return new(vision.Image) }}}
}

// Name returns "virtual-camera".
func (w *Worker) Name() string { return schemas.WorkerVirtualCamera }

// Judge scores the session's camera by all frames so far, 0..1, 1 = a camera. With policy "reject" a score below 0.5 gives
// code 105 and marks the session as fake; with "log" it gives a warning in the log, once for each session.
func (w *Worker) Judge(ctx context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
	v := &schemas.Verdict{Estimations: &schemas.Estimations{}}
	checker := &s.Settings.VirtualCameraChecker
	if !checker.IsEnabled {
		return v, nil
	}
	m, err := parseMemory(s.Own)
	if err != nil {
		return nil, streams.Blame(streams.Input, err)
	}
	before := judgement(m.Permanent)
	frame, err := w.frames.FrameOf(ctx, f)
	if errors.Is(err, streams.ErrNotFound) {
		return v, nil // erased or expired: there is nothing to judge
	}
	if err != nil {
		return nil, err
	}
	width, height, err := w.see(ctx, m, f, frame)
	if err != nil {
		return nil, err
	}
	device := f.GetState().GetDevice()
	raised := m.weigh(device, checker.Denylist, width, height)
	if v.State, err = m.encode(); err != nil {
		return nil, err
	}
	found := judgement(raised)
	v.Estimations.VirtualCamera = found
	if found.GetScore() >= limit {
		return v, nil
	}
	if checker.Policy == "reject" {
		v.Errors, v.MarksFake = []int32{schemas.CodeVirtualCamera}, true
	} else if before.GetScore() >= limit {
		slog.Warn("the frames do not seem to come from a camera", "session", f.GetName().GetSession(), "frame", f.GetName().GetSequence(),
			"camera", device.GetCamera(), "score", found.GetScore(), "signals", found.GetSignals())
	}
	return v, nil
}

// see adds the frame to the memory and returns its size in pixels.
func (w *Worker) see(ctx context.Context, m *memory, f *schemas.Face, frame *schemas.Frame) (width, height int, err error) {
	image := w.images.Get().(*vision.Image)
	defer w.images.Put(image)
	defer image.Release()
	if err := w.decoder.Decode(ctx, frame.GetImage(), image); errors.Is(err, vision.ErrUndecodable) {
		return 0, 0, streams.Blame(streams.Input, fmt.Errorf("frame %d: %w", f.GetFrame(), err))
	} else if err != nil {
		return 0, 0, err
	}
	if min(image.Width, image.Height) < leastSide {
		return 0, 0, streams.Blame(
			streams.Input,
			fmt.Errorf(
				"frame %d has %d x %d pixels; cameras take at least %d a side",
				f.GetFrame(),
				image.Width,
				image.Height,
				leastSide,
			),
		)
	}
	sum := sha256.Sum256(frame.GetImage())
	now := sight{
		Sum: binary.BigEndian.Uint64(sum[:]), Hash: differenceHash(image),
		AtMS: uint32(max(0, f.GetReceivedUnixNanos()-f.GetState().GetOpenedUnixNanos()) / int64(time.Millisecond)),
	}
	if err := w.askEarlier(ctx, m, f.GetName(), sum, now.Hash); err != nil {
		return 0, 0, err
	}
	m.add(now, takePatches(image))
	return image.Width, image.Height, nil
}

// askEarlier raises the signals for an image that another session showed before, and for pictures that look like its pictures:
// two sessions of one person who hardly moves share several perceptual hashes, so those do not prove it.
func (w *Worker) askEarlier(ctx context.Context, m *memory, name *schemas.FrameName, sum [sha256.Size]byte, hash [2]uint64) error {
	if w.earlier == nil {
		return nil
	}
	first, err := w.earlier.FirstSight(ctx, name, hex.EncodeToString(sum[:]))
	if err != nil {
		return err
	}
	if first != name.GetSession() {
		m.raise(earlierSession)
	}
	for _, s := range m.ring {
		if s.Hash == hash {
			return nil // asked before
		}
	}
	if first, err = w.earlier.FirstSight(ctx, name, fmt.Sprintf("%016x%016x", hash[0], hash[1])); err != nil {
		return err
	}
	if first != name.GetSession() {
		count(&m.Seen)
	}
	if m.Seen >= minSeen {
		m.raise(earlierPictures)
	}
	return nil
}

// weigh returns all signals that are raised now, as bits. The permanent ones stay; timing and noise may change.
func (m *memory) weigh(d *schemas.Device, denylist []string, width, height int) uint16 {
	if isDenied(d.GetCamera(), denylist) {
		m.raise(cameraLabel)
	}
	if contradicts(d.GetCapabilities(), width, height, m.rate()) {
		m.raise(capabilities)
	}
	raised := m.Permanent
	if m.isClockwork() {
		raised |= 1 << timing
	}
	if m.hasNoNoise() {
		raised |= 1 << noNoise
	}
	return raised
}
