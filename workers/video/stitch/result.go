package stitch

import (
	"fmt"
	"time"
)

// Result describes a finished file.
type Result struct {
	// Frames is the number of frames in the file: the images that could be decoded, plus Repeated, minus Dropped.
	Frames int
	// Repeated and Dropped are the numbers of frames repeated and dropped to reach a constant frame rate.
	Repeated, Dropped int
	// Skipped is the number of images that could not be decoded and are not in the file.
	Skipped int
	// SkipReason is the error for the first skipped image, nil when none was skipped.
	SkipReason error
	// Width and Height are the size of the video in pixels, both even.
	Width, Height int
	// Start is the time of arrival of the first frame in the file, at which its clock starts.
	Start time.Time
	// Duration is the time from the arrival of the first frame to the end of the last one, which is shown for the mean gap
	// between frames (at most a second).
	Duration time.Duration
	// Bytes is the size of the file.
	Bytes int64
}

// NoFramesError reports that no image of a session could be decoded, so that there is no video.
type NoFramesError struct {
	// Skipped is the number of images that were tried; 0 means that the session had none.
	Skipped int
	// Reason is the error for the first image, nil when there was none.
	Reason error
}

func (e *NoFramesError) Error() string {
	if e.Skipped == 0 {
		return "no video: the session has no frames"
	}
	return fmt.Sprintf("no video: none of the %d frames could be decoded; the first: %v", e.Skipped, e.Reason)
}

func (e *NoFramesError) Unwrap() error { return e.Reason }
