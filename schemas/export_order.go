package schemas

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// ExportOrder states which files are to be made of sessions. ParseExportOrder reads one.
type ExportOrder struct {
	Sessions   []string   `json:"sessions"`             // one file each
	From       *time.Time `json:"from,omitempty"`       // frames that arrived earlier are left out
	To         *time.Time `json:"to,omitempty"`         // frames that arrived at this time or later are left out
	Duration   float64    `json:"duration,omitempty"`   // seconds from From, or from the first frame; instead of To
	Codec      string     `json:"codec"`                // H264, H265 or VP9
	Bitrate    int        `json:"bitrate,omitempty"`    // kbit/s, one of BitrateLadder; 0 = constant quality
	Resolution string     `json:"resolution"`           // one of Resolutions
	Rotate     int        `json:"rotate,omitempty"`     // 0, 90, 180 or 270 degrees clockwise
	Flip       string     `json:"flip,omitempty"`       // horizontal or vertical, after rotation
	FrameRate  int        `json:"frame_rate,omitempty"` // constant; 0 = each frame is shown from the time it arrived
	Fragmented bool       `json:"fragmented,omitempty"`
	Watermark  Watermark  `json:"watermark"`
	Name       string     `json:"name"`              // of the files: {name}, {start} and {end} stand for the session and its times
	Webhook    string     `json:"webhook,omitempty"` // is notified when the export has ended
}

const (
	maxExportSessions = 100
	maxExportDuration = 30 * 24 * 3600 // seconds
	maxWebhook        = 2000           // bytes
)

var (
	rotations   = []int{0, 90, 180, 270}
	lowercaseID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

func (o *ExportOrder) fields() []field {
	return []field{
		{at: &o.Sessions, low: 1, high: maxExportSessions, shape: lowercaseID, want: "must be a lowercase UUID", unique: true},
		{at: &o.From},
		{at: &o.To},
		{at: &o.Duration, high: maxExportDuration},
		{at: &o.Codec, value: CodecH264, empty: true, oneOf: []string{CodecH264, CodecH265, CodecVP9}},
		{at: &o.Bitrate},
		{at: &o.Resolution, value: ResolutionOriginal, empty: true, oneOf: Resolutions},
		{at: &o.Rotate},
		{at: &o.Flip, empty: true, oneOf: []string{FlipHorizontal, FlipVertical}},
		{at: &o.FrameRate, high: maxVideoRate},
		{at: &o.Fragmented},
		{at: &o.Watermark},
		{at: &o.Name, value: defaultExportName, empty: true},
		{
			at: &o.Webhook, allowed: isWebhook, empty: true,
			want: fmt.Sprintf("must be an address that begins with http:// or https:// and has at most %d bytes", maxWebhook),
		},
	}
}

// ParseExportOrder reads an order. What it leaves out, or sets to null, keeps its default, and the bit rate is rounded down
// to one of BitrateLadder. The error is a *DocumentError for a key that does not exist or is there twice, a value of the
// wrong type and one that is not allowed.
func ParseExportOrder(document []byte) (*ExportOrder, error) {
	o := &ExportOrder{}
	_, err := parse(document, o, false)
	if err == nil {
		err = o.validate()
	}
	if err != nil {
		return nil, in("export order", err)
	}
	o.Bitrate = onLadder(o.Bitrate)
	return o, nil
}

func (o *ExportOrder) validate() error {
	if err := check(o, ""); err != nil {
		return err
	}
	return firstOf([]error{o.rangeAllowed(), o.picturesAllowed(), exportNameAllowed(o.Name, len(o.Sessions) > 1), o.Watermark.check()})
}

func (o *ExportOrder) rangeAllowed() error {
	if o.Duration != 0 && o.To != nil {
		return invalid("duration", "must be left out when there is a to: only one of them can state where the export ends")
	}
	if o.From != nil && o.To != nil && !o.From.Before(*o.To) {
		return invalid("to", fmt.Sprintf("must be after from, %s", o.From.Format(time.RFC3339)))
	}
	return nil
}

func (o *ExportOrder) picturesAllowed() error {
	switch {
	case !slices.Contains(rotations, o.Rotate):
		return invalid("rotate", fmt.Sprintf("must be one of %s, not %d", join(rotations), o.Rotate))
	case o.Bitrate < 0:
		return invalid("bitrate", fmt.Sprintf(
			"must be 0, for constant quality, or kbit/s, which are rounded down to one of %s; not %d", join(BitrateLadder), o.Bitrate))
	case o.Fragmented && o.Codec == CodecVP9:
		return invalid("fragmented", "must be false for VP9, which is not stored as MP4")
	}
	return nil
}

func isWebhook(address string) bool {
	u, err := url.Parse(address)
	return err == nil && len(address) <= maxWebhook && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
