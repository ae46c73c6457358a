package stitch

import "fmt"

// Options set what is written and where.
type Options struct {
	// Codec is the video codec; it also determines the container (see Codec.Ext).
	Codec Codec
	// Path is the file to write, in an existing folder. An existing file is replaced once the new one is complete.
	Path string
	// Threads is the number of threads of the encoder; half as many images are decoded at the same time. 0 means 2.
	Threads int
	// CRF is the constant quality, 1 (best) to 51 (H264, H265) or 63 (VP9). 0 means the codec's default. Not together
	// with Bitrate.
	CRF int
	// Bitrate is the mean rate in kbit/s, 50 to 100000. 0 encodes by quality.
	Bitrate int
	// Fragmented writes an mp4 in self-contained fragments of about a second, so that the part written so far can be
	// played; otherwise the index is at the front (faststart). It is an error for VP9, which has no mp4.
	Fragmented bool
	// FrameRate is the constant rate in frames per second, 1 to 60: pictures are repeated or dropped to reach it. 0 shows
	// each picture from its arrival to that of the next one, with none repeated and none dropped.
	FrameRate int
	// Width and Height are the size of the video in pixels, each 64 to 8192 and rounded up to even; every picture is
	// scaled to fit, with black borders. Both 0 mean the size of the first picture after rotating.
	Width, Height int
	// Rotate rotates the pictures clockwise: 0, 90, 180 or 270 degrees.
	Rotate int
	// Flip mirrors the pictures after rotating them: "", "horizontal" or "vertical".
	Flip string
}

// The values of Options.Flip.
const (
	FlipHorizontal = "horizontal"
	FlipVertical   = "vertical"
)

const (
	defaultThreads             = 2
	minBitrate, maxBitrate     = 50, 100_000
	minFrameRate, maxFrameRate = 1, 60
)

// Check returns an error that names the first wrong option and what is allowed, nil when there is none. Stitch calls it.
func (o Options) Check() error {
	p, ok := profiles[o.Codec]
	switch {
	case !ok:
		return fmt.Errorf("video codec %q is not known; use %s, %s or %s", o.Codec, H264, H265, VP9)
	case o.Path == "":
		return fmt.Errorf("the video has no path; set the file to write in Path")
	case o.Threads < 0:
		return fmt.Errorf("video threads %d is negative; use 0 for the default", o.Threads)
	case o.CRF < 0 || o.CRF > p.maxCRF:
		return fmt.Errorf("video CRF %d is out of range; use 1 to %d for %s, or 0 for its default", o.CRF, p.maxCRF, o.Codec)
	case o.Bitrate != 0 && (o.Bitrate < minBitrate || o.Bitrate > maxBitrate):
		return fmt.Errorf(
			"video bitrate %d kbit/s is out of range; use %d to %d, or 0 to encode by quality",
			o.Bitrate,
			minBitrate,
			maxBitrate,
		)
	case o.Bitrate != 0 && o.CRF != 0:
		return fmt.Errorf("video bitrate %d and CRF %d exclude each other; leave one of them 0", o.Bitrate, o.CRF)
	case o.Fragmented && p.format != mp4:
		return fmt.Errorf("%s cannot be written to a fragmented mp4; use %s or %s for it", o.Codec, H264, H265)
	case o.FrameRate != 0 && (o.FrameRate < minFrameRate || o.FrameRate > maxFrameRate):
		return fmt.Errorf(
			"video frame rate %d is out of range; use %d to %d, or 0 to show each frame at its time of arrival",
			o.FrameRate,
			minFrameRate,
			maxFrameRate,
		)
	case o.Rotate != 0 && o.Rotate != 90 && o.Rotate != 180 && o.Rotate != 270:
		return fmt.Errorf("video rotation %d is not known; use 0, 90, 180 or 270 degrees clockwise", o.Rotate)
	case o.Flip != "" && o.Flip != FlipHorizontal && o.Flip != FlipVertical:
		return fmt.Errorf("video flip %q is not known; use %q, %q or nothing", o.Flip, FlipHorizontal, FlipVertical)
	}
	return o.checkSize()
}

func (o Options) checkSize() error {
	if o.Width == 0 && o.Height == 0 {
		return nil
	}
	for _, side := range []int{o.Width, o.Height} {
		if side < minSide || side > maxSide {
			return fmt.Errorf(
				"video size %dx%d is out of range; use %d to %d for each side, or 0x0 for the size of the first picture",
				o.Width,
				o.Height,
				minSide,
				maxSide,
			)
		}
	}
	if o.Width*o.Height > maxPixels {
		return fmt.Errorf("video size %dx%d is too large; use at most %d pixels", o.Width, o.Height, maxPixels)
	}
	return nil
}

func (o Options) threads() int {
	if o.Threads == 0 {
		return defaultThreads
	}
	return o.Threads
}
