// Package stitch turns the still images of a session into one video file.
//
// Images are pulled one at a time, decoded, fitted to the size of the first one, encoded and written, so memory does not
// grow with the length of the session. Each picture is shown from the moment it arrived until the next one did: no frame
// is repeated or dropped to reach a frame rate.
package stitch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/asticode/go-astiav"
)

// Frame is one image of a session.
type Frame struct {
	// Image is a whole JPEG or PNG file.
	Image []byte
	// At is when the image arrived. Only differences count; a frame that claims to be older than the one before it is
	// shown right after that one.
	At time.Time
}

// Source returns the next frame in order of arrival, and io.EOF after the last one. Any other error ends the work.
// The image is not used any more once Source is called again.
type Source func(ctx context.Context) (Frame, error)

// Options say what to write and where.
type Options struct {
	// Codec is the video codec; it decides the container too (see Codec.Ext).
	Codec Codec
	// Path is the file to write, in an existing folder. An existing file is replaced once the new one is whole.
	Path string
	// CRF is the constant quality, 1 (best) to 51 (H264, H265) or 63 (VP9). 0 means the codec's default.
	CRF int
	// Threads is how many threads the encoder may use. 0 means 2.
	Threads int
}

// Result describes a finished file.
type Result struct {
	// Frames is how many frames the file holds.
	Frames int
	// Skipped is how many images could not be decoded and are not in the file.
	Skipped int
	// SkipReason is why the first of them was skipped, nil when none was.
	SkipReason error
	// Width and Height are the size of the video in pixels, both even.
	Width, Height int
	// Start is when the first frame in the file arrived: the zero of its clock.
	Start time.Time
	// Duration is from the first frame's arrival to the end of the last frame, which is shown for the mean gap between
	// frames (at most a second).
	Duration time.Duration
	// Bytes is the size of the file.
	Bytes int64
}

// NoFramesError says that no image of a session could be decoded, so that there is no video.
type NoFramesError struct {
	// Skipped is how many images were tried; 0 means the session had none.
	Skipped int
	// Reason is why the first image was not decoded, nil when there was none.
	Reason error
}

func (e *NoFramesError) Error() string {
	if e.Skipped == 0 {
		return "no video: the session has no frames"
	}
	return fmt.Sprintf("no video: none of the %d frames could be decoded; the first: %v", e.Skipped, e.Reason)
}

func (e *NoFramesError) Unwrap() error { return e.Reason }

// Stitch writes the frames that next returns to opts.Path. An image that cannot be decoded is skipped and counted.
//
// The file appears under its name only when it is whole: a cancelled ctx (the error then wraps ctx.Err()) or any other
// error leaves nothing behind. The error is a *NoFramesError when not one image could be decoded. Stitch may be called
// from several goroutines at once; FFmpeg's own log, one for the whole process, is silenced by the first call.
func Stitch(ctx context.Context, next Source, opts Options) (res Result, err error) {
	silenceFFmpeg()
	prof, err := opts.profile()
	if err != nil {
		return Result{}, err
	}
	tmp, err := tempBeside(opts.Path)
	if err != nil {
		return Result{}, fmt.Errorf("stitch %s: %w", opts.Path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeIfThere(tmp))
			res = Result{}
		}
	}()

	s := &stitcher{profile: prof, path: tmp, clock: clock{hz: prof.timeBase}}
	defer s.free()
	if err := s.run(ctx, next); err != nil {
		return Result{}, fmt.Errorf("stitch %s: %w", opts.Path, err)
	}
	info, err := os.Stat(tmp)
	if err != nil {
		return Result{}, fmt.Errorf("stitch %s: %w", opts.Path, err)
	}
	s.res.Bytes = info.Size()
	if err := os.Rename(tmp, opts.Path); err != nil {
		return Result{}, fmt.Errorf("stitch %s: %w", opts.Path, err)
	}
	return s.res, nil
}

// stitcher holds the parts of one run. Encoder and canvas are made by the first image that can be decoded, because that
// image gives the size.
type stitcher struct {
	profile profile
	path    string
	clock   clock
	dec     decoder
	canvas  *canvas
	enc     *encoder
	res     Result
}

func (s *stitcher) run(ctx context.Context, next Source) error {
	picture := astiav.AllocFrame()
	defer picture.Free()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		frame, err := next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read frame %d: %w", s.res.Frames+s.res.Skipped, err)
		}
		if err := s.dec.decode(frame.Image, picture); err != nil {
			s.skip(err)
			continue
		}
		err = s.add(picture, frame.At)
		picture.Unref()
		if err != nil {
			return fmt.Errorf("frame %d: %w", s.res.Frames+s.res.Skipped, err)
		}
	}
	if s.res.Frames == 0 {
		return &NoFramesError{Skipped: s.res.Skipped, Reason: s.res.SkipReason}
	}
	end, err := s.enc.finish()
	if err != nil {
		return err
	}
	s.res.Duration = s.clock.duration(end)
	return nil
}

func (s *stitcher) skip(reason error) {
	if s.res.Skipped == 0 {
		s.res.SkipReason = fmt.Errorf("frame %d: %w", s.res.Frames, reason)
	}
	s.res.Skipped++
}

func (s *stitcher) add(picture *astiav.Frame, at time.Time) error {
	if s.enc == nil {
		s.canvas = newCanvas(picture.Width(), picture.Height())
		enc, err := newEncoder(s.profile, s.path, s.canvas.width, s.canvas.height)
		if err != nil {
			return err
		}
		s.enc = enc
		s.res.Width, s.res.Height = s.canvas.width, s.canvas.height
		s.res.Start = at
	}
	if err := s.canvas.fit(picture); err != nil {
		return err
	}
	if err := s.enc.encode(picture, s.clock.pts(at)); err != nil {
		return err
	}
	s.res.Frames++
	return nil
}

func (s *stitcher) free() {
	s.dec.free()
	if s.canvas != nil {
		s.canvas.free()
	}
	if s.enc != nil {
		s.enc.free()
	}
}

// tempBeside reserves a hidden file in path's folder, so that the rename at the end stays on one file system.
func tempBeside(path string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".stitch-*")
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
