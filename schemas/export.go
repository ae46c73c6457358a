package schemas

import "time"

// The states of a video or an export.
const (
	VideoInQueue   = "in_queue"
	VideoExporting = "exporting"
	VideoSuccess   = "success"
	VideoError     = "error"
	VideoCanceled  = "canceled"
)

// ExportOrder is what somebody wants exported. ParseExportOrder reads one.
type ExportOrder struct {
	Sessions   []string   `json:"sessions"`             // one file each
	From       *time.Time `json:"from,omitempty"`       // frames that arrived before are left out
	To         *time.Time `json:"to,omitempty"`         // and those that arrived at or after it
	Duration   float64    `json:"duration,omitempty"`   // seconds from From, or from the first frame, instead of To
	Codec      string     `json:"codec"`                // H264, H265 or VP9
	Bitrate    int        `json:"bitrate,omitempty"`    // kbit/s, one of BitrateLadder; 0 = by quality
	Resolution string     `json:"resolution"`           // one of Resolutions, or original
	Rotate     int        `json:"rotate,omitempty"`     // 0, 90, 180 or 270 degrees clockwise
	Flip       string     `json:"flip,omitempty"`       // horizontal or vertical, after rotation
	FrameRate  int        `json:"frame_rate,omitempty"` // constant; 0 = each frame is shown from when it arrived
	Fragmented bool       `json:"fragmented,omitempty"`
	Watermark  Watermark  `json:"watermark"`
	Name       string     `json:"name"`              // of the files: {name}, {start} and {end} stand for the session and its times
	Webhook    string     `json:"webhook,omitempty"` // is told of the end
}

// Watermark is what is drawn into an export. What is nil is not drawn.
type Watermark struct {
	Time    *TimeMark   `json:"time,omitempty"`
	Session *CornerMark `json:"session,omitempty"`
	Figures *Figures    `json:"figures,omitempty"`
}

// CornerMark is a text in a corner: 0 and 1 top left, 2 top right, 3 bottom left, 4 bottom right.
type CornerMark struct {
	Corner int `json:"corner"`
}

// TimeMark is when the frame arrived.
type TimeMark struct {
	Corner int    `json:"corner"`
	Zone   string `json:"zone"` // IANA name; UTC when empty
}

// Figures are what was measured in the frame.
type Figures struct {
	Corner    int  `json:"corner"` // of the texts
	FaceBox   bool `json:"face_box"`
	Landmarks bool `json:"landmarks"`
	Codes     bool `json:"codes"`
	Scores    bool `json:"scores"`
}

// Export is an order and what became of it.
type Export struct {
	ID       string       `json:"id"`
	Status   string       `json:"status"`
	Percent  int          `json:"percent"`
	Reason   string       `json:"reason,omitempty"` // of error
	Order    ExportOrder  `json:"order"`
	Created  time.Time    `json:"created"`
	Started  *time.Time   `json:"started,omitempty"`
	Finished *time.Time   `json:"finished,omitempty"`
	Expires  *time.Time   `json:"expires,omitempty"` // when it and its files are forgotten
	Files    []ExportFile `json:"files,omitempty"`   // of success, in the order of the sessions
}

// ExportFile is one finished file.
type ExportFile struct {
	Session   string    `json:"session"`
	Name      string    `json:"name"`
	Object    string    `json:"object"` // where it is kept
	MediaType string    `json:"media_type"`
	Codec     string    `json:"codec"`
	Bytes     int64     `json:"bytes"`
	Frames    int       `json:"frames"`
	Skipped   int       `json:"skipped"` // frames that could not be decoded
	Width     int       `json:"width"`
	Height    int       `json:"height"`
	Start     time.Time `json:"start"`
	Duration  float64   `json:"duration"` // seconds
}

// Over says whether nothing more will happen to the export.
func (e *Export) Over() bool {
	return e.Status == VideoSuccess || e.Status == VideoError || e.Status == VideoCanceled
}
