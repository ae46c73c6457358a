package activeliveness

import (
	"math"
	"slices"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/samepicture"
)

// rest is the face as it was before an action.
type rest struct {
	At    int64   `json:"at"`    // unix nanoseconds
	Eyes  []byte  `json:"eyes"`  // as package samepicture cuts them
	Yaw   float64 `json:"yaw"`   // degrees
	Pitch float64 `json:"pitch"` // degrees
}

const (
	maxRests = 4
	// alike is the similarity of eyes from which two rests show one picture.
	alike = 0.994
	// apart is the time after which the eyes of a living person have changed.
	apart = time.Second

	// Turns between leastTurn and mostTurn, with less than mostNod of pitch, are compared with the rest before, in degrees.
	leastTurn, mostTurn, mostNod = 10, 35, 18
	// flat is the loss of similarity, by the square of the turn in degrees, below which the eyes turned as a picture does.
	flat = 1e-4
	// sharpShare is the share of the least sharpness at rest below which a face that turns is much blurred.
	sharpShare = 0.8
	// enough is the number of frames of a rest that show an earlier picture: people look once as before, a photo always.
	enough = 2
)

// keep remembers the face of a rest that ends.
func (p *progress) keep(f *schemas.Face) {
	if len(f.GetEyes()) != samepicture.Size {
		return
	}
	if len(p.Rests) == maxRests {
		p.Rests = p.Rests[1:]
	}
	pose := f.GetEstimations().GetHeadPose()
	p.Rests = append(p.Rests, rest{f.GetReceivedUnixNanos(), f.GetEyes(), pose.GetYaw(), pose.GetPitch()})
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

// isSamePicture reports whether enough frames of the rest after an action showed an earlier picture, this one among them.
func (p *progress) isSamePicture(f *schemas.Face) bool {
	if !p.Acted || !p.same(f) {
		return false
	}
	p.Alike++
	return p.Alike >= enough
}

// compareTurned notes how little the eyes of a head that turns differ from those at rest. The eyes of a living person move in
// their sockets as the head turns, are seen from another side, and are lit in another way; those of a photo that is bent are
// squeezed, which the comparison undoes. A blurred face is not compared, since it has no detail to tell; if the head is seen
// much blurred, one frame on the way has to be sharp.
func (p *progress) compareTurned(f *schemas.Face, s *schemas.Settings) {
	pose := f.GetEstimations().GetHeadPose()
	if len(p.Rests) == 0 || pose == nil {
		return
	}
	if q := f.GetEstimations().GetImageQuality(); q != nil && q.GetBlur() < s.Thresholds.Blur {
		p.Blurred = p.Blurred || q.GetBlur() < sharpShare*s.Thresholds.Blur
		return
	}
	r := &p.Rests[len(p.Rests)-1]
	turn := math.Abs(pose.GetYaw() - r.Yaw)
	if turn < leastTurn || turn > mostTurn || math.Abs(pose.GetPitch()-r.Pitch) > mostNod {
		return
	}
	v, err := samepicture.Similarity(r.Eyes, f.GetEyes())
	if err != nil { // a face without eyes to compare
		return
	}
	p.Losses = append(p.Losses, (1-v)/(turn*turn))
	slices.Sort(p.Losses)
	p.Losses = p.Losses[:min(2, len(p.Losses))]
}

// bent reports whether the eyes turned as those of a picture: by the two frames most alike, since others may be blurred.
func (p *progress) bent() bool {
	sum := 0.0
	for _, v := range p.Losses {
		sum += v
	}
	return len(p.Losses) > 0 && sum < flat*float64(len(p.Losses))
}

// repeat takes back the last action, after which the picture was the same as before.
func (p *progress) repeat(seed []byte, s *schemas.Settings) {
	p.Done, p.Acted = p.Done-1, false
	p.fail(samePicture, seed, s)
}
