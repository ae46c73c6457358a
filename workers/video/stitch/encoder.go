package stitch

import (
	"errors"
	"fmt"

	"github.com/asticode/go-astiav"
)

// keyframeInterval, in frames, bounds how much a player has to decode when the user seeks.
const keyframeInterval = 100

// encoder encodes yuv420p pictures and writes them to a file.
type encoder struct {
	tick   astiav.Rational
	codec  *astiav.CodecContext
	muxer  *muxer
	packet *astiav.Packet
	// held is the previous packet: its duration is known when the next one arrives.
	held      *astiav.Packet
	holding   bool
	sent, got int
}

func newEncoder(o Options, path string, width, height, rate int) (_ *encoder, err error) {
	p := profiles[o.Codec]
	codec := astiav.FindEncoderByName(p.encoder)
	if codec == nil {
		return nil, fmt.Errorf("this FFmpeg has no %s encoder; install a libavcodec built with it", p.encoder)
	}
	e := &encoder{tick: astiav.NewRational(1, p.timeBase)}
	defer func() {
		if err != nil {
			e.free()
		}
	}()
	e.packet, e.held = astiav.AllocPacket(), astiav.AllocPacket()
	e.codec = astiav.AllocCodecContext(codec)
	e.codec.SetWidth(width)
	e.codec.SetHeight(height)
	e.codec.SetPixelFormat(astiav.PixelFormatYuv420P)
	e.codec.SetSampleAspectRatio(astiav.NewRational(1, 1))
	e.codec.SetTimeBase(e.tick)
	// Encoders that ignore the times use this rate to choose the level and the size of frames.
	e.codec.SetFramerate(astiav.NewRational(rate, 1))
	e.codec.SetFlags(astiav.NewCodecContextFlags(astiav.CodecContextFlagGlobalHeader))
	err = withOptions(o.encoderOptions(), func(dict *astiav.Dictionary) error { return e.codec.Open(codec, dict) })
	if err != nil {
		return nil, fmt.Errorf("open the %s encoder for %dx%d: %w", p.encoder, width, height, err)
	}
	if e.muxer, err = newMuxer(o, path, e.codec); err != nil {
		return nil, err
	}
	return e, nil
}

// encode encodes a picture with its presentation time in ticks.
func (e *encoder) encode(f *astiav.Frame, pts int64) error {
	f.SetPts(pts)
	// Image decoders mark every picture as a key frame, and the encoder would encode it as one.
	f.SetPictureType(astiav.PictureTypeNone)
	f.SetKeyFrame(false)
	if err := e.codec.SendFrame(f); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	e.sent++
	return e.drain()
}

// finish writes the remaining packets, shows the last frame until the given tick, and closes the file.
func (e *encoder) finish(end int64) error {
	if err := e.codec.SendFrame(nil); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if err := e.drain(); err != nil {
		return err
	}
	if e.got != e.sent {
		return fmt.Errorf("encode: the encoder returned %d of %d frames", e.got, e.sent)
	}
	if err := e.writeHeld(end); err != nil {
		return err
	}
	return e.muxer.finish()
}

func (e *encoder) drain() error {
	for {
		err := e.codec.ReceivePacket(e.packet)
		if errors.Is(err, astiav.ErrEagain) || errors.Is(err, astiav.ErrEof) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("encode: %w", err)
		}
		e.got++
		if e.holding {
			if err := e.writeHeld(e.packet.Pts()); err != nil {
				return err
			}
		}
		e.packet, e.held = e.held, e.packet
		e.holding = true
	}
}

// writeHeld writes the held packet, shown until the given tick.
func (e *encoder) writeHeld(until int64) error {
	e.held.SetDuration(until - e.held.Pts())
	err := e.muxer.write(e.held, e.tick)
	e.held.Unref()
	return err
}

func (e *encoder) free() {
	if e.muxer != nil {
		e.muxer.free()
	}
	if e.codec != nil {
		e.codec.Free()
	}
	e.packet.Free()
	e.held.Free()
}
