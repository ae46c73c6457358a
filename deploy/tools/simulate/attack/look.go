package attack

import (
	"math"
	"math/rand/v2"
	"time"
)

// Look is what a picture shows: angles of the head against the photo in degrees, signs as in [vision.Measurement]; its
// movement in shares of the width of the face; its scale, 1 at rest; and how far the lids are closed, 0..1.
type Look struct{ Yaw, Pitch, Roll, X, Y, Scale, Blink float64 }

// between is smooth at both ends, as movements of people are.
func between(a, b Look, f float64) Look {
	f = min(max(f, 0), 1)
	f = f * f * (3 - 2*f)
	mix := func(x, y float64) float64 { return x + (y-x)*f }
	return Look{
		mix(a.Yaw, b.Yaw), mix(a.Pitch, b.Pitch), mix(a.Roll, b.Roll), mix(a.X, b.X), mix(a.Y, b.Y),
		mix(a.Scale, b.Scale), mix(a.Blink, b.Blink),
	}
}

// sway is the small movement of a head, or of a hand, that never rests: sines of incommensurate frequencies.
type sway struct {
	phase            [10]float64
	degrees, lateral float64 // amplitudes: degrees, shares of the width of the face
}

func newSway(r *rand.Rand, degrees, lateral float64) sway {
	s := sway{degrees: degrees, lateral: lateral}
	for i := range s.phase {
		s.phase[i] = r.Float64() * 2 * math.Pi
	}
	return s
}

func (s *sway) add(l Look, at time.Duration) Look {
	wave := func(i int, hertz float64) float64 {
		t := at.Seconds() * 2 * math.Pi
		return 0.7*math.Sin(t*hertz+s.phase[i]) + 0.3*math.Sin(t*hertz*2.7+s.phase[i+1])
	}
	l.Yaw += s.degrees * wave(0, 0.23)
	l.Pitch += s.degrees * 0.8 * wave(2, 0.31)
	l.Roll += s.degrees * 0.5 * wave(4, 0.19)
	l.X += s.lateral * wave(6, 0.27)
	l.Y += s.lateral * 0.7 * wave(8, 0.37)
	return l
}
