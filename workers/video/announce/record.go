package announce

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// Record describes a finished video or file of an export to receivers.
type Record struct {
	Session  string    `json:"session_id"`
	Job      string    `json:"job,omitempty"`  // ID of the export; empty for the session's own video
	File     string    `json:"file,omitempty"` // URL, which requires the admin token; empty unless the result is success
	Codec    string    `json:"codec"`          // H264, H265 or VP9
	Frames   uint32    `json:"frames"`
	Started  time.Time `json:"started_at"` // when making it began
	Finished time.Time `json:"finished_at"`
	Duration float64   `json:"duration"` // seconds of video
	Result   string    `json:"result"`   // success or error
	Reason   string    `json:"reason,omitempty"`
}

// newRecord returns the record of a status, for an installation at the URL base.
func newRecord(s *schemas.VideoStatus, base string) *Record {
	r := &Record{
		Session: s.GetSession(), Job: s.GetJob(), Codec: s.GetCodec(), Frames: s.GetFrames(),
		Started: time.Unix(0, s.GetStartedUnixNanos()).UTC(), Finished: time.Unix(0, s.GetFinishedUnixNanos()).UTC(),
		Duration: time.Duration(s.GetDurationNanos()).Seconds(), Result: s.GetStatus(), Reason: s.GetReason(),
	}
	base = strings.TrimRight(base, "/")
	switch {
	case s.GetStatus() != schemas.VideoSuccess:
	case s.GetJob() == "":
		r.File = base + "/v1/sessions/" + s.GetSession() + "/video"
	default:
		r.File = base + "/v1/exports/" + s.GetJob() + "/files/" + url.PathEscape(s.GetFileName())
	}
	return r
}

func (r *Record) json() ([]byte, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode record of %s: %w", r.Session, err)
	}
	return data, nil
}
