package lightchallenge

import "math"

// Delays between the reply that tells a colour and the first frame that shows it, in milliseconds: judging, the network twice
// and the camera.
const (
	maxLag  = 900
	lagStep = 75
)

// fullGain is the gain below which the score falls: a filter over the whole picture leaves a trace of a response, since dark
// surroundings hide it, and without noise the trace is a clear one.
const fullGain = 0.02

// response is how a face responds to the colours shown.
type response struct {
	score       float64 // 0..1
	correlation float64 // of light and response at the best lag, -1..1
	gain        float64 // response to the brightest light, in natural logarithms of the light of skin over background
	lag         float64 // milliseconds
	shading     float64 // how much less the sides respond than the front, as a fraction of gain
	hasShading  bool
}

func (r response) measures() map[string]float64 {
	out := map[string]float64{"correlation": r.correlation, "gain": r.gain, "lag": r.lag}
	if r.hasShading {
		out["shading"] = r.shading
	}
	return out
}

// respond correlates the light of the colours shown with the samples, at the lag that fits best. Slow changes are removed
// from both: the mean over two and a half holds to either side.
func respond(colours []shown, samples []sample, hold float64) (best response) {
	window := int64(2500 * hold)
	skin := detrend(samples, window, func(s sample, c int) float64 { return float64(s[1+c]) / 1000 })
	for lag := int64(0); lag <= maxLag; lag += lagStep {
		light := detrend(samples, window, func(s sample, c int) float64 { return lightAt(colours, s[0]-lag)[c] })
		r := response{lag: float64(lag)}
		r.correlation, r.gain = relate(light, skin)
		if lag == 0 || r.correlation > best.correlation {
			best = r
		}
	}
	best.score = max(0, best.correlation) * min(1, max(0, best.gain)/fullGain)
	best.shade(colours, samples, window)
	return best
}

// shade compares the response of the sides with that of the front.
func (r *response) shade(colours []shown, samples []sample, window int64) {
	var with []sample
	for _, s := range samples {
		if s[4] != absent {
			with = append(with, s)
		}
	}
	if 2*len(with) < len(samples) || r.gain <= 0 {
		return
	}
	light := detrend(with, window, func(s sample, c int) float64 { return lightAt(colours, s[0]-int64(r.lag))[c] })
	sides := detrend(with, window, func(s sample, c int) float64 { return float64(s[4+c]) / 1000 })
	_, gain := relate(light, sides)
	r.shading, r.hasShading = -gain/r.gain, true
}

// lightAt returns the light of the last colour that clients had received at a moment; before the first it is dark.
func lightAt(colours []shown, at int64) (out [3]float64) {
	for _, c := range colours {
		if c.At > at {
			break
		}
		out = palette[c.Colour].light
	}
	return out
}

// detrend returns the three values of each sample, less their mean over the samples in a window of time to either side.
func detrend(samples []sample, window int64, value func(s sample, c int) float64) [][3]float64 {
	raw, out := make([][3]float64, len(samples)), make([][3]float64, len(samples))
	for i, s := range samples {
		for c := range 3 {
			raw[i][c] = value(s, c)
		}
	}
	for i, s := range samples {
		var sum [3]float64
		n := 0.0
		for j, o := range samples {
			if max(s[0]-o[0], o[0]-s[0]) > window {
				continue
			}
			for c := range 3 {
				sum[c] += raw[j][c]
			}
			n++
		}
		for c := range 3 {
			out[i][c] = raw[i][c] - sum[c]/n
		}
	}
	return out
}

// relate returns the correlation of two series and the slope of the second over the first.
func relate(x, y [][3]float64) (correlation, slope float64) {
	var xx, yy, xy float64
	for i := range x {
		for c := range 3 {
			xx, yy, xy = xx+x[i][c]*x[i][c], yy+y[i][c]*y[i][c], xy+x[i][c]*y[i][c]
		}
	}
	if xx == 0 || yy == 0 {
		return 0, 0
	}
	return xy / math.Sqrt(xx*yy), xy / xx
}

// absent is stored in place of what was not measured.
const absent = math.MinInt32

func sampleOf(at int64, skin [3]float64, shading *[3]float64) sample {
	s := sample{at, 0, 0, 0, absent, absent, absent}
	for c := range 3 {
		s[1+c] = int64(math.Round(1000 * skin[c]))
		if shading != nil {
			s[4+c] = int64(math.Round(1000 * shading[c]))
		}
	}
	return s
}
