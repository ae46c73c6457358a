package stitch

import (
	"fmt"
	"time"
)

// Result describes a finished file.
type Result struct {
	// Frames is how many frames the file holds: the images that could be decoded, and with a constant frame rate those
	// repeated more and those dropped less.
	Frames int
	// Repeated and Dropped are how many frames were repeated and dropped to reach a constant frame rate.
	Repeated, Dropped int
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
