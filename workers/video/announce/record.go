package announce

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/links"
	"github.com/selene-liveness/selene/streams/settings"
)

// Record describes a finished video or file of an export to receivers.
type Record struct {
	Session  string    `json:"session_id"`
	Job      string    `json:"job,omitempty"`  // ID of the export; empty for the session's own video
	File     string    `json:"file,omitempty"` // URL, which expires; empty unless the result is success
	Codec    string    `json:"codec"`          // H264, H265 or VP9
	Frames   uint32    `json:"frames"`
	Started  time.Time `json:"started_at"` // when making it began
	Finished time.Time `json:"finished_at"`
	Duration float64   `json:"duration"` // seconds of video
	Result   string    `json:"result"`   // success or error
	Reason   string    `json:"reason,omitempty"`
}

// addresses makes the URLs of files.
type addresses struct {
	settings *settings.Store
	links    *links.Links
}

// ttl returns how long a link made now is valid.
func (a *addresses) ttl(ctx context.Context) (time.Duration, error) {
	now, err := a.settings.Newest(ctx, "")
	if err != nil {
		return 0, err
	}
	return time.Duration(now.Settings.Video.LinkTTL) * time.Second, nil
}

// of returns the URL of the file of a status.
func (a *addresses) of(ctx context.Context, s *schemas.VideoStatus) (string, error) {
	ttl, err := a.ttl(ctx)
	if err != nil {
		return "", err
	}
	if s.GetJob() == "" {
		return a.links.Video(s.GetSession(), ttl)
	}
	return a.links.Export(s.GetJob(), s.GetFileName(), ttl)
}

// record returns the record of a status.
func (a *addresses) record(ctx context.Context, s *schemas.VideoStatus) (r *Record, err error) {
	r = &Record{
		Session: s.GetSession(), Job: s.GetJob(), Codec: s.GetCodec(), Frames: s.GetFrames(),
		Started: time.Unix(0, s.GetStartedUnixNanos()).UTC(), Finished: time.Unix(0, s.GetFinishedUnixNanos()).UTC(),
		Duration: time.Duration(s.GetDurationNanos()).Seconds(), Result: s.GetStatus(), Reason: s.GetReason(),
	}
	if s.GetStatus() == schemas.VideoSuccess {
		r.File, err = a.of(ctx, s)
	}
	return r, err
}

func (r *Record) json() ([]byte, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode record of %s: %w", r.Session, err)
	}
	return data, nil
}
