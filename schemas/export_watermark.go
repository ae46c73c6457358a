package schemas

import "time"

// Watermark lists what is drawn into an export. A nil part is not drawn.
type Watermark struct {
	Time    *TimeMark   `json:"time,omitempty"`
	Session *CornerMark `json:"session,omitempty"`
	Figures *Figures    `json:"figures,omitempty"`
}

// CornerMark is a text in a corner: 0 and 1 top left, 2 top right, 3 bottom left, 4 bottom right.
type CornerMark struct {
	Corner int `json:"corner"`
}

// TimeMark is the time when the frame arrived.
type TimeMark struct {
	Corner int    `json:"corner"`
	Zone   string `json:"zone"` // IANA name
}

// Figures are the measurements of the frame.
type Figures struct {
	Corner    int  `json:"corner"` // of the texts
	FaceBox   bool `json:"face_box"`
	Landmarks bool `json:"landmarks"`
	Codes     bool `json:"codes"`
	Scores    bool `json:"scores"`
}

const (
	maxCorner = 4
	maxZone   = 64 // bytes
)

func (w *Watermark) fields() []field {
	return []field{{at: &w.Time}, {at: &w.Session}, {at: &w.Figures}}
}

func (m *CornerMark) fields() []field { return []field{{at: &m.Corner, high: maxCorner}} }

func (m *TimeMark) fields() []field {
	return []field{
		{at: &m.Corner, high: maxCorner},
		{
			at: &m.Zone, value: "UTC", empty: true, allowed: isZone,
			want: "must be UTC or the IANA name of a time zone, such as Europe/Berlin",
		},
	}
}

func (f *Figures) fields() []field {
	return []field{{at: &f.Corner, high: maxCorner}, {at: &f.FaceBox}, {at: &f.Landmarks}, {at: &f.Codes}, {at: &f.Scores}}
}

func (w *Watermark) check() error {
	if f := w.Figures; f != nil && !f.FaceBox && !f.Landmarks && !f.Codes && !f.Scores {
		return invalid("watermark.figures", "must have one of face_box, landmarks, codes, scores set to true, or be left out")
	}
	return nil
}

func isZone(name string) bool {
	if name == "Local" || len(name) > maxZone { // Local is the zone of the machine that draws
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}
