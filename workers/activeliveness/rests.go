package activeliveness

import (
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/samepicture"
)

// rest is the face as it was before an action.
type rest struct {
	At   int64  `json:"at"`   // unix nanoseconds
	Eyes []byte `json:"eyes"` // as package samepicture cuts them
}

const (
	maxRests = 4
	// alike is the similarity of eyes from which two rests show one picture.
	alike = 0.994
	// apart is the time after which the eyes of a living person have changed.
	apart = time.Second
)

// keep remembers the face of a rest that ends.
func (p *progress) keep(f *schemas.Face) {
	if len(f.GetEyes()) != samepicture.Size {
		return
	}
	if len(p.Rests) == maxRests {
		p.Rests = p.Rests[1:]
	}
	p.Rests = append(p.Rests, rest{f.GetReceivedUnixNanos(), f.GetEyes()})
}

// same reports whether a face at rest is the picture that at least half of the earlier rests show. Somebody may well look twice
// in the same way, but not every time.
func (p *progress) same(f *schemas.Face) bool {
	of, like := 0, 0
	for _, r := range p.Rests {
		if f.GetReceivedUnixNanos()-r.At < apart.Nanoseconds() {
			continue
		}
		v, err := samepicture.Similarity(r.Eyes, f.GetEyes())
		if err != nil { // a face without eyes to compare
			continue
		}
		of++
		if v > alike {
			like++
		}
	}
	return of > 0 && 2*like >= of
}

// repeat takes back the last action, after which the picture was the same as before.
func (p *progress) repeat(seed []byte, s *schemas.Settings) {
	p.Done, p.Acted = p.Done-1, false
	p.fail(samePicture, seed, s)
}
