package filelog

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
)

// file is one file in the folder of a session.
type file struct {
	name string
	data []byte
}

// record is the content of the .json file beside an image.
type record struct {
	Session     string          `json:"session"`
	Sequence    uint64          `json:"sequence"`
	Received    *time.Time      `json:"received,omitempty"`
	Decided     time.Time       `json:"decided"`
	MediaType   string          `json:"media_type,omitempty"` // empty when the image was already removed
	Outcome     string          `json:"outcome"`
	Errors      []int32         `json:"errors"`
	Failure     json.RawMessage `json:"failure,omitempty"`
	Estimations json.RawMessage `json:"estimations,omitempty"` // as the .proto files name them
	Workers     []string        `json:"workers"`
}

// summary is the content of session.json.
type summary struct {
	Session          string    `json:"session"`
	Opened           time.Time `json:"opened"`
	Updated          time.Time `json:"updated"`
	SettingsRevision uint64    `json:"settings_revision"`
	Camera           string    `json:"camera,omitempty"`
	Attempts         uint32    `json:"attempts"`
	LivenessAttempts uint32    `json:"liveness_attempts"`
	Fake             bool      `json:"fake"`
	Outcome          string    `json:"outcome"` // OUTCOME_CONTINUE while the session is open
}

// filesOf returns the files of a decision: the image and its record, if it is about a frame, and the summary of the session.
func filesOf(d *schemas.Decision, frame *schemas.Frame) ([]file, error) {
	var out []file
	decided := time.Unix(0, d.GetDecidedUnixNanos()).UTC()
	if d.GetFrame() > 0 {
		r := record{
			Session: d.GetName().GetSession(), Sequence: d.GetName().GetSequence(), Decided: decided,
			Outcome: d.GetOutcome().String(), Errors: append([]int32{}, d.GetErrors()...), Workers: d.GetWorkers(),
		}
		var err error
		if f := d.GetFailure(); f != nil {
			if r.Failure, err = protojson.Marshal(f); err != nil {
				return nil, fmt.Errorf("encode failure: %w", err)
			}
		}
		if e := d.GetEstimations(); e != nil {
			if r.Estimations, err = (protojson.MarshalOptions{UseProtoNames: true}).Marshal(e); err != nil {
				return nil, fmt.Errorf("encode estimations: %w", err)
			}
		}
		at := decided
		if frame != nil {
			at = time.Unix(0, frame.GetReceivedUnixNanos()).UTC()
			r.Received, r.MediaType = &at, frame.GetMediaType()
		}
		stem := fmt.Sprintf("%06d_%d", r.Sequence, at.UnixMilli())
		if frame != nil {
			out = append(
				out,
				file{stem + cmp.Or(imagefile.OfMediaType(frame.GetMediaType()), imagefile.JPEG).Extension(), frame.GetImage()},
			)
		}
		text, err := indented(r)
		if err != nil {
			return nil, err
		}
		out = append(out, file{stem + ".json", text})
	}
	s := d.GetState()
	text, err := indented(summary{
		Session: d.GetName().GetSession(), Opened: time.Unix(0, s.GetOpenedUnixNanos()).UTC(), Updated: decided,
		SettingsRevision: s.GetSettingsRevision(), Camera: s.GetDevice().GetCamera(), Attempts: s.GetAttempts(),
		LivenessAttempts: s.GetLivenessAttempts(), Fake: s.GetFake(), Outcome: d.GetOutcome().String(),
	})
	return append(out, file{"session.json", text}), err
}

func indented(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return append(text, '\n'), nil
}
