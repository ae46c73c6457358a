package forensics

import (
	"encoding/binary"
	"image"
	"math"
	"slices"

	"github.com/selene-liveness/selene/schemas/imagefile"
)

// Measures that were tried and separate too little to be used; README.md has the figures.

// noiseInconsistency returns how many times stronger the noise of the face is than that of the background, or the
// inverse, in octaves: 0 = alike. Noise is estimated tile by tile by the median absolute deviation of the finest diagonal
// wavelet coefficients (Mahdian and Saic, Using noise inconsistencies for blind image forensics, Image and Vision
// Computing 27, 2009). ok is false when face or background are too small.
func noiseInconsistency(l *Luma, face image.Rectangle) (octaves float64, ok bool) {
	var faces, backgrounds []float64
	l.eachTile(func(x, y int) {
		isFace, isBackground := l.region(face, x, y)
		switch sigma, clipped := l.tileNoise(x, y); {
		case clipped:
		case isFace:
			faces = append(faces, sigma)
		case isBackground:
			backgrounds = append(backgrounds, sigma)
		}
	})
	if len(faces) < leastTiles || len(backgrounds) < leastTiles {
		return 0, false
	}
	const floor = 0.25 // grey levels, below which rounding hides the noise
	return -math.Log2((lowerQuarter(faces) + floor) / (lowerQuarter(backgrounds) + floor)), true
}

// tileNoise returns the noise of a tile in grey levels.
func (l *Luma) tileNoise(x0, y0 int) (sigma float64, clipped bool) {
	var h [tile * tile / 4]float64
	i, dark := 0, 0
	for y := y0; y < y0+tile; y += 2 {
		for x := x0; x < x0+tile; x += 2 {
			a, b := float64(l.Pix[y*l.Width+x]), float64(l.Pix[y*l.Width+x+1])
			c, d := float64(l.Pix[(y+1)*l.Width+x]), float64(l.Pix[(y+1)*l.Width+x+1])
			h[i] = math.Abs(a-b-c+d) / 2
			i++
			if a <= 4 || a >= 251 {
				dark++
			}
		}
	}
	sum := 0.0
	slices.Sort(h[:])
	for _, v := range h[len(h)/4 : 3*len(h)/4] { // the middle half: the median alone has too few values in whole grey levels
		sum += v
	}
	return sum / float64(len(h)/2) / 0.6745, dark > len(h)/2
}

// lowerQuarter returns the first quartile: tiles with structure are above it.
func lowerQuarter(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/4]
}

// errorLevelQuality is the JPEG quality at which error levels are measured.
const errorLevelQuality = 90

// errorLevel returns how many times more the face changes than the background when the picture is compressed again, or
// the inverse, in octaves (error level analysis; Krawetz, A picture's worth, Black Hat 2007).
func errorLevel(l *Luma, face image.Rectangle) (octaves float64, ok bool, err error) {
	var faces, backgrounds []float64
	err = l.errors(errorLevelQuality, func(x, y int, e float64) {
		switch isFace, isBackground := l.region(face, x, y); {
		case isFace:
			faces = append(faces, e)
		case isBackground:
			backgrounds = append(backgrounds, e)
		}
	})
	if err != nil || len(faces) < leastTiles || len(backgrounds) < leastTiles {
		return 0, false, err
	}
	const floor = 0.05
	return -math.Log2((mean(faces) + floor) / (mean(backgrounds) + floor)), true, nil
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// doubleQuantisation returns how periodic the histogram of the low DCT coefficients is, 0..1: a picture that was compressed
// twice on the same grid has gaps or peaks at equal distances (Popescu and Farid, Statistical tools for digital
// forensics, IH 2004). steps are the luminance quantisation steps of the JPEG in zigzag order.
func doubleQuantisation(l *Luma, steps *[64]uint16) float64 {
	const bins = 64 // coefficients from -32 to 31 steps
	places := [...]struct{ zigzag, u, v int }{{1, 1, 0}, {2, 0, 1}, {3, 0, 2}, {4, 1, 1}, {5, 2, 0}}
	worst := 0.0
	for _, p := range places {
		step := float64(steps[p.zigzag])
		if step == 0 {
			continue
		}
		var cos [8][8]float64
		for y := range 8 {
			for x := range 8 {
				cos[y][x] = math.Cos(float64(2*x+1)*float64(p.u)*math.Pi/16) * math.Cos(float64(2*y+1)*float64(p.v)*math.Pi/16) / 4 * norm(p.u) * norm(p.v)
			}
		}
		var h [bins]float64
		total := 0.0
		for y0 := 0; y0+8 <= l.Height; y0 += 8 {
			for x0 := 0; x0+8 <= l.Width; x0 += 8 {
				c := 0.0
				for y := range 8 {
					row := l.Pix[(y0+y)*l.Width+x0 : (y0+y)*l.Width+x0+8]
					for x := range 8 {
						c += cos[y][x] * float64(row[x])
					}
				}
				k := int(math.Round(c/step)) + bins/2
				if k >= 0 && k < bins && k != bins/2 {
					h[k]++
					total++
				}
			}
		}
		if total >= 500 {
			worst = max(worst, periodicity(h[:]))
		}
	}
	return worst
}

func norm(u int) float64 {
	if u == 0 {
		return math.Sqrt2 / 2
	}
	return 1
}

// periodicity returns the strongest line in the spectrum of a histogram from which a smoothed one was subtracted.
func periodicity(h []float64) float64 {
	n := len(h)
	residue := make([]float64, n)
	energy := 0.0
	for i := 2; i < n-2; i++ {
		if i-2 <= n/2 && n/2 <= i+2 {
			continue // the peak at zero
		}
		smooth := (h[i-2] + h[i-1] + h[i] + h[i+1] + h[i+2]) / 5
		residue[i] = (h[i] - smooth) / math.Sqrt(smooth+1)
		energy += residue[i] * residue[i]
	}
	best := 0.0
	for k := n / 8; k <= n/2; k++ {
		re, im := 0.0, 0.0
		for i, r := range residue {
			s, c := math.Sincos(2 * math.Pi * float64(k*i) / float64(n))
			re, im = re+r*c, im+r*s
		}
		best = max(best, (re*re+im*im)/float64(n))
	}
	if energy == 0 {
		return 0
	}
	// A share of a small energy is chance: weight it by how far the residue exceeds counting noise.
	return min(1, best/energy*2) * min(1, energy/float64(n)/4)
}

// stepsOf returns the luminance quantisation steps of a JPEG, in zigzag order. ok is false for a file without any.
func stepsOf(image []byte) (steps [64]uint16, ok bool) {
	for marker, tables := range imagefile.Segments(image) {
		for marker == 0xDB && len(tables) >= 65 {
			wide, id := tables[0]>>4, tables[0]&15
			size := 64 * (1 + int(min(wide, 1)))
			if len(tables) < 1+size {
				break
			}
			if id != 0 {
				tables = tables[1+size:]
				continue
			}
			for i := range steps {
				if wide == 0 {
					steps[i] = uint16(tables[1+i])
				} else {
					steps[i] = binary.BigEndian.Uint16(tables[1+2*i:])
				}
			}
			return steps, true
		}
	}
	return steps, false
}
