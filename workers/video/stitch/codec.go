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

// Valid reports whether Stitch can write c.
func (c Codec) Valid() bool {
	_, ok := profiles[c]
	return ok
}

// Ext returns the file name extension of c's container: ".mp4", or ".webm" for VP9.
func (c Codec) Ext() string {
	if c == VP9 {
		return ".webm"
	}
	return ".mp4"
}

// ContentType returns the media type of c's container.
func (c Codec) ContentType() string {
	if c == VP9 {
		return "video/webm"
	}
	return "video/mp4"
}

// The names of libavformat and libavcodec.
const (
	vpx  = "libvpx-vp9"
	mp4  = "mp4"
	webm = "webm"
)

// profile sets how one codec is encoded and stored. Names and options are those of libavcodec and libavformat.
type profile struct {
	encoder string
	format  string
	// timeBase is the number of clock ticks in a second.
	timeBase int
	// tag is the sample entry name in the container; empty = chosen by the muxer.
	tag         string
	crf, maxCRF int
	options     map[string]string
}

// Presets and qualities were chosen with a 960x540 face video on two cores: the point after which a slower preset saves
// less than a tenth in size. B-frames are off everywhere: with them a file needs an edit list and decode times that
// differ from presentation times, which players treat differently, and videos of faces gain little.
var profiles = map[Codec]profile{
	H264: {
		encoder: "libx264", format: mp4, timeBase: 90000, crf: 23, maxCRF: 51,
		options: map[string]string{"preset": "veryfast", "bf": "0"},
	},
	H265: {
		// With the default tag, hev1, neither QuickTime nor Safari play the file.
		encoder: "libx265", format: mp4, timeBase: 90000, tag: "hvc1", crf: 24, maxCRF: 51,
		options: map[string]string{"preset": "superfast", "bf": "0"},
	},
	VP9: {
		// Without lag and alternate reference frames every frame becomes one packet.
		encoder: vpx, format: webm, timeBase: 1000, crf: 34, maxCRF: 63,
		options: map[string]string{
			"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "tile-columns": "1",
			"lag-in-frames": "0", "auto-alt-ref": "0",
		},
	},
}

// encoderOptions returns the options of the encoder's context.
func (o Options) encoderOptions() map[string]string {
	p := profiles[o.Codec]
	opts := map[string]string{
		"g":       strconv.Itoa(keyframeInterval),
		"threads": strconv.Itoa(o.threads()),
		// The output of the canvas: JPEG's matrix (BT.601) in limited range, sRGB colours.
		"color_range":     "tv",
		"colorspace":      "bt470bg",
		"color_primaries": "bt709",
		"color_trc":       "iec61966-2-1",
	}
	for k, v := range p.options {
		opts[k] = v
	}
	if p.encoder == "libx265" {
		// x265 writes its banner to stderr itself, and has its own thread pool.
		opts["x265-params"] = fmt.Sprintf("log-level=none:pools=%d:frame-threads=1", o.threads())
	}
	for k, v := range o.rateControl() {
		opts[k] = v
	}
	return opts
}

// rateControl returns the options for a mean bitrate with peaks of 1.5 times as much, averaged over two seconds, or for a
// quality. VP9 gets no peaks: with them its fast mode spends many times the rate on repeated pictures.
func (o Options) rateControl() map[string]string {
	p := profiles[o.Codec]
	if o.Bitrate > 0 {
		kbit := func(n int) string { return strconv.Itoa(n) + "k" }
		rc := map[string]string{"b": kbit(o.Bitrate), "maxrate": kbit(o.Bitrate * 3 / 2), "bufsize": kbit(o.Bitrate * 2)}
		if p.encoder == vpx {
			rc["minrate"], rc["maxrate"] = rc["b"], rc["b"]
		}
		return rc
	}
	rc := map[string]string{"crf": strconv.Itoa(p.crf)}
	if o.CRF > 0 {
		rc["crf"] = strconv.Itoa(o.CRF)
	}
	if p.encoder == vpx {
		rc["b"] = "0" // makes crf the only target
	}
	return rc
}

// muxerOptions returns the options of the container's writer.
func (o Options) muxerOptions() map[string]string {
	switch {
	case profiles[o.Codec].format != mp4:
		// Without random identifiers the same frames give the same file.
		return map[string]string{"fflags": "+bitexact"}
	case o.Fragmented:
		return map[string]string{
			"movflags": "+empty_moov+default_base_moof+frag_keyframe", "frag_duration": "1000000", "flush_packets": "1",
		}
	default:
		return map[string]string{"movflags": "+faststart"}
	}
}
