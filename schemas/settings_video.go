package schemas

// Video states how the frames of a session become a file.
type Video struct {
	Codec          string `json:"codec"`
	FramesLimit    int    `json:"frames_limit"`
	Expires        int    `json:"expires"`
	ResultTTL      int    `json:"result_ttl"`
	LinkTTL        int    `json:"link_ttl"` // seconds; 0 = links are not signed
	SessionTimeout int    `json:"session_timeout"`
	Bitrate        int    `json:"bitrate"` // kbit/s, one of BitrateLadder or 0
	CRF            int    `json:"crf"`
	FrameRate      int    `json:"frame_rate"`
	Fragmented     bool   `json:"fragmented"`
	Canvas         string `json:"canvas"`
}

// The codecs of videos.
const (
	CodecH264 = "H264"
	CodecH265 = "H265"
	CodecVP9  = "VP9"
)

// The frame whose size a video has.
const (
	CanvasFirst   = "first"
	CanvasLargest = "largest"
)

const (
	maxCRF       = 51
	maxCRFVP9    = 63
	maxVideoRate = 60
	maxBitrate   = 16000
	maxSeconds   = 1_000_000_000
	maxLinkTTL   = 30 * 86400
)

func (v *Video) fields() []field {
	return []field{
		{at: &v.Codec, title: "Codec", value: CodecH265, oneOf: []string{CodecH265, CodecH264, CodecVP9}, about: "Codec of the file."},
		{
			at: &v.FramesLimit, title: "Number of frames", high: 1_000_000,
			about: "Only the last frames, up to this number, are in the video. 0: all frames.",
		},
		{
			at:    &v.Expires,
			title: "Frame retention",
			high:  maxSeconds,
			about: "Seconds that frames are kept after their video is finished. 0: as long as their stream keeps them, for exports and reruns.",
		},
		{
			at: &v.ResultTTL, title: "Export retention", value: 86400, high: maxSeconds,
			about: "Seconds that a finished export, its files and the hashes in Redis are kept. " +
				"0: exports as long as the states of videos, hashes forever.",
		},
		{
			at: &v.LinkTTL, title: "Lifetime of links", value: 86400, high: maxLinkTTL,
			about: "Seconds for which the address of a video or an exported file, as it is announced to other systems, opens the file without " +
				"a login. 0: the addresses need a token.",
		},
		{
			at: &v.SessionTimeout, title: "Session timeout", value: 30, low: 1, high: 86400,
			about: "Seconds after the connection of a session without a result is lost. Until then it can be resumed; then it ends, and " +
				"its video is made.",
		},
		{
			at: &v.Bitrate, title: "Bit rate", high: maxBitrate,
			about: "kbit/s, rounded down to one of the rates that exports allow; less than 200 becomes 200. 0: constant quality.",
		},
		{
			at:    &v.CRF,
			title: "Quality",
			high:  maxCRFVP9,
			about: "Constant rate factor: 1 is best, the highest is 51, or 63 for VP9. Not together with a bit rate. 0: the codec's default.",
		},
		{
			at: &v.FrameRate, title: "Frame rate", high: maxVideoRate,
			about: "Constant, frames per second. 0: each frame is shown from the time it arrived.",
		},
		{at: &v.Fragmented, title: "Fragmented MP4", about: "Creates MP4 that can be played while it is being written. Not with VP9."},
		{
			at: &v.Canvas, title: "Picture size", value: CanvasFirst, oneOf: []string{CanvasFirst, CanvasLargest},
			about: "first: the size of the first frame. largest: the size of the largest frame.",
		},
	}
}

func (v *Video) checks() (checks []error) {
	if v.Codec != CodecVP9 {
		checks = append(checks, within("video.crf", v.CRF, 0, maxCRF))
	}
	if v.Bitrate > 0 && v.CRF > 0 {
		checks = append(checks, invalid("video.crf", "must be 0 when there is a bitrate: a video has one of the two"))
	}
	if v.Fragmented && v.Codec == CodecVP9 {
		checks = append(checks, invalid("video.fragmented", "must be false for VP9, which is not stored as MP4"))
	}
	return checks
}
