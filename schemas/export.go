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

// Export is an order with its state.
type Export struct {
	ID       string       `json:"id"`
	Status   string       `json:"status"`
	Percent  int          `json:"percent"`
	Reason   string       `json:"reason,omitempty"` // set for the status error
	Order    ExportOrder  `json:"order"`
	Created  time.Time    `json:"created"`
	Started  *time.Time   `json:"started,omitempty"`
	Finished *time.Time   `json:"finished,omitempty"`
	Expires  *time.Time   `json:"expires,omitempty"` // when it and its files are deleted
	Files    []ExportFile `json:"files,omitempty"`   // of success, in the order of the sessions
}

// ExportFile is one finished file.
type ExportFile struct {
	Session   string    `json:"session"`
	Name      string    `json:"name"`
	Object    string    `json:"object"` // name in the object store
	MediaType string    `json:"media_type"`
	Codec     string    `json:"codec"`
	Bytes     int64     `json:"bytes"`
	Frames    int       `json:"frames"`
	Skipped   int       `json:"skipped"` // frames that could not be decoded
	Width     int       `json:"width"`
	Height    int       `json:"height"`
	Start     time.Time `json:"start"`
	Duration  float64   `json:"duration"`      // seconds
	URL       string    `json:"url,omitempty"` // address from which the file can be fetched; made when it is asked for, not stored
}

// Over reports whether the export has ended.
func (e *Export) Over() bool {
	return e.Status == VideoSuccess || e.Status == VideoError || e.Status == VideoCanceled
}
