package stitch

import (
	"fmt"
	"strconv"
)

// Codec is a video codec, named as in the settings.
type Codec string

// The codecs that Stitch writes.
const (
	H264 Codec = "H264"
	H265 Codec = "H265"
	VP9  Codec = "VP9"
)

// Valid says whether Stitch can write c.
func (c Codec) Valid() bool {
	_, ok := profiles[c]
	return ok
}

// Ext is the file name extension of c's container: ".mp4", or ".webm" for VP9.
func (c Codec) Ext() string {
	if c == VP9 {
		return ".webm"
	}
	return ".mp4"
}

// ContentType is the media type of c's container.
func (c Codec) ContentType() string {
	if c == VP9 {
		return "video/webm"
	}
	return "video/mp4"
}

// profile is how one codec is encoded and stored. Names and options are those of libavcodec and libavformat.
type profile struct {
	encoder string
	format  string
	// timeBase is the number of clock ticks in a second.
	timeBase int
	// tag is the sample entry name in the container; empty leaves the choice to the muxer.
	tag     string
	maxCRF  int
	crf     int
	threads int
	options map[string]string
	muxer   map[string]string
}

// Presets and qualities were chosen on a 960x540 face video and two cores: the point after which a slower preset buys
// less than a tenth in size. B-frames are off everywhere: with them a file needs an edit list and decode times that
// differ from presentation times, which players treat differently, and faces gain little.
var profiles = map[Codec]profile{
	H264: {
		encoder: "libx264", format: "mp4", timeBase: 90000, maxCRF: 51, crf: 23,
		options: map[string]string{"preset": "veryfast", "bf": "0"},
		muxer:   map[string]string{"movflags": "+faststart"},
	},
	H265: {
		// With the default tag, hev1, neither QuickTime nor Safari play the file.
		encoder: "libx265", format: "mp4", timeBase: 90000, tag: "hvc1", maxCRF: 51, crf: 24,
		options: map[string]string{"preset": "superfast", "bf": "0"},
		muxer:   map[string]string{"movflags": "+faststart"},
	},
	VP9: {
		// Without lag and alternate reference frames every frame gives one packet. b=0 makes crf the only target.
		encoder: "libvpx-vp9", format: "webm", timeBase: 1000, maxCRF: 63, crf: 34,
		options: map[string]string{
			"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "tile-columns": "1",
			"lag-in-frames": "0", "auto-alt-ref": "0", "b": "0",
		},
	},
}

const defaultThreads = 2

func (o Options) profile() (profile, error) {
	p, ok := profiles[o.Codec]
	if !ok {
		return profile{}, fmt.Errorf("video codec %q is not known; use %s, %s or %s", o.Codec, H264, H265, VP9)
	}
	if o.CRF < 0 || o.CRF > p.maxCRF {
		return profile{}, fmt.Errorf("video CRF %d is out of range; use 1 to %d for %s, or 0 for its default", o.CRF, p.maxCRF, o.Codec)
	}
	if o.CRF > 0 {
		p.crf = o.CRF
	}
	if o.Threads < 0 {
		return profile{}, fmt.Errorf("video threads %d is negative; use 0 for the default", o.Threads)
	}
	p.threads = o.Threads
	if p.threads == 0 {
		p.threads = defaultThreads
	}
	return p, nil
}

// encoderOptions are the options of a context of p's encoder.
func (p profile) encoderOptions() map[string]string {
	opts := map[string]string{
		"crf":     strconv.Itoa(p.crf),
		"g":       strconv.Itoa(keyframeInterval),
		"threads": strconv.Itoa(p.threads),
		// What the canvas paints: JPEG's matrix (BT.601) squeezed to limited range, sRGB colours.
		"color_range":     "tv",
		"colorspace":      "bt470bg",
		"color_primaries": "bt709",
		"color_trc":       "iec61966-2-1",
	}
	if p.encoder == "libx265" {
		// x265 writes its banner to stderr by itself and takes its threads from a pool of its own.
		opts["x265-params"] = fmt.Sprintf("log-level=none:pools=%d:frame-threads=1", p.threads)
	}
	for k, v := range p.options {
		opts[k] = v
	}
	return opts
}
